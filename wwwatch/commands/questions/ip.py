"""`wwwatch ip`: the whole story of an address, a network or a host name."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wwwatch.commands.questions import plot
from wwwatch.commands.questions.cells import keep_out, minute, show
from wwwatch.commands.questions.options import failed_login
from wwwatch.console import plain, plain_markup, print_json, print_table, say, stdout
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.questions import SEVERITIES
from wwwatch.questions.story import story
from wwwatch.questions.subjects import NETWORK, Subject
from wwwatch.remedies import remedies
from wwwatch.settings import load
from wwwatch.store import connect

Document = dict[str, Any]

SHOWN_ALERTS = 10
SHOWN_DAYS = 14
SHOWN_OF_A_LIST = 10
LISTS = ("paths", "agents", "referrers", "users", "addresses", "neighbours")
MIXES = ("status", "methods", "tags", "hosts", "domains", "countries", "systems", "networks")


class SubjectType(click.ParamType[Subject]):
    """A click parameter type for whom a question is about."""

    name = "ADDRESS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Subject:
        if isinstance(value, Subject):
            return value
        try:
            return Subject.parse(str(value))
        except ValueError as error:
            return self.fail(f"{plain(value)!r} {plain(error)}", param, ctx)


@click.command()
@click.argument("address", type=SubjectType())
@since_option
@until_option
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="The whole story as one JSON object.")
@click.pass_obj
def ip(
    config: Path | None,
    address: Subject,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_json: bool,
) -> None:
    """Everything known of an ADDRESS, a network or a host name: what it did, and what was thought and said of it."""
    settings = load(config)
    told = story(connect(settings), namespace, address, since, until, failed_login(settings), datetime.now(UTC))
    if as_json:
        print_json([told])
    elif not any((told["requests"], told["incidents"], told["anomalies"], told["ever"]["last_seen"], told["allowed"])):
        say(f"Nothing is known of {plain_markup(address.text)} in namespace {namespace}.")
    else:
        _tell(told)


def _tell(told: Document) -> None:
    print_table(f"{told['address']} in {told['namespace']}", ("what", "is"), list(_figures(told)))
    _plot(told)
    _days(told["days"])
    for name in LISTS:
        entries = told[name][:SHOWN_OF_A_LIST]
        if entries:
            rows = [(entry["key"], f"{entry['requests']:,}") for entry in entries]
            title = "Others of its network" if name == "neighbours" else f"Its top {name}"
            print_table(
                title, (name.removesuffix("es" if name == "addresses" else "s"), "requests"), rows, ("requests",)
            )
    columns = ("id", "start", "end", "severity", "status", "class", "who", "reason")
    for name in ("incidents", "anomalies"):
        shown = told[name][:SHOWN_ALERTS]
        if shown:
            total = told["anomalies_total"] if name == "anomalies" else len(told[name])
            show(f"Its {name}: {total:,}" + (f", the newest {len(shown)}" * (total > len(shown))), columns, shown)
    _tell_remedies(told)


def _figures(told: Document) -> Iterator[tuple[str, str]]:
    ever = told["ever"]
    yield from (
        (name, minute(ever[key]))
        for name, key in (("first seen", "first_seen"), ("last seen", "last_seen"))
        if ever[key]
    )
    if told["first_seen"] not in {None, ever["first_seen"]} or told["last_seen"] not in {None, ever["last_seen"]}:
        yield "in this span", f"{minute(told['first_seen'])} to {minute(told['last_seen'])}"
    counts = ["requests", "errors", "not_found", "failed_logins", "bytes", "distinct_urls"]
    counts += ["distinct_clients"] if told["kind"] == NETWORK else []
    yield from ((name.replace("_", " "), f"{told[name]:,}") for name in counts if told[name] or name == "requests")
    yield from ((name, _mix(told[name])) for name in MIXES if told[name])
    if past := ever["remembered"]:
        yield (
            "remembered",
            (
                f"{past['hours']:,} noticed hours since {minute(past['first_seen'])}: {past['requests']:,} requests, "
                f"{past['hostile']:,} hostile, {past['login_attempts']:,} login attempts"
            ),
        )
    for crawler in told["crawlers"]:
        proved = {"verified": "is one of theirs", "fake": "is none of theirs"}.get(
            crawler["status"], "could not be asked"
        )
        yield "crawler", f"{crawler['address']} calls itself {crawler['name']}; by the DNS or their list it {proved}"
    for entry in told["allowed"]:
        until = f"until {minute(entry['expires_at'])}" if entry["expires_at"] else "for ever"
        yield "allowed", f"{entry['network']} {'expired, was ' if entry['expired'] else ''}{until}: {entry['reason']}"
    if told["unreadable"]:
        yield "not shown", f"{', '.join(told['unreadable'])}: this user may not read them"
    for verdict in told["verdicts"]:
        said = "an attack" if verdict["hostile"] else "no attack"
        yield "verdict", f"{verdict['class']} of {minute(verdict['start'])} was {said}. {verdict['note']}".rstrip()


def _mix(entries: list[Document]) -> str:
    return ", ".join(f"{entry['key']} {entry['requests']:,}" for entry in entries)


def _plot(told: Document) -> None:
    """Requests over time; columns with errors only below."""
    timeline = told["timeline"]
    if not timeline or len(timeline["points"]) < 2:
        return
    blocks = stdout.is_terminal and (sys.stdout.encoding or "").lower().startswith("utf")
    levels = plot.EIGHTHS if blocks else plot.PLAIN
    points = timeline["points"]
    stdout.print("\n[italic]Requests over time[/]")
    for line in plot.columns([point["requests"] for point in points], levels):
        stdout.print(f"  [cyan]{line}[/]" if blocks else f"  {line}", soft_wrap=True)
    if any(point["errors"] for point in points):
        for line in plot.columns([point["errors"] for point in points], levels, 2):
            stdout.print(f"  [red]{line}[/] errors" if blocks else f"  {line} errors", soft_wrap=True)
    first, last = minute(points[0]["start"]), minute(points[-1]["start"])
    gap = max(len(points) - len(first) - len(last), 2)
    stdout.print(f"  {first}{' ' * gap}{last}", soft_wrap=True)
    most = max(point["requests"] for point in points)
    stdout.print(f"  a column is {_length(timeline['step_seconds'])}, the highest {most:,} requests\n", soft_wrap=True)


def _length(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _days(days: list[Document]) -> None:
    if len(days) < 2:
        return
    shown = days[:SHOWN_DAYS]
    columns = ("day", "requests", "errors", "failed_logins", "distinct_urls", "bytes")
    rows = [[day["day"], *(f"{day[name]:,}" for name in columns[1:])] for day in shown]
    heads = [name.replace("_", " ") for name in columns]
    more = f", the newest {len(shown)} of {len(days)} days" if len(days) > len(shown) else ""
    print_table(f"By day (UTC){more}", heads, rows, heads[1:])


def _tell_remedies(told: Document) -> None:
    """Lines that keep it out, if any of its incidents is worth it."""
    grave = [incident for incident in told["incidents"] if incident["event"]["severity"] > SEVERITIES["low"]]
    kind = "net" if told["kind"] == NETWORK else "ip"
    lines = remedies({"wwwatch": {"entity": {"type": kind, "id": told["address"]}}}) if grave else {}
    keep_out(lines)
