"""Chunks on their way into the store. They are read and converted while those before them are being delivered, and
whatever happens, what is in flight lands: it is counted, and the positions of its files move behind it, in order.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import polars as pl

from ingest.convert import Converted, Converts
from ingest.counts import Counts
from ingest.delivery import Outcome
from ingest.reader import CHUNK_BYTES, Chunk
from ingest.road import Deliverer
from ingest.source import Indices, Wishes
from wwwatch.errors import StoreError
from wwwatch.moments import iso

MOST_BYTES = 3 * CHUNK_BYTES  # of log, in flight: what bounds memory while the store is slow or away


class Sender(Protocol):
    """Whose lines a chunk holds. What its methods do stands at `Source`. streams: of its events, of its rejects."""

    @property
    def converter(self) -> Converts: ...

    @property
    def streams(self) -> tuple[str, str]: ...

    def in_doubt(self, chunk: Chunk) -> bool:
        """Whether lines of a chunk may have been sent before."""

    def since(self, stream: str) -> str:
        """The backing index a stream wrote to then; empty: not known."""

    def note_sending(self, chunk: Chunk, indices: Indices) -> None:
        """A chunk is about to be sent."""

    def move_behind(self, chunk: Chunk, now: datetime) -> None:
        """A chunk has landed."""


@dataclass
class _Sent:
    """A chunk on its way: its requests, each with the reason word of its rejects, None for events.

    indices: the backing index of each stream when it was sent. dropped, newest, format_name: as converted.
    whole: all its requests are out; an interrupt may come between two of them.
    """

    source: Sender
    chunk: Chunk
    indices: Indices
    in_doubt: bool
    requests: list[tuple[str | None, Future[Outcome]]] = field(default_factory=list)
    dropped: int = 0
    newest: str | None = None
    format_name: str = ""
    whole: bool = False

    @property
    def size_bytes(self) -> int:
        return self.chunk.end - self.chunk.offset

    @property
    def done(self) -> bool:
        return all(request.done() for _, request in self.requests)


class Landing:
    """What is in flight, of all files of a run. Not to be shared between threads.

    answered: called from another thread whenever the store has answered for something.
    """

    def __init__(
        self,
        delivery: Deliverer,
        wishes: Wishes,
        counts: Counts,
        progress: Callable[[int], None] = lambda _: None,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._delivery, self._wishes, self._counts = delivery, wishes, counts
        self._progress, self._answered = progress, answered
        self._flight: deque[_Sent] = deque()

    def __bool__(self) -> bool:
        """Whether anything is in flight."""
        return bool(self._flight)

    @property
    def full(self) -> bool:
        """Whether enough is in flight, so that one waits before reading on."""
        return sum(sent.size_bytes for sent in self._flight) >= MOST_BYTES

    def add(self, source: Sender, chunk: Chunk) -> None:
        """Convert a chunk and send it. Raise InputError, with nothing sent, where it cannot be noted."""
        converted = source.converter.convert(chunk, iso(self._wishes.now()))
        indices = {stream: self._delivery.write_index(stream) for stream in source.streams}
        sent = _Sent(source, chunk, indices, source.in_doubt(chunk))
        source.note_sending(chunk, sent.indices)
        self._counts.read += len(chunk.lines)
        self._flight.append(sent)
        self._take_off(sent, converted)

    def _take_off(self, sent: _Sent, converted: Converted) -> None:
        """Hand a chunk to the delivery."""
        access, rejected = sent.source.streams
        for reason, items in converted.rejects.items():
            texts = pl.Series([item for _, item in items], dtype=pl.String)
            sent.requests.append((reason, self._submit(rejected, texts, sent)))
        if len(converted.events):
            sent.requests.append((None, self._submit(access, converted.events, sent)))
        sent.dropped, sent.newest, sent.format_name = converted.dropped, converted.newest, converted.format_name
        sent.whole = True

    def _submit(self, stream: str, items: pl.Series, sent: _Sent) -> Future[Outcome]:
        request = self._delivery.submit(stream, items, sent.in_doubt, sent.source.since(stream))
        request.add_done_callback(lambda _: self._answered())
        return request

    def land(self) -> None:
        """Wait for the oldest chunk; count it and move the position behind it. Raise what went wrong with it."""
        sent = self._flight[0]
        outcomes = [(reason, request.result()) for reason, request in sent.requests]
        for reason, outcome in outcomes:
            if reason is None and outcome.refused:
                self._keep_refused(outcome, sent)
        self._flight.popleft()
        self._counts.dropped += sent.dropped
        self._counts.newest_event = max(self._counts.newest_event, sent.newest or "")
        for reason, outcome in outcomes:
            self._count(reason, outcome)
            if reason is None:
                self._counts.formats[sent.format_name] += outcome.sent
        self._progress(len(sent.chunk.lines))
        sent.source.move_behind(sent.chunk, self._wishes.now())

    def make_room(self) -> None:
        """Wait until one may read on."""
        while self.full:
            self.land()

    def land_done(self) -> None:
        """Land what the store has answered for."""
        while self._flight and self._flight[0].done:
            self.land()

    def land_all(self) -> None:
        """Wait for everything."""
        while self._flight:
            self.land()

    def abandon(self) -> None:
        """Send no more. Land what came through whole; of the rest, count what is stored, and leave its positions."""
        self._delivery.abandon([request for sent in self._flight for _, request in sent.requests])
        while self._flight and self._came_through(self._flight[0]):
            self.land()
        for sent in self._flight:
            for reason, request in sent.requests:
                if not request.exception():
                    self._count(reason, request.result())
        self._flight.clear()

    def _came_through(self, sent: _Sent) -> bool:
        requests = [request for _, request in sent.requests]
        wait(requests)
        return sent.whole and not any(request.exception() for request in requests)

    def _keep_refused(self, outcome: Outcome, sent: _Sent) -> None:
        """Events the store refuses for ever are stored as rejects."""
        ingested = iso(self._wishes.now())
        refused_item = sent.source.converter.refused_item
        texts = [refused_item(refused.item, refused.reason, refused.message, ingested) for refused in outcome.refused]
        kept = self._submit(sent.source.streams[1], pl.Series(texts, dtype=pl.String), sent).result()
        _insist(kept)
        outcome.duplicate += kept.duplicate
        outcome.possible_duplicates += kept.possible_duplicates
        outcome.refused = outcome.refused[: kept.sent]

    def _count(self, reason: str | None, outcome: Outcome) -> None:
        self._counts.duplicate += outcome.duplicate
        self._counts.possible_duplicates += outcome.possible_duplicates
        if reason is None:
            self._counts.sent += outcome.sent
            self._counts.rejected.update(refused.reason for refused in outcome.refused)
        else:
            _insist(outcome)
            self._counts.rejected.update([reason] * outcome.sent)


def _insist(outcome: Outcome) -> None:
    """Rejects are the last resort: a store that refuses them as well must be mended first."""
    if outcome.refused:
        raise StoreError(
            f"The store refuses rejected lines: {outcome.refused[0].message}",
            "Run wwwatch setup, and look for a template of somebody else's for logs-wwwatch.rejects-*.",
        )
