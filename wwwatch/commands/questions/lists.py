"""`wwwatch anomalies`, `wwwatch incidents`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from wwwatch.commands.questions import cells, whole
from wwwatch.commands.questions.options import about, alert_options
from wwwatch.console import print_json, say
from wwwatch.errors import UsageError
from wwwatch.questions import AlertFilter, alerts, newest_alerts
from wwwatch.questions.query import Query
from wwwatch.settings import load
from wwwatch.store import connect, names

SHOWN = 100
INCIDENT_STATUSES = ("open", "escalated", "closed", "withdrawn")
ANOMALY_STATUSES = ("open", "allowed", "silenced", "dismissed", "withdrawn")


@click.command()
@click.option("--incident", "incident_id", help="That are part of this incident: its id, or the beginning of it.")
@alert_options(ANOMALY_STATUSES)
@click.pass_obj
def anomalies(config: Path | None, /, namespace: str, incident_id: str | None, **chosen: Any) -> None:
    """Scored windows that were out of the ordinary, newest first."""
    columns = ("end", "severity", "class", "who", "requests", "reason")
    of_it: list[Query] = [{"prefix": {"wwwatch.incident_id": incident_id}}] if incident_id else []
    _list(config, names.anomalies(namespace), f"Anomalies of {namespace}", columns, of_it, **chosen)


@click.command()
@click.argument("incident_id", metavar="[ID]", required=False)
@click.option("--self", "own", is_flag=True, help="Those of the watch itself: silent hosts, lag, failing mail, ...")
@alert_options(INCIDENT_STATUSES)
@click.pass_obj
def incidents(
    config: Path | None, /, namespace: str, incident_id: str | None, own: bool, as_json: bool, **chosen: Any
) -> None:
    """Episodes of one client or group, newest first; with an ID, or its beginning, one of them whole."""
    if incident_id is not None:
        if any(value for name, value in chosen.items() if name != "order"):
            raise UsageError("An ID names one incident: there is nothing to narrow.", "Leave out the other options.")
        whole.tell(connect(load(config)), namespace, incident_id, own, as_json)
        return
    columns = ("id", "start", "end", "severity", "status", "class", "who", "requests", "reason")
    index = names.selfwatch(namespace) if own else names.incidents(namespace)
    title = f"Incidents of {'the watch over ' if own else ''}{namespace}"
    _list(config, index, title, columns, [], as_json=as_json, **chosen)


def _list(
    config: Path | None,
    index: str,
    title: str,
    columns: tuple[str, ...],
    filters: list[Query],
    since: datetime | None,
    until: datetime | None,
    attack_class: str | None,
    severity: str | None,
    statuses: tuple[str, ...],
    entity: str | None,
    order: str,
    as_json: bool,
) -> None:
    store = connect(load(config))
    filters = filters + about(entity)
    query = AlertFilter(since, until, attack_class, severity, statuses).query(*filters)
    if as_json:
        print_json(alerts(store, index, query, order))
        return
    found, total = newest_alerts(store, index, query, SHOWN, order)
    if not found:
        say(f"{title}: none that match." if query["bool"]["filter"] else f"{title}: none.")
        return
    cells.show(title, columns, found)
    if total > len(found):
        first = {"newest": "newest", "severity": "gravest", "requests": "busiest"}[order]
        say(f"The {first} {len(found):,} of {total:,}. All: --json. Fewer: --since, --class, --severity, --entity.")
