"""How an anomaly or incident reads, in a cell of a table or a few lines of a narrow terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from wwwatch.console import plain, plain_markup, print_table, stdout
from wwwatch.questions import severity_name

Document = dict[str, Any]

SHOWN_OF_AN_ID = 8
# Below this a table's columns are too narrow to be read.
TABLE_COLUMNS = 120
LONGEST_REASON = 400
LONGEST_LINE = 300
INDENT = 10


def minute(text: str) -> str:
    """`2026-11-22T10:00:31.000Z` -> `2026-11-22 10:00`."""
    return text[:16].replace("T", " ")


def _status(own: Document) -> str:
    """With what the sysadmin said of it: `closed (false)`."""
    verdict = own.get("verdict")
    return f"{own['status']} ({'true' if verdict['hostile'] else 'false'})" if verdict else str(own["status"])


def who(document: Document) -> str:
    """The client, or the group and how many it is."""
    entity = document["wwwatch"]["entity"]
    members = document["wwwatch"].get("members", 1)
    if entity["type"] == "ip":
        return str(entity["id"])
    return f"{members:,} clients" if entity["type"] == "site" else f"{entity['type']} {entity['id']}"


CELLS: dict[str, Callable[[Document], object]] = {
    "id": lambda document: document["wwwatch"].get("incident_id", "")[:SHOWN_OF_AN_ID],
    "start": lambda document: minute(document["event"]["start"]),
    "end": lambda document: minute(document["event"]["end"]),
    "severity": lambda document: severity_name(document["event"]["severity"]),
    "status": lambda document: _status(document["wwwatch"]),
    "class": lambda document: document["wwwatch"]["class"],
    "who": who,
    "requests": lambda document: f"{document['wwwatch'].get('requests', 0):,}",
    "reason": lambda document: document["event"].get("reason", ""),
}


def show(title: str, columns: Sequence[str], documents: Sequence[Document]) -> None:
    """A table, or where it would not fit, some lines for each."""
    if stdout.width >= TABLE_COLUMNS:
        rows = [[CELLS[column](document) for column in columns] for document in documents]
        print_table(title, columns, rows, numeric=("requests",))
        return
    stdout.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
    for document in documents:
        _lines(document)


def _lines(document: Document) -> None:
    head = "  ".join(plain(CELLS[name](document), 60) for name in ("severity", "class", "who", "status"))
    span = f"{CELLS['start'](document)} to {CELLS['end'](document)}, {CELLS['requests'](document)} requests"
    stdout.print(f"{CELLS['id'](document)!s:<{INDENT}}{escape(head)}")
    stdout.print(f"{'':<{INDENT}}{span}")
    reason = str(CELLS["reason"](document))
    if reason:
        stdout.print(indented(plain(reason, LONGEST_REASON)))


def listed(title: str, lines: Iterable[str]) -> None:
    """Lines to be copied: never wrapped by us, whatever the width."""
    lines = list(lines)
    if lines:
        stdout.print(f"\n[italic]{escape(title)}[/]")
        for line in lines:
            stdout.print(Text(f"  {plain(line, LONGEST_LINE)}"), soft_wrap=True)


def keep_out(lines: Mapping[str, Sequence[str]]) -> None:
    """Ready lines of `wwwatch.remedies`, by program."""
    for program, each in lines.items():
        listed(f"To keep it out: {program.replace('_', ' ')}", each)


def indented(text: str) -> Padding:
    """Text that keeps its indentation where it wraps."""
    return Padding(plain_markup(text, LONGEST_REASON), (0, 0, 0, INDENT))
