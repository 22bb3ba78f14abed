"""`wwwatch top`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wwwatch.commands.questions.cells import minute
from wwwatch.commands.questions.options import failed_login
from wwwatch.console import print_json, print_table, say
from wwwatch.moments import iso, since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.questions import CLASSES, between, default_span, newest_event
from wwwatch.questions.top import FAILED_LOGINS, GROUPINGS, MEASURES, Question, clients_of, narrowed
from wwwatch.questions.top import top as ask
from wwwatch.settings import load
from wwwatch.store import connect


class Status(click.ParamType[tuple[int, int]]):
    """A click parameter type for a status code or a class of them: `404`, `5xx`."""

    name = "STATUS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        text = str(value).lower()
        if len(text) == 3 and text[0] in "12345" and text[1:] == "xx":
            return int(text[0]) * 100, int(text[0]) * 100 + 100
        if len(text) == 3 and text.isascii() and text.isdigit():
            return int(text), int(text) + 1
        return self.fail(f"{value!r} is no status. Write 404, or 4xx for all that begin with 4.", param, ctx)


@click.command()
@click.option("--by", type=click.Choice(tuple(GROUPINGS)), default="clients", show_default=True, help="What is listed.")
@click.option(
    "--measure", type=click.Choice(tuple(MEASURES)), default="requests", show_default=True, help="What puts it on top."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many rows.")
@click.option("--host", help="Of this web server only.")
@click.option("--vhost", help="Of this virtual host only.")
@click.option("--tag", "tags", multiple=True, help="With this tag only (login, probe, sqli, ...); may be repeated.")
@click.option("--status", type=Status(), help="Answered so: 404, or 5xx.")
@click.option("--class", "attack_class", type=click.Choice(CLASSES), help="Of clients with anomalies of this class.")
@since_option
@until_option
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
@click.pass_obj
def top(
    config: Path | None,
    by: str,
    measure: str,
    limit: int,
    host: str | None,
    vhost: str | None,
    tags: tuple[str, ...],
    status: tuple[int, int] | None,
    attack_class: str | None,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_json: bool,
) -> None:
    """The busiest of a kind. Without --since and --until: the 24 hours up to the newest event."""
    settings = load(config)
    store = connect(settings)
    newest = None if until else newest_event(store, namespace)
    since, until = default_span(since, until, newest, datetime.now(UTC))
    filters = narrowed(host, vhost, tags, status)
    if attack_class:
        filters.append(clients_of(store, namespace, attack_class, since, until))
    question = Question(by, measure, limit)
    if measure == FAILED_LOGINS:
        question = Question(by, measure, limit, failed_login(settings))
    rows = ask(store, namespace, between(since, until, *filters), question)
    if as_json:
        print_json(rows)
        return
    span = f"{minute(iso(since))} to {minute(iso(until))} UTC"
    if not rows:
        narrower = ", tags, hosts and class chosen" if filters else ""
        say(f"No events with {by} in namespace {namespace} from {span}{narrower}.")
        return
    columns = [name for name in rows[0] if name not in {"by", "key"}]
    cells = [[row["key"], *(_cell(name, row[name]) for name in columns)] for row in rows]
    numeric = [name for name in columns if not name.endswith("_seen") and name != "name"]
    title = f"Top {by} of {namespace} by {measure.replace('_', ' ')}, {span}"
    print_table(
        title, (by, *(name.replace("_", " ") for name in columns)), cells, [n.replace("_", " ") for n in numeric]
    )


def _cell(name: str, value: Any) -> str:
    if name == "name":
        return str(value)
    return minute(value) if name.endswith("_seen") else f"{value:,}"
