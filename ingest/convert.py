"""One file's lines to bulk items: what `ship` sends and `parse` prints. Knows no store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import orjson
import polars as pl

from ingest import documents, formats, ids, rejects
from ingest.enrichment import NONE, Enrichment
from ingest.formats import LogFormat
from ingest.identity import identity as identity_of
from ingest.items import id_of, source_of
from ingest.parse import LINE, ROW, Parsed, frame_of, parse
from ingest.reader import STDIN, Chunk
from ingest.servers import DEFAULT_SERVER, server_of


@dataclass(frozen=True)
class Converted:
    """A chunk as items. events: text of each, in order, and its row in the chunk. rejects: the same by reason word.

    dropped: lines that a filter of the user's keeps out. newest: `@timestamp` of the newest event, None without any.
    format_name: the file's format, empty if none is known.
    """

    events: pl.Series
    event_rows: pl.Series
    rejects: dict[str, list[tuple[int, str]]]
    dropped: int = 0
    newest: str | None = None
    format_name: str = ""


class Converts(Protocol):
    """Makes items of chunks: `Converter`, or what stands in for it where lines were converted elsewhere."""

    def convert(self, chunk: Chunk, ingested: str) -> Converted:
        """ingested: ISO 8601 UTC."""

    def refused_item(self, item: str, reason: str, message: str, ingested: str) -> str:
        """The reject, as item, of an item that is refused for ever."""


@dataclass
class Converter:
    """Turns the chunks of one file into items. Remembers the file's format once it is known.

    path: as logged in `log.file.path`. server: who wrote it, empty until known, and then for ever. only: the format was
    named by the user, so no other is tried. with_actions: each item is led by its bulk action line, with an id.
    enrichment: what is made of the events beyond their own fields. timezone: of times that name none.
    """

    identity: str
    path: str
    namespace: str
    host: str
    server: str
    log_format: LogFormat | None
    only: bool
    with_actions: bool = True
    enrichment: Enrichment = NONE
    timezone: str = "UTC"

    @property
    def dataset(self) -> str:
        """`event.dataset` of its events."""
        return f"{self.server or DEFAULT_SERVER}.access"

    def convert(self, chunk: Chunk, ingested: str) -> Converted:
        """ingested: ISO 8601 UTC."""
        parsed = self.parsed(chunk, ingested)
        enriched = self.enriched(parsed)
        converted = self.items(enriched, chunk, ingested)
        newest = enriched.events["@timestamp"].max() if enriched.events.height else None
        return replace(
            converted,
            dropped=parsed.events.height - enriched.events.height,
            newest=str(newest) if newest else None,
            format_name=self.log_format.name if self.log_format else "",
        )

    def enriched(self, parsed: Parsed) -> Parsed:
        """What was parsed, after the steps of enrichment. Events that are missing were dropped by a filter."""
        return replace(parsed, events=self.enrichment.apply(parsed.events))

    def ids(self, chunk: Chunk) -> list[str]:
        """The id of each line in the store, as document or as reject."""
        return ids.of_lines(self.enrichment.checked(frame_of(chunk)), self.identity).to_list()

    def parsed(self, chunk: Chunk, read_at: str | None = None) -> Parsed:
        """The lines sorted into events and rejects, by the file's format. read_at: ISO 8601, for lines without time."""
        self.get_to_know(chunk)
        parsed = parse(chunk, formats.candidates(self.log_format, self.only), self.timezone, read_at)
        self.note_change(parsed.taken_by, parsed.fields, chunk)
        return parsed

    def get_to_know(self, chunk: Chunk) -> None:
        """Find out the file's format and server, unless they are known."""
        if self.log_format is None:
            self.log_format = formats.detect(frame_of(chunk)[LINE])
        if not self.server and self.log_format:
            self.server = self.log_format.server or server_of(self.path) or self.log_format.usual_server

    def note_change(self, taken_by: Mapping[str, int], fields: str | None, chunk: Chunk) -> None:
        """Remember another format if the file goes on in one; which format took a line is seen line by line."""
        if fields is not None:
            self.log_format = formats.w3c.of_header(fields)
        elif not self.only and self.log_format:
            own = taken_by.get(self.log_format.name, 0)
            if own < sum(taken_by.values()) / 2:
                self.log_format = formats.detect(frame_of(chunk)[LINE].tail(formats.SAMPLE_LINES)) or self.log_format

    def items(self, parsed: Parsed, chunk: Chunk, ingested: str) -> Converted:
        """What was parsed as bulk items."""
        constants = documents.constant_fields(self.dataset, self.namespace, self.host, self.path, ingested)
        constants |= self.enrichment.constants
        items = documents.serialise(parsed.events, constants, self.identity if self.with_actions else None)
        refused: dict[str, list[tuple[int, str]]] = {}
        for reason, row, item in self._rejects(ingested, rejects.of_chunk(parsed, chunk)):
            refused.setdefault(reason, []).append((row, item))
        return Converted(items, parsed.events[ROW], refused)

    def _rejects(self, ingested: str, found: Iterator[rejects.Reject]) -> Iterator[tuple[str, int, str]]:
        shared = self.shared_by_rejects(ingested)
        for reject in map(self.enrichment.of_reject, found):
            document = rejects.document_of(reject, shared)
            id_ = ids.of_line(self.identity, reject.offset, reject.check)
            yield reject.reason, reject.row, self.item(id_, document)

    def shared_by_rejects(self, ingested: str) -> dict[str, Any]:
        """What all rejects of the file have in common, nested."""
        hidden = self.enrichment.hide is not None
        return rejects.shared_fields(self.namespace, self.host, self.path, ingested, hidden)

    def refused_item(self, item: str, reason: str, message: str, ingested: str) -> str:
        """The reject, as item, of an event's item that is refused for ever."""
        reject = rejects.refused(source_of(item), reason, message)
        return self.item(id_of(item), rejects.document_of(reject, self.shared_by_rejects(ingested)))

    def item(self, id_: str, document: object) -> str:
        """A document as bulk item."""
        source = orjson.dumps(document).decode()
        return f'{{"create":{{"_id":"{id_}"}}}}\n{source}' if self.with_actions else source


def converter_of(
    path: str,
    head: bytes,
    namespace: str,
    host: str,
    server: str,
    wished: LogFormat | None,
    with_actions: bool = True,
    enrichment: Enrichment = NONE,
    timezone: str = "UTC",
) -> Converter:
    """What converts a file nothing is remembered of. head: its first bytes. server: one of SERVERS, or empty."""
    return Converter(
        identity_of(host, head), logged_path(path), namespace, host, server, wished, only=wished is not None,
        with_actions=with_actions, enrichment=enrichment, timezone=timezone,
    )  # fmt: skip


def logged_path(path: str) -> str:
    """The path as it goes into `log.file.path`."""
    absolute = "stdin" if path == STDIN else str(Path(path).absolute())
    return absolute.encode("utf-8", "backslashreplace").decode()  # a file name need not be UTF-8
