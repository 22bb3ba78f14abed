"""Rejects once more: lines that no format took, after one was added. What is an event now becomes a document.

Safe to cut off and to repeat: a document is stored, under the id its line always had, before its reject is removed. At
no moment is a line neither, and lines = documents + rejects holds again at the end.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

import polars as pl

from ingest import ids
from ingest.convert import Converter
from ingest.delivery import Delivery
from ingest.items import id_of
from ingest.parse import CHECK, ROW, TOO_LONG, Parsed
from ingest.reader import Chunk
from ingest.rejects import PSEUDONYMISED
from wwwatch.moments import iso
from wwwatch.store import Hit, Store, names

LINES_AT_ONCE = 1000
BYTES_AT_ONCE = 8 << 20
PAGE_SIZE = 100  # a reject can be megabytes long
REFUSED = "refused by the store"

Document = dict[str, Any]


@dataclass
class Replayed:
    """Rejects, by what became of them. rejects = stored + duplicate + cut + unchanged, always.

    stored: are documents now. duplicate: were there already, from a replay or a run that was cut off; both are no
    rejects any more. cut: only their head was kept, so they cannot be replayed. unchanged: still rejects, by reason.
    """

    rejects: int = 0
    stored: int = 0
    duplicate: int = 0
    cut: int = 0
    unchanged: Counter[str] = field(default_factory=Counter)

    @property
    def unaccounted(self) -> int:
        """0, unless the run was cut short."""
        return self.rejects - self.stored - self.duplicate - self.cut - self.unchanged.total()

    def as_json(self) -> Document:
        """For `--json`."""
        return {
            "rejects": self.rejects,
            "stored": self.stored,
            "duplicate": self.duplicate,
            "cut": self.cut,
            "unchanged": dict(sorted(self.unchanged.items())),
        }

    def as_text(self) -> str:
        """For people."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.unchanged.items()))
        return (
            f"{self.rejects:,} rejects: {self.stored:,} are documents now, {self.duplicate:,} were already, "
            f"{self.unchanged.total():,} are rejects still{f' ({reasons})' if reasons else ''}, "
            f"{self.cut:,} cut when they were read and lost for replay."
        )


@dataclass(frozen=True)
class Source:
    """The file rejects came from, as they tell it. hidden: addresses in their lines are pseudonyms already."""

    identity: str
    path: str
    host: str
    hidden: bool = False


@dataclass(frozen=True)
class RejectedLine:
    """A reject to be tried again. raw: the line's bytes. offset and check: the rest of its id."""

    index: str
    id: str
    source: Source
    offset: int
    check: int
    raw: bytes
    reason: str


def line_of(hit: Hit) -> RejectedLine | None:
    """The line of a reject; None if only a part of it was kept."""
    document = hit.document
    kept = document["wwwatch"]
    raw = base64.b64decode(kept["raw"]) if "raw" in kept else document["event"]["original"].encode()
    if kept["length_bytes"] > len(raw):
        return None
    identity, check = ids.parts(hit.id)
    source = Source(
        identity, document["log"]["file"]["path"], document["host"]["name"], PSEUDONYMISED in document.get("tags", ())
    )
    return RejectedLine(hit.index, hit.id, source, document["log"]["offset"], check, raw, document["error"]["type"])


class Replay:
    """Replays the rejects of one namespace.

    converter_of: what converts a file's lines, by the format that was asked for. now: the clock.
    """

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        namespace: str,
        converter_of: Callable[[Source], Converter],
        now: Callable[[], datetime],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.counts = Replayed()
        self._store, self._delivery, self._namespace = store, delivery, namespace
        self._converter_of, self._now, self._progress = converter_of, now, progress

    def run(self, filters: Sequence[Document]) -> None:
        """Try every reject that matches all of these queries."""
        stream = names.rejects_stream(self._namespace)
        too_long: Document = {"term": {"error.type": TOO_LONG}}
        whole: Document = {"bool": {"filter": filters, "must_not": [too_long]}}
        self.counts.cut = self._store.count(stream, {"bool": {"filter": [*filters, too_long]}})
        self.counts.rejects = self.counts.cut
        with closing(self._store.hits(stream, whole, page_size=PAGE_SIZE)) as found:
            for lines in _in_batches(self._lines(found)):
                for source, members in groupby(sorted(lines, key=_by_source), key=lambda line: line.source):
                    self._replay(source, list(members))
                self._progress(len(lines))

    def _lines(self, found: Iterable[Hit]) -> Iterator[RejectedLine]:
        for hit in found:
            self.counts.rejects += 1
            line = line_of(hit)
            if line:
                yield line
            else:
                self.counts.cut += 1

    def _replay(self, source: Source, lines: list[RejectedLine]) -> None:
        """Lines of one file: deliver what has become an event, then remove its reject."""
        converter = self._converter_of(source)
        chunk = Chunk(0, sum(len(line.raw) + 1 for line in lines), [line.raw for line in lines], b"")
        parsed = _in_their_places(converter.enriched(converter.parsed(chunk)), lines)
        converted = converter.items(parsed, chunk, iso(self._now()))
        refused: set[str] = set()
        if len(converted.events):
            stream = names.access_stream(converter.dataset, self._namespace)
            # In doubt: a replay before this one may have stored them, in an index that was rolled over since.
            outcome = self._delivery.submit(stream, converted.events, in_doubt=True).result()
            refused = {id_of(item.item) for item in outcome.refused}
            self.counts.stored += outcome.sent
            self.counts.duplicate += outcome.duplicate
        self.counts.unchanged.update([REFUSED] * len(refused))
        taken = {int(row) for row in converted.event_rows}
        self.counts.unchanged.update(line.reason for row, line in enumerate(lines) if row not in taken)
        self._remove(lines[row] for row in sorted(taken) if lines[row].id not in refused)

    def _remove(self, lines: Iterable[RejectedLine]) -> None:
        """A data stream deletes nothing by id; the index behind it does."""
        for index, members in groupby(sorted(lines, key=lambda line: line.index), key=lambda line: line.index):
            self._store.delete_documents(index, [line.id for line in members])


def _by_source(line: RejectedLine) -> tuple[str, str, str, bool, int]:
    source = line.source
    return (source.identity, source.path, source.host, source.hidden, line.offset)


def _in_batches(lines: Iterable[RejectedLine]) -> Iterator[list[RejectedLine]]:
    """Lists bounded in lines and bytes."""
    batch: list[RejectedLine] = []
    held = 0
    for line in lines:
        batch.append(line)
        held += len(line.raw)
        if len(batch) >= LINES_AT_ONCE or held >= BYTES_AT_ONCE:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _in_their_places(parsed: Parsed, lines: list[RejectedLine]) -> Parsed:
    """Events at the places the lines had in their file, which are part of their ids; without what is a reject still."""
    offsets = pl.Series([line.offset for line in lines], dtype=pl.Int64)
    checks = pl.Series([line.check for line in lines], dtype=pl.UInt32)
    rows = parsed.events[ROW]
    events = parsed.events.with_columns(offsets.gather(rows).alias("log.offset"), checks.gather(rows).alias(CHECK))
    return replace(parsed, events=events, rejects=parsed.rejects.clear())
