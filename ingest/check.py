"""Conservation: is every line of a file in the store, as a document or as a reject, and no line twice?

The file is read again, and every line's id looked up: exact, with no field and no state kept for it. It finds what the
file holds and the store lacks; it does not search the store for what the file lacks.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingest.convert import Converter
from ingest.identity import read_head
from ingest.parse import ROW, frame_of
from ingest.reader import Chunk, Prefixed, chunks, opened
from wwwatch.store import Hit, Store, names
from wwwatch.store.client import batched

LINES_A_SEARCH = 2000  # each may be found twice, and a search gives 10,000 hits at most
SHOWN_LINES = 5
SHOWN_BYTES = 200
HOUR = "yyyy-MM-dd'T'HH:'00Z'"
HOUR_LENGTH = len("2026-11-23T10")
NO_TIME = ""  # of lines that became no event
REASON = "error.type"
FIELDS: Sequence[str | dict[str, Any]] = [{"field": "@timestamp", "format": HOUR}, REASON]


@dataclass
class Tally:
    """Lines of one hour of event time. lines = documents + rejected + dropped + missing, always.

    repeated: copies in the store beyond the first. dropped: what the filter keeps out.
    """

    documents: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    missing: int = 0
    repeated: int = 0

    @property
    def lines(self) -> int:
        """Lines in the file."""
        return self.documents + self.rejected.total() + self.dropped + self.missing

    @property
    def whole(self) -> bool:
        """Whether each line is accounted for, once."""
        return not self.missing and not self.repeated

    def add(self, other: "Tally") -> None:
        """Add another one's lines."""
        self.documents += other.documents
        self.rejected.update(other.rejected)
        self.dropped += other.dropped
        self.missing += other.missing
        self.repeated += other.repeated

    def as_json(self) -> dict[str, Any]:
        """Counts by name."""
        return {
            "lines": self.lines,
            "documents": self.documents,
            "rejected": dict(sorted(self.rejected.items())),
            "dropped": self.dropped,
            "missing": self.missing,
            "repeated": self.repeated,
        }


@dataclass(frozen=True)
class MissingLine:
    """A line the store lacks. head: its first bytes, as text."""

    offset: int
    head: str


@dataclass
class FileReport:
    """What became of a file's lines, by hour (`2026-11-23T10:00Z`; NO_TIME for rejects, which have none).

    missing: the first few. unsent: lines missing at the end of the file, after the last that is stored: most likely
    not sent yet.
    """

    path: str
    hours: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    missing: list[MissingLine] = field(default_factory=list)
    unsent: int = 0

    @property
    def total(self) -> Tally:
        """All hours together."""
        total = Tally()
        for tally in self.hours.values():
            total.add(tally)
        return total

    def as_json(self) -> dict[str, Any]:
        """The report as one object, hours in order."""
        return {
            "path": self.path,
            "complete": self.total.whole,
            **self.total.as_json(),
            "unsent": self.unsent,
            "hours": [{"hour": hour or None, **self.hours[hour].as_json()} for hour in sorted(self.hours)],
            "missing_lines": [{"offset": line.offset, "head": line.head} for line in self.missing],
        }


def check_file(
    path: str,
    store: Store,
    namespace: str,
    converter_of: Callable[[bytes], Converter],
    progress: Callable[[int], None],
) -> FileReport:
    """Look up every line of a file. Refresh before. Raise InputError if the file cannot be read to its end.

    converter_of: from the head of the file, what would ship it: it says when lines that are not there were, and which
    of them the filter keeps out.
    """
    report = FileReport(path)
    streams = f"{names.access_index(namespace)},{names.rejects_stream(namespace)}"
    with opened(path) as stream:
        head = read_head(stream, path)
        if not head:
            return report
        converter = converter_of(head)
        for chunk in chunks(Prefixed(head, stream), path):
            line_ids = converter.ids(chunk)
            found = [hit for batch in batched(line_ids, LINES_A_SEARCH) for hit in store.copies(streams, batch, FIELDS)]
            account(report, chunk, line_ids, found, converter)
            progress(len(chunk.lines))
    return report


def account(
    report: FileReport, chunk: Chunk, line_ids: Sequence[str], found: Iterable[Hit], converter: Converter
) -> None:
    """Count each line of a chunk once. line_ids: of its lines, in order. found: what the store holds of them."""
    copies: dict[str, list[Hit]] = {}
    for hit in found:
        copies.setdefault(hit.id, []).append(hit)
    missing: list[int] = []
    for row, id_ in enumerate(line_ids):
        held = copies.get(id_)
        if held is None:
            missing.append(row)
            continue
        reasons = [hit.document.get(REASON) for hit in held]
        if None in reasons:
            tally = report.hours[held[reasons.index(None)].document["@timestamp"]]
            tally.documents += 1
        else:
            tally = report.hours[NO_TIME]
            tally.rejected[str(reasons[0])] += 1
        tally.repeated += len(held) - 1
    dropped = _account_missing(report, chunk, missing, converter) if missing else []
    # Lines that are dropped stand between none of those that are not.
    kept_out = set(dropped)
    gaps = [row - bisect(dropped, row) for row in missing if row not in kept_out]
    report.unsent = _unsent(report.unsent, len(line_ids) - len(dropped), gaps)


def _account_missing(report: FileReport, chunk: Chunk, rows: Sequence[int], converter: Converter) -> Sequence[int]:
    """Count rows the store lacks as missing or dropped; return the dropped ones."""
    parsed = converter.parsed(chunk)
    wanted = {*converter.enriched(parsed).events[ROW], *parsed.rejects[ROW]}
    hours = dict(parsed.events.select(ROW, pl.col("@timestamp").str.head(HOUR_LENGTH)).iter_rows())
    offsets = frame_of(chunk)["log.offset"]
    dropped: list[int] = []
    for row in rows:
        hour = f"{hours[row]}:00Z" if row in hours else NO_TIME
        if row not in wanted:
            report.hours[hour].dropped += 1
            dropped.append(row)
            continue
        report.hours[hour].missing += 1
        if len(report.missing) < SHOWN_LINES:
            head = chunk.lines[row][:SHOWN_BYTES].decode("utf-8", "backslashreplace")
            report.missing.append(MissingLine(offsets[row], head))
    return dropped


def _unsent(before: int, lines: int, missing: Sequence[int]) -> int:
    """How many lines in a row are missing at the end, after a chunk of `lines` with these rows missing."""
    if len(missing) == lines:
        return before + lines
    trailing = 0
    while trailing < len(missing) and missing[-1 - trailing] == lines - 1 - trailing:
        trailing += 1
    return trailing
