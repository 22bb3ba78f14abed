"""What a person sees: messages and progress on stderr, results on stdout.

Text from a log is hostile: `plain` takes the control characters out before it reaches a terminal.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

PLAIN_WIDTH = 160
stderr = Console(stderr=True, highlight=False)
# Without a terminal nothing tells the width; a table in a file or mail may be wider than the usual 80.
stdout = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)

PLAIN_PROGRESS_SECONDS = 5.0
# C0 and C1 controls, what is invisible, breaks lines or reorders text (Unicode technical report 36), half surrogates.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def plain(text: object, limit: int = 200) -> str:
    """Make text from a log safe for a terminal: control characters become `\\xhh`, and it is cut at `limit`."""
    safe = UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", str(text))
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def say(message: str) -> None:
    """A line for people, on stderr. Takes rich markup; escape what comes from outside with `plain_markup`."""
    stderr.print(message, soft_wrap=True)


def plain_markup(text: object, limit: int = 200) -> str:
    """`plain`, also safe inside rich markup."""
    return escape(plain(text, limit))


def print_json(documents: Iterable[Any]) -> None:
    """One JSON object a line on stdout."""
    for document in documents:
        sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], numeric: Sequence[str] = ()
) -> None:
    """A table on stdout. Cells are made safe. Columns named in `numeric` are right-aligned."""
    table = Table(title=escape(title), title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        right = column in numeric
        table.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        table.add_row(*(plain_markup(cell) for cell in row))
    stdout.print(table)


Advance = Callable[..., None]


def no_progress(step: int = 1, total: int | None = None, description: str | None = None) -> None:
    """An `Advance` that shows nothing, for callers that have nobody to show it to."""


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Advance]:
    """Show that long work moves: a bar on a terminal, a plain line every few seconds otherwise.

    Yield `advance(step=1, total=None, description=None)`. It may be called from any thread.
    """
    if stderr.is_terminal:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=stderr, transient=True) as bar:
            task = bar.add_task(escape(description), total=total)

            def advance(step: int = 1, total: int | None = None, description: str | None = None) -> None:
                changes: dict[str, Any] = {"advance": step}
                if total is not None:
                    changes["total"] = total
                if description is not None:
                    changes["description"] = escape(description)
                bar.update(task, **changes)

            yield advance
    else:
        yield _PlainProgress(description, total)


class _PlainProgress:
    """The same where there is no terminal: a line now and then, for logs and cron."""

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._done = 0
        self._shown = time.monotonic()

    def __call__(self, step: int = 1, total: int | None = None, description: str | None = None) -> None:
        self._done += step
        self._total = total if total is not None else self._total
        self._description = description or self._description
        if time.monotonic() - self._shown >= PLAIN_PROGRESS_SECONDS:
            self._shown = time.monotonic()
            of_total = f" of {self._total:,}" if self._total else ""
            stderr.print(f"{escape(self._description)}: {self._done:,}{of_total}", soft_wrap=True)
