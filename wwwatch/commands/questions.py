"""`wwwatch anomalies`, `incidents`, `top`, `ip`: questions a person or a program asks of the store."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wwwatch import questions
from wwwatch.addresses import as_address
from wwwatch.console import UNSAFE, plain_markup, print_json, print_table, say
from wwwatch.moments import iso, since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.remedies import remedies
from wwwatch.settings import load
from wwwatch.store import connect, names

Document = dict[str, Any]

SHOWN = 100
SHOWN_OF_AN_ADDRESS = 10
SHOWN_OF_AN_ID = 8
LONGEST_ADDRESS = 255

class_option = click.option("--class", "attack_class", type=click.Choice(questions.CLASSES), help="Of this class only.")
severity_option = click.option(
    "--severity", type=click.Choice(tuple(questions.SEVERITIES)), help="Of this severity or above."
)


def alert_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that `anomalies` and `incidents` share."""
    json_option = click.option("--json", "as_json", is_flag=True, help="The stored documents, all, one a line.")
    for option in (json_option, severity_option, class_option, namespace_option, until_option, since_option):
        command = option(command)
    return command


@click.command()
@alert_options
@click.pass_obj
def anomalies(config: Path | None, /, namespace: str, **chosen: Any) -> None:
    """Scored windows that were out of the ordinary, newest first."""
    columns = ("end", "severity", "class", "who", "requests", "reason")
    _list(config, names.anomalies(namespace), f"Anomalies of {namespace}", columns, **chosen)


@click.command()
@alert_options
@click.pass_obj
def incidents(config: Path | None, /, namespace: str, **chosen: Any) -> None:
    """Episodes of one client or group, newest first."""
    columns = ("id", "start", "end", "severity", "status", "class", "who", "requests", "reason")
    _list(config, names.incidents(namespace), f"Incidents of {namespace}", columns, **chosen)


def _list(
    config: Path | None,
    index: str,
    title: str,
    columns: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    attack_class: str | None,
    severity: str | None,
    as_json: bool,
) -> None:
    store = connect(load(config))
    query = questions.alert_query(since, until, attack_class, severity)
    if as_json:
        print_json(questions.alerts(store, index, query))
        return
    found, total = questions.newest_alerts(store, index, query, SHOWN)
    if not found:
        say(f"{title}: none in this span, class and severity." if _narrowed(query) else f"{title}: none.")
        return
    _table(title, columns, found)
    if total > len(found):
        say(f"The newest {len(found):,} of {total:,}. All: --json. Fewer: --since, --until, --class, --severity.")


def _narrowed(query: Document) -> bool:
    return bool(query["bool"]["filter"])


def _table(title: str, columns: tuple[str, ...], documents: list[Document]) -> None:
    rows = [[CELLS[column](document) for column in columns] for document in documents]
    print_table(title, columns, rows, numeric=("requests",))


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")


def _status(own: Document) -> str:
    """With what the sysadmin said of it: `closed (false)`."""
    verdict = own.get("verdict")
    return f"{own['status']} ({'true' if verdict['hostile'] else 'false'})" if verdict else str(own["status"])


def _who(document: Document) -> str:
    entity = document["wwwatch"]["entity"]
    members = document["wwwatch"].get("members", 1)
    if entity["type"] == "ip":
        return str(entity["id"])
    return f"{members:,} clients" if entity["type"] == "site" else f"{entity['type']} {entity['id']}"


CELLS: dict[str, Callable[[Document], object]] = {
    "id": lambda document: document["wwwatch"].get("incident_id", "")[:SHOWN_OF_AN_ID],
    "start": lambda document: _minute(document["event"]["start"]),
    "end": lambda document: _minute(document["event"]["end"]),
    "severity": lambda document: questions.severity_name(document["event"]["severity"]),
    "status": lambda document: _status(document["wwwatch"]),
    "class": lambda document: document["wwwatch"]["class"],
    "who": _who,
    "requests": lambda document: f"{document['wwwatch'].get('requests', 0):,}",
    "reason": lambda document: document["event"].get("reason", ""),
}


@click.command()
@click.option("--by", type=click.Choice(tuple(questions.GROUPINGS)), default="clients", show_default=True)
@click.option("--measure", type=click.Choice(tuple(questions.MEASURES)), default="requests", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many rows.")
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
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_json: bool,
) -> None:
    """The busiest of a kind. Without --since and --until: the 24 hours up to the newest event."""
    store = connect(load(config))
    newest = None if until else questions.newest_event(store, namespace)
    since, until = questions.default_span(since, until, newest, datetime.now(UTC))
    rows = questions.top(store, namespace, questions.between(since, until), by, measure, limit)
    if as_json:
        print_json(rows)
        return
    span = f"{_minute(iso(since))} to {_minute(iso(until))} UTC"
    if not rows:
        say(f"No events with {by} in namespace {namespace} from {span}.")
        return
    columns = [name for name in rows[0] if name not in {"by", "key"}]
    cells = [[row["key"], *(_cell(name, row[name]) for name in columns)] for row in rows]
    numeric = [name for name in columns if not name.endswith("_seen")]
    print_table(f"Top {by} of {namespace} by {measure}, {span}", (by, *columns), cells, numeric)


def _cell(name: str, value: Any) -> str:
    return _minute(value) if name.endswith("_seen") else f"{value:,}"


class Address(click.ParamType[str]):
    """A click parameter type for an IPv4 or IPv6 address or a host name, as a log would hold it."""

    name = "ADDRESS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().removeprefix("[").removesuffix("]")
        if "/" in text:
            self.fail(
                f"{text!r} is no address but a network or URL. For networks: wwwatch top --by networks", param, ctx
            )
        if not text or len(text) > LONGEST_ADDRESS or UNSAFE.search(text) or any(map(str.isspace, text)):
            self.fail(f"{value!r} is no address. Write 203.0.113.7, 2001:db8::7 or host.example.", param, ctx)
        return as_address(text) or text


@click.command()
@click.argument("address", type=Address())
@since_option
@until_option
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="The whole story as one JSON object.")
@click.pass_obj
def ip(
    config: Path | None,
    address: str,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_json: bool,
) -> None:
    """Everything known of an address or host name: what it did, and what was thought of it."""
    told = questions.story(connect(load(config)), namespace, address, since, until)
    if as_json:
        print_json([told])
    elif not told["requests"] and not told["incidents"] and not told["anomalies"]:
        say(f"Nothing is known of {plain_markup(address)} in namespace {namespace}.")
    else:
        _tell(told)


def _tell(told: Document) -> None:
    address = told["address"]
    print_table(f"{plain_markup(address)} in {told['namespace']}", ("what", "is"), _figures(told))
    for name in ("paths", "agents"):
        if told[name]:
            rows = [(entry["key"], f"{entry['requests']:,}") for entry in told[name]]
            print_table(f"Its top {name}", (name.removesuffix("s"), "requests"), rows, ("requests",))
    columns = ("start", "end", "severity", "status", "class", "who", "reason")
    for name in ("incidents", "anomalies"):
        shown = told[name][:SHOWN_OF_AN_ADDRESS]
        if shown:
            total = told["anomalies_total"] if name == "anomalies" else len(told[name])
            _table(f"Its {name}: {total:,}" + (f", the newest {len(shown)}" * (total > len(shown))), columns, shown)
    _tell_remedies(told)


def _tell_remedies(told: Document) -> None:
    """Lines that keep it out, if any of its incidents is worth it."""
    grave = [incident for incident in told["incidents"] if incident["event"]["severity"] > questions.SEVERITIES["low"]]
    lines = remedies({"wwwatch": {"entity": {"type": "ip", "id": told["address"]}}}) if grave else {}
    rows = [(program.replace("_", " "), line) for program, each in lines.items() for line in each]
    if rows:
        print_table("To keep it out, or slow it down", ("for", "line"), rows)


def _figures(told: Document) -> list[tuple[str, str]]:
    seen = [("first seen", told["first_seen"]), ("last seen", told["last_seen"])]
    counts = [(name.replace("_", " "), f"{told[name]:,}") for name in ("requests", "errors", "bytes", "distinct_urls")]
    mixes = [(name, _mix(told[name])) for name in ("status", "methods", "tags", "hosts", "domains", "users")]
    return [(name, str(value)) for name, value in (*seen, *counts, *mixes) if value]


def _mix(entries: list[Document]) -> str:
    return ", ".join(f"{entry['key']} {entry['requests']:,}" for entry in entries)
