"""What the questions have in common: options, and what they say of the settings."""

from collections.abc import Callable
from typing import Any

import click

from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.questions import CLASSES, SEVERITIES
from wwwatch.questions.query import ORDERS, Query
from wwwatch.questions.subjects import Subject
from wwwatch.settings import Settings
from wwwatch.signs import pinned

class_option = click.option("--class", "attack_class", type=click.Choice(CLASSES), help="Of this class only.")
severity_option = click.option("--severity", type=click.Choice(tuple(SEVERITIES)), help="Of this severity or above.")
entity_option = click.option("--entity", help="About this address, network, host name, login page, ... only.")
sort_option = click.option("--sort", "order", type=click.Choice(tuple(ORDERS)), default="newest", show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="The stored documents, all, one a line.")

Command = Callable[..., None]


def alert_options(statuses: tuple[str, ...]) -> Callable[[Command], Command]:
    """The options that `anomalies` and `incidents` share. statuses: those its documents can have."""
    status_option = click.option(
        "--status",
        "statuses",
        type=click.Choice(statuses),
        multiple=True,
        help="Of this status; may be given more than once. Default: all but withdrawn.",
    )

    def add(command: Command) -> Command:
        options = (
            json_option, sort_option, entity_option, status_option, severity_option, class_option, namespace_option,
            until_option, since_option,
        )  # fmt: skip
        for option in options:
            command = option(command)
        return command

    return add


def about(entity: str | None) -> list[Query]:
    """Filters for what was typed as an entity: an address also where it is one of a group."""
    if entity is None:
        return []
    named: Query = {"term": {"wwwatch.entity.id": entity}}
    try:
        subject = Subject.parse(entity)
    except ValueError:
        return [named]
    alerts = subject.alerts()
    alerts["bool"]["should"].append(named)
    return [alerts]


def failed_login(settings: Settings) -> Any:
    """The query of a failed login on this site: the detector's own, so that both count alike."""
    return pinned(settings.detector.logins).login_failures()
