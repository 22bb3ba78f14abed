"""One log on its way into the store: what is read next, how it is converted, and how far it is delivered."""

import gzip
import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from ingest import formats
from ingest.convert import Converter, logged_path
from ingest.enrichment import NONE, Enrichment
from ingest.identity import identity as identity_of
from ingest.identity import is_settled, read_head
from ingest.positions import OPEN_END, SLOTS, Position, Positions, fitting, stamp, tail_digest
from ingest.reader import CHUNK_BYTES, TAIL_BYTES, ByteSource, Chunk, LineReader, LogFile, Prefixed, resumable
from wwwatch.moments import iso
from wwwatch.store import names

Indices = dict[str, str]  # stream -> the backing index it writes to

RESERVED_BYTES = 1 << 20  # noted as sent ahead of what is, so that a log that trickles is not noted for every line


@dataclass(frozen=True)
class Wishes:
    """What the user asked for. format_name: as `formats.named` takes it. server: of SERVERS, or empty. now: the clock.

    from_start: whatever is known to be delivered is looked up again, and sent where the store lacks it.
    enrichment: what is made of events beyond their own fields. timezone: of log times that name none. converter: what
    makes items of lines.
    """

    namespace: str
    format_name: str
    server: str
    now: Callable[[], datetime]
    chunk_bytes: int = CHUNK_BYTES
    from_start: bool = False
    enrichment: Enrichment = NONE
    timezone: str = "UTC"
    converter: type[Converter] = Converter


@dataclass(frozen=True)
class Origin:
    """Where lines come from. path: what is opened. shown: `log.file.path` of its events. host: `host.name`.
    server: who wrote it, as far as the origin tells; else empty.
    """

    path: str
    shown: str
    host: str
    server: str = ""

    @classmethod
    def of_file(cls, path: str, host: str) -> "Origin":
        """A log file of this host."""
        return cls(path, logged_path(path), host)


class Source:
    """Where the delivery of one log stands. positions is None where nothing is kept (a pipe)."""

    def __init__(
        self,
        reader: LineReader,
        position: Position,
        converter: Converter,
        positions: Positions | None = None,
        tail: bytes = b"",
    ) -> None:
        self.reader, self.position, self.converter, self._positions = reader, position, converter, positions
        self.mirrored = position.offset
        self.dirty = False  # the position on disk is an older one
        self.in_flight: deque[Indices] = deque()
        self.before = tail  # the last bytes before what is read next, at most TAIL_BYTES
        self._tail = tail
        self._since, self._in_doubt_to = position.indices, position.sent_to
        self._sent_to = position.offset
        self._noted = 0
        self._kept = position

    @property
    def streams(self) -> tuple[str, str]:
        """Where its events go, and where its rejects."""
        namespace = self.converter.namespace
        return names.access_stream(self.converter.dataset, namespace), names.rejects_stream(namespace)

    def read(self, chunk_bytes: int) -> Chunk | None:
        """The next whole lines, as LineReader.read."""
        chunk = self.reader.read(chunk_bytes)
        if chunk:
            self.before = (self.before + chunk.tail)[-TAIL_BYTES:]
        return chunk

    def in_doubt(self, chunk: Chunk) -> bool:
        """Whether lines of a chunk may have been sent by a run before."""
        return chunk.offset < self._in_doubt_to

    def since(self, stream: str) -> str:
        """The backing index a stream wrote to when what is in doubt was sent; empty: not known."""
        return self._since.get(stream, "")

    def note_sending(self, chunk: Chunk, indices: Indices) -> None:
        """Write down, before they are sent, how far lines may be in the store, and since which backing indices."""
        self._sent_to = max(self._sent_to, chunk.end)
        log_format = self.converter.log_format
        self.position = replace(
            self.position, dataset=self.converter.dataset, format=log_format.name if log_format else ""
        )
        if self._sent_to > self._noted:
            noted = max(self.position.sent_to, self._sent_to + RESERVED_BYTES)
            oldest = self.in_flight[0] if self.in_flight else indices
            self.position = replace(self.position, sent_to=noted, indices=self._indices(oldest))
            self.save()
            self._noted = noted
        self.in_flight.append(indices)

    def move_behind(self, chunk: Chunk, now: datetime) -> None:
        """The store has acknowledged a chunk. A last line without line feed is delivered, but read again next time."""
        indices = self.in_flight.popleft()
        self.dirty = True
        self.position = replace(self.position, delivered_at=iso(now))
        if chunk.terminated:
            self._tail = (self._tail + chunk.tail)[-TAIL_BYTES:]
            self.position = replace(
                self.position,
                offset=chunk.end,
                lines=self.position.lines + len(chunk.lines),
                tail=tail_digest(self._tail),
            )
            # What is in doubt after a crash was sent when the oldest chunk in flight was, or later.
            indices = self.in_flight[0] if self.in_flight else indices
            self.position = replace(self.position, indices=self._indices(indices))

    def _indices(self, indices: Indices) -> Indices:
        """Those of now, once nothing of the run before is in doubt."""
        return self._since if self.position.offset < self._in_doubt_to else indices

    def reached_end(self) -> None:
        """All there is has been read: what is appended from now on cannot have been sent before."""
        self._in_doubt_to = min(self._in_doubt_to, self.reader.consumed)

    def settle(self, whole: str = "") -> None:
        """Nothing is on its way any more: put on disk what really was sent. whole: the stamp of a file that is done."""
        sent_to = max(self._sent_to, self._in_doubt_to)
        self.position = replace(self.position, sent_to=sent_to, whole=whole or self.position.whole)
        if self.position != self._kept:
            self.save()

    def save(self) -> None:
        """Put the position on disk."""
        if self._positions:
            self._positions.write(self.position)
        self.saved()

    def saved(self) -> None:
        """The position is on disk as it is."""
        self._kept, self.dirty = self.position, False

    def mirror(self, now: datetime) -> None:
        """Put the position in the store."""
        if self._positions:
            self._positions.mirror(iso(now), self.position)
        self.mirrored = self.position.offset


class Sources:
    """Opens the logs of one run."""

    def __init__(self, positions: Positions, wishes: Wishes) -> None:
        self._positions, self._wishes = positions, wishes

    def open(self, origin: Origin, stream: LogFile, held: ExitStack) -> Source | None:
        """`opening`, without pausing."""
        steps = self.opening(origin, stream, held)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                source: Source | None = done.value
                return source

    def opening(
        self,
        origin: Origin,
        stream: LogFile,
        held: ExitStack,
        growing: bool = False,
        familiar: bool = False,
        taken: frozenset[str] = frozenset(),
    ) -> Generator[None, None, Source | None]:
        """The source of a stream that stands at its start; None if that holds nothing. Yields while it takes time.

        growing: None also while its first line is not whole. familiar: None also if it starts like a file that is
        known, and goes on differently. taken: keys of positions that are not its own. held: gets the lock of its
        position. Raise InputError if the start cannot be read, Held if another shipper is at it.
        """
        head = read_head(stream, origin.path)
        if not head or (growing and not is_settled(head)):
            return None
        identity = identity_of(origin.host, head)
        if not resumable(origin.path):
            # Nothing to resume: a pipe comes from its start each time, and the ids keep its lines single.
            position = Position(identity, origin.shown, "", "")
            return Source(LineReader(Prefixed(head, stream), origin.path), position, self._converter(origin, position))
        while True:
            known = self._positions.known(identity)
            found = yield from _found(origin, stream, [position for position in known if position.key not in taken])
            if familiar and known and not found:
                return None
            rest, position, tail = found or (stream, _anew(origin, identity, known), b"")
            with ExitStack() as lock:
                lock.enter_context(self._positions.locked(position.key, origin.path))
                kept = self._positions.read(position.key)
                if kept is None or kept in known:  # else another shipper moved it before it let go
                    held.push(lock.pop_all())
                    break
        if self._wishes.from_start:
            if found:
                stream.seek(0)
            rest, position, tail = stream, _again(position), b""
        source = Source(
            LineReader(rest, origin.path, position.offset), replace(position, path=origin.shown),
            self._converter(origin, position), self._positions, tail,
        )  # fmt: skip
        if not found:
            # So that the store knows of this file before any line of it, however the run ends.
            source.mirror(self._wishes.now())
        return source

    def save(self, sources: Sequence[Source]) -> None:
        """Put the positions that moved on disk."""
        moved = [source for source in sources if source.dirty]
        if moved:
            self._positions.write(*(source.position for source in moved))
        for source in moved:
            source.saved()

    def mirror(self, sources: Sequence[Source]) -> None:
        """Put the positions that moved in the store."""
        moved = [source for source in sources if source.position.offset != source.mirrored]
        if moved:
            self._positions.mirror(iso(self._wishes.now()), *(source.position for source in moved))
        for source in moved:
            source.mirrored = source.position.offset

    def _converter(self, origin: Origin, position: Position) -> Converter:
        wished = formats.named(self._wishes.format_name)
        remembered = formats.remembered(position.format)
        server = self._wishes.server or position.dataset.removesuffix(".access") or origin.server
        return self._wishes.converter(
            position.identity, origin.shown, self._wishes.namespace, origin.host, server,
            wished or remembered, only=wished is not None, enrichment=self._wishes.enrichment,
            timezone=self._wishes.timezone,
        )  # fmt: skip


def _found(
    origin: Origin, stream: LogFile, known: list[Position]
) -> Generator[None, None, tuple[ByteSource, Position, bytes] | None]:
    """What is left of a stream, its position, and the bytes before it; None if nothing of it was delivered."""
    if isinstance(stream, gzip.GzipFile):
        seen = stamp(os.fstat(stream.fileno()))
        for position in known:
            if position.whole == seen:
                return BytesIO(), position, b""
    found = yield from fitting(stream, origin.path, known)
    return (stream, *found) if found else None


def _anew(origin: Origin, identity: str, known: list[Position]) -> Position:
    """The position of a file never seen; or of another one that starts with the same line, or of one rewritten: then
    each of its ids is looked up.
    """
    sent_to = OPEN_END if known else 0
    return Position(identity, origin.shown, "", "", sent_to=sent_to, slot=min(len(known), SLOTS - 1))


def _again(position: Position) -> Position:
    """From the start, looking up each id."""
    return replace(position, offset=0, lines=0, tail="", sent_to=OPEN_END, indices={}, whole="")
