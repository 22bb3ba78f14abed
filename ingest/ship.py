"""Files into the store, to their end. Reads and converts one chunk while those before it are being delivered."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from ingest import formats, rejects
from ingest.convert import Converted, Converter, logged_path, server_of
from ingest.counts import Counts
from ingest.delivery import Delivery, Outcome, Refused, id_of, source_of
from ingest.identity import identity as identity_of
from ingest.identity import read_head
from ingest.positions import OPEN_END, Position, Positions, skip, tail_digest
from ingest.reader import CHUNK_BYTES, TAIL_BYTES, Chunk, LogFile, Prefixed, chunks, opened, resumable
from wwwatch.errors import InputError, StoreError
from wwwatch.moments import iso
from wwwatch.settings import Settings
from wwwatch.store import Store, names

CHUNKS_IN_FLIGHT = 2
MIRROR_EVERY_BYTES = 256 << 20


@dataclass(frozen=True)
class Wishes:
    """What the user asked for. format_name: a name or `auto`. server: nginx, apache or empty. now: the clock.

    from_start: whatever is known to be delivered is looked up again, and sent where the store lacks it.
    """

    namespace: str
    format_name: str
    server: str
    now: Callable[[], datetime]
    chunk_bytes: int = CHUNK_BYTES
    from_start: bool = False


@dataclass
class _Sent:
    """A chunk on its way: its requests, each with the reason word of its rejects, None for events.

    indices: the backing index of each stream when it was sent. in_doubt: it may have been sent before. whole: all its
    requests are out; an interrupt may come between two of them.
    """

    chunk: Chunk
    indices: dict[str, str]
    in_doubt: bool
    requests: list[tuple[str | None, Future[Outcome]]] = field(default_factory=list)
    whole: bool = False


class Shipper:
    """Ships files into one store and namespace. Use it as a context manager: leaving it waits for what is in flight."""

    def __init__(
        self, store: Store, settings: Settings, wishes: Wishes, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self.counts = Counts()
        self._store, self._wishes, self._progress = store, wishes, progress
        self._host = settings.host.name
        self._positions = Positions(settings.home, store, wishes.namespace, self._host)
        self._delivery = Delivery(store)

    def __enter__(self) -> "Shipper":
        return self

    def __exit__(self, *_: object) -> None:
        self._delivery.close()

    def ship(self, path: str) -> None:
        """Deliver a file to its end. Raise InputError if it cannot be read (to the end), StoreError if the store
        stays away; what was acknowledged is kept, and shipping again resumes behind it.
        """
        with opened(path) as stream:
            head = read_head(stream, path)
            self.counts.files += 1
            if not head:
                return
            identity = identity_of(self._host, head)
            if not resumable(path):
                # Nothing to resume: a pipe comes from its start each time, and the ids keep its lines single.
                fresh = Position(identity, logged_path(path), "", "")
                self._run(Prefixed(head, stream), path, _File(fresh, self._converter(fresh, path), None))
                return
            stream.seek(0)
            with self._positions.locked(identity, path):
                self._resume(stream, path, identity)

    def _resume(self, stream: LogFile, path: str, identity: str) -> None:
        known = self._positions.read(identity)
        position = known or Position(identity, logged_path(path), "", "")
        if known is None:
            # So that the store knows of this file before any line of it, however the run ends.
            self._positions.mirror(position, iso(self._wishes.now()))
        tail = skip(stream, path, position) if position.offset else b""
        if tail is None or self._wishes.from_start:
            # Another file that starts with the same line, or this one rewritten: from its start, looking up each id.
            stream.seek(0)
            position, tail = replace(position, offset=0, lines=0, tail="", sent_to=OPEN_END, indices={}), b""
        self.counts.read += position.lines
        self.counts.duplicate += position.lines
        self._progress(position.lines)
        file = _File(replace(position, path=logged_path(path)), self._converter(position, path), self._positions, tail)
        self._run(stream, path, file)

    def _converter(self, position: Position, path: str) -> Converter:
        wished = formats.named(self._wishes.format_name)
        remembered = formats.FORMATS.get(position.format)
        server = self._wishes.server or position.dataset.removesuffix(".access") or server_of(path)
        return Converter(
            position.identity, logged_path(path), self._wishes.namespace, self._host, server,
            wished or remembered, only=wished is not None,
        )  # fmt: skip

    def _run(self, stream: LogFile | Prefixed, path: str, file: "_File") -> None:
        """Deliver from where the stream stands to its end."""
        flight: deque[_Sent] = deque()
        start = file.position
        damage: InputError | None = None
        with self._landing(flight, file):
            try:
                for chunk in chunks(stream, path, start.offset, self._wishes.chunk_bytes):
                    self.counts.read += len(chunk.lines)
                    converted = file.converter.convert(chunk, iso(self._wishes.now()))
                    while len(flight) >= CHUNKS_IN_FLIGHT:
                        self._land(flight, file)
                    sent = _Sent(chunk, self._write_indices(file), in_doubt=chunk.offset < start.sent_to)
                    file.note_sending(chunk, (flight[0] if flight else sent).indices)
                    flight.append(sent)
                    self._take_off(sent, converted, file)
            except InputError as error:
                damage = error  # what was read before it is delivered all the same
        if file.positions and file.position != start:
            file.positions.mirror(file.position, iso(self._wishes.now()))
        if damage:
            raise damage

    @contextmanager
    def _landing(self, flight: deque[_Sent], file: "_File") -> Iterator[None]:
        """Whatever happens, what is in flight lands, is counted, and moves the position."""
        try:
            yield
            while flight:
                self._land(flight, file)
            file.finish()
        except BaseException:
            self._delivery.abandon(request for sent in flight for _, request in sent.requests)
            while flight and self._land_quietly(flight, file):
                pass
            file.save()
            raise

    def _land_quietly(self, flight: deque[_Sent], file: "_File") -> bool:
        """Land the next chunk if it came through whole, while another error is on its way up."""
        requests = [request for _, request in flight[0].requests]
        wait(requests)
        if not flight[0].whole or any(request.exception() for request in requests):
            for sent in flight:
                wait([request for _, request in sent.requests])
                for reason, request in sent.requests:
                    if not request.exception():
                        self._count(reason, request.result())
            return False
        self._land(flight, file)
        return True

    def _streams(self, file: "_File") -> tuple[str, str]:
        """Where events and rejects of a file go."""
        namespace = self._wishes.namespace
        return names.access_stream(file.converter.dataset, namespace), names.rejects_stream(namespace)

    def _write_indices(self, file: "_File") -> dict[str, str]:
        return {stream: self._delivery.write_index(stream) for stream in self._streams(file)}

    def _take_off(self, sent: _Sent, converted: Converted, file: "_File") -> None:
        """Hand a chunk to the delivery."""
        access, rejected = self._streams(file)
        for reason, items in converted.rejects.items():
            texts = pl.Series([item for _, item in items], dtype=pl.String)
            sent.requests.append((reason, self._submit(rejected, texts, sent, file)))
        if len(converted.events):
            sent.requests.append((None, self._submit(access, converted.events, sent, file)))
        sent.whole = True

    def _submit(self, stream: str, items: pl.Series, sent: _Sent, file: "_File") -> Future[Outcome]:
        return self._delivery.submit(stream, items, sent.in_doubt, file.resumed.indices.get(stream, ""))

    def _keep_refused(self, outcome: Outcome, sent: _Sent, file: "_File") -> None:
        """Events the store refuses for ever are stored as rejects."""
        ingested = iso(self._wishes.now())
        texts = [_reject_item(refused, file.converter, ingested) for refused in outcome.refused]
        _, rejected = self._streams(file)
        kept = self._submit(rejected, pl.Series(texts, dtype=pl.String), sent, file).result()
        _insist(kept)
        outcome.duplicate += kept.duplicate
        outcome.possible_duplicates += kept.possible_duplicates
        outcome.refused = outcome.refused[: kept.sent]

    def _land(self, flight: deque[_Sent], file: "_File") -> None:
        """Wait for the oldest chunk; count it and move the position behind it."""
        sent = flight[0]
        outcomes = [(reason, request.result()) for reason, request in sent.requests]
        for reason, outcome in outcomes:
            if reason is None and outcome.refused:
                self._keep_refused(outcome, sent, file)
        flight.popleft()
        for reason, outcome in outcomes:
            self._count(reason, outcome)
        self._progress(len(sent.chunk.lines))
        file.move_behind(sent.chunk, flight[0].indices if flight else sent.indices)
        if file.positions and file.position.offset - file.mirrored >= MIRROR_EVERY_BYTES:
            file.positions.mirror(file.position, iso(self._wishes.now()))
            file.mirrored = file.position.offset

    def _count(self, reason: str | None, outcome: Outcome) -> None:
        self.counts.duplicate += outcome.duplicate
        self.counts.possible_duplicates += outcome.possible_duplicates
        if reason is None:
            self.counts.sent += outcome.sent
            self.counts.rejected.update(refused.reason for refused in outcome.refused)
        else:
            _insist(outcome)
            self.counts.rejected.update([reason] * outcome.sent)


class _File:
    """Where the delivery of one file stands. positions is None where nothing is kept (stdin)."""

    def __init__(
        self, position: Position, converter: Converter, positions: Positions | None, tail: bytes = b""
    ) -> None:
        self.resumed = self.position = position
        self.converter, self.positions = converter, positions
        self.mirrored = position.offset
        self._tail = tail

    def note_sending(self, chunk: Chunk, indices: dict[str, str]) -> None:
        """Write down, before they are sent, how far lines may be in the store, and since which backing indices."""
        log_format = self.converter.log_format
        self.position = replace(
            self.position,
            dataset=self.converter.dataset,
            format=log_format.name if log_format else "",
            sent_to=max(self.position.sent_to, chunk.end),
            indices=self.position.indices if self.position.offset < self.resumed.sent_to else indices,
        )
        self.save()

    def move_behind(self, chunk: Chunk, indices: dict[str, str]) -> None:
        """The store has acknowledged a chunk. A last line without line feed is delivered, but read again next time.

        indices: the backing index of each stream when the next lines were sent.
        """
        if chunk.terminated:
            self._tail = (self._tail + chunk.tail)[-TAIL_BYTES:]
            self.position = replace(
                self.position,
                offset=chunk.end,
                lines=self.position.lines + len(chunk.lines),
                tail=tail_digest(self._tail),
                indices=self.position.indices if chunk.end < self.resumed.sent_to else indices,
            )

    def finish(self) -> None:
        """All is delivered. In doubt stays only what will be read again: an unterminated line."""
        if self.position.sent_to >= OPEN_END:
            self.position = replace(self.position, sent_to=self.position.offset)
        self.save()

    def save(self) -> None:
        """Put the position on disk."""
        if self.positions and self.position.sent_to:
            self.positions.write(self.position)


def _reject_item(refused: Refused, converter: Converter, ingested: str) -> str:
    reject = rejects.refused(source_of(refused.item), refused.reason, refused.message)
    shared = rejects.shared_fields(converter.namespace, converter.host, converter.path, ingested)
    return converter.item(id_of(refused.item), rejects.document_of(reject, shared))


def _insist(outcome: Outcome) -> None:
    """Rejects are the last resort: a store that refuses them as well must be mended first."""
    if outcome.refused:
        raise StoreError(
            f"The store refuses rejected lines: {outcome.refused[0].message}",
            "Run wwwatch setup, and look for a template of somebody else's for logs-wwwatch.rejects-*.",
        )
