"""Documents that wait for a request: small pieces join, large ones are cut. Not safe between threads by itself."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl

from ingest.delivery.outcome import Outcome


@dataclass(eq=False)
class Submission:
    """What one call handed over. left: documents not settled; sending: its pieces under way."""

    left: int
    future: Future[Outcome] = field(default_factory=Future)
    outcome: Outcome = field(default_factory=Outcome)
    sending: int = 0
    given_up: bool = False


@dataclass(frozen=True)
class Doubt:
    """Documents that may be in the store already.

    since: the backing index their stream wrote to when they may have been sent; empty: not known.
    """

    since: str = ""


@dataclass(frozen=True, eq=False)
class Part:
    """Documents of one submission. items: action and source lines as text."""

    submission: Submission
    items: pl.Series
    size_bytes: int
    number: int


@dataclass(frozen=True, eq=False)
class Batch:
    """The documents of one request."""

    stream: str
    doubt: Doubt | None
    parts: list[Part]

    @property
    def items(self) -> pl.Series:
        return pl.concat([part.items for part in self.parts]) if len(self.parts) > 1 else self.parts[0].items

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


class Waiting:
    """Queues of pieces, one for each stream and doubt. The oldest piece goes first, with what fits beside it."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, Doubt | None], deque[Part]] = {}
        self._number = 0
        self.size_bytes = 0

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, stream: str, doubt: Doubt | None, submission: Submission, items: pl.Series, batch_bytes: int) -> None:
        """Queue documents behind all others."""
        queue = self._queue(stream, doubt)
        for piece in split(items, batch_bytes):
            self._number += 1
            queue.append(self._part(submission, piece, self._number))

    def put_back(self, stream: str, doubt: Doubt | None, parts: Iterable[tuple[Part, pl.Series]]) -> None:
        """Queue what is left of pieces before all others: they were sent first."""
        kept = [(part, items) for part, items in parts if len(items)]
        if not kept:
            return
        queue = self._queue(stream, doubt)
        for part, items in reversed(kept):
            queue.appendleft(self._part(part.submission, items, part.number))

    def take(self, batch_bytes: int) -> Batch:
        """The next request: at most about batch_bytes, at least one document. In doubt each piece goes alone."""
        (stream, doubt), queue = min(self._queues.items(), key=lambda item: item[1][0].number)
        parts, size = [self._take(queue, batch_bytes)], 0
        while doubt is None and queue:
            size += parts[-1].size_bytes
            if size + queue[0].size_bytes > batch_bytes:
                break
            parts.append(self._take(queue, batch_bytes))
        if not queue:
            del self._queues[stream, doubt]
        return Batch(stream, doubt, parts)

    def drop(self, submission: Submission) -> None:
        """Forget the pieces of a submission."""
        for key, queue in list(self._queues.items()):
            kept = deque(part for part in queue if part.submission is not submission)
            self.size_bytes -= sum(part.size_bytes for part in queue if part.submission is submission)
            if kept:
                self._queues[key] = kept
            else:
                del self._queues[key]

    def submissions(self) -> list[Submission]:
        """Whose pieces wait."""
        return list(
            {id(part.submission): part.submission for queue in self._queues.values() for part in queue}.values()
        )

    def _queue(self, stream: str, doubt: Doubt | None) -> deque[Part]:
        return self._queues.setdefault((stream, doubt), deque())

    def _part(self, submission: Submission, items: pl.Series, number: int) -> Part:
        size = size_of(items)
        self.size_bytes += size
        return Part(submission, items, size, number)

    def _take(self, queue: deque[Part], batch_bytes: int) -> Part:
        """The first piece, or the head of it where batches have become smaller since it was cut."""
        part = queue.popleft()
        self.size_bytes -= part.size_bytes
        if part.size_bytes <= batch_bytes * 3 // 2 or len(part.items) == 1:  # a cut falls behind a document, not in it
            return part
        head, *rest = split(part.items, batch_bytes)
        for items in reversed(rest):
            queue.appendleft(self._part(part.submission, items, part.number))
        return Part(part.submission, head, size_of(head), part.number)


def size_of(items: pl.Series) -> int:
    """Bytes of items in the body of a request."""
    return int(items.str.len_bytes().sum()) + len(items)


def split(items: pl.Series, batch_bytes: int) -> list[pl.Series]:
    """Items (action and source lines as text) in batches of about batch_bytes, at least one item each."""
    if not len(items):
        return []
    batch_of = (items.str.len_bytes().cast(pl.Int64).cum_sum() - 1) // batch_bytes
    starts = [0, *(batch_of != batch_of.shift()).fill_null(value=False).arg_true().to_list(), len(items)]
    return [items.slice(start, end - start) for start, end in pairwise(starts) if end > start]


def body_of(items: pl.Series) -> bytes:
    """The body of a bulk request."""
    # Not joined by polars: its large buffers are new memory each time, which costs 5 % of a shipper's CPU.
    return b"\n".join([*items.cast(pl.Binary).to_list(), b""])
