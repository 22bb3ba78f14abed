"""The bulk loop: threads that bring documents into the store, each of them stored once, or known why not."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread

import polars as pl

from ingest.delivery.doubt import resolve
from ingest.delivery.exchange import Exchange
from ingest.delivery.outcome import TOO_LARGE, Outcome, Refused, Stopped
from ingest.delivery.pressure import MOST_IN_FLIGHT, Pressure
from ingest.delivery.waiting import Batch, Doubt, Part, Submission, Waiting, body_of
from wwwatch.store import Store, StoreBusy, StoreError, StoreRefused, StoreTooLarge, StoreUnreachable

PATIENCE_SECONDS = 60.0  # without any progress; then the run ends and another one resumes it
INDEX_AGE_SECONDS = 10.0  # how old our knowledge of a stream's backing index gets: older only means more caution


@dataclass(frozen=True)
class Statistics:
    """How delivery stands. in_flight: requests; in_flight_bytes: what they carry; waiting_bytes: what is queued.

    batch_bytes: size of requests at present. latency_ms: of the last request that came through, None before.
    requests, retries, busy (429, 503, whole or in part), unreachable, too_large: counted since the start.
    last_failure: what the store said, or what kept us from it, when something was last tried in vain.
    """

    in_flight: int
    in_flight_bytes: int
    waiting_bytes: int
    batch_bytes: int
    latency_ms: float | None
    requests: int
    retries: int
    busy: int
    unreachable: int
    too_large: int
    last_failure: str = ""


class Delivery:
    """Delivers to one store with threads of its own. Safe to use from several threads. Close it when done.

    patience_seconds: how long to wait without any progress before what waits is given up with the store's error;
    infinite for a shipper that follows.
    """

    def __init__(
        self,
        store: Store,
        patience_seconds: float = PATIENCE_SECONDS,
        pressure: Pressure | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._patience, self._clock = store, patience_seconds, clock
        self._pressure = pressure or Pressure()
        self._changed = Condition()  # guards all below
        self._waiting = Waiting()
        self._in_flight: list[Batch] = []
        self._indices: dict[str, tuple[str, float]] = {}
        self._failing_since: float | None = None
        self._closed = False
        self._latency_ms: float | None = None
        self._requests = self._retries = self._busy = self._unreachable = self._too_large = 0
        self._last_failure = ""
        self._open: dict[Future[Outcome], Submission] = {}
        self._threads = [
            Thread(target=self._work, name=f"delivery-{number}", daemon=True) for number in range(MOST_IN_FLIGHT)
        ]
        for thread in self._threads:
            thread.start()

    # ---- for callers

    def submit(self, stream: str, items: pl.Series, in_doubt: bool = False, since: str = "") -> Future[Outcome]:
        """Store every item or find out why not, soon. Nothing is lost: where the future raises a StoreError or
        Stopped, submitting the same items again, in doubt, is safe.

        items: action (`create`, with id) and source lines as text. in_doubt: they may be there already, from before
        a crash; since: the stream's backing index then, of `write_index`. Callers bound what they have submitted.
        """
        submission = Submission(len(items))
        if not len(items):
            submission.future.set_result(submission.outcome)
            return submission.future
        with self._changed:
            self._open[submission.future] = submission
            doubt = Doubt(since) if in_doubt else None
            self._waiting.add(stream, doubt, submission, items, self._pressure.batch_bytes)
            self._changed.notify_all()
        return submission.future

    def write_index(self, stream: str) -> str:
        """The backing index a stream writes to, as far as is known; empty: not known. To be kept with a position,
        before what is behind it is submitted.
        """
        with self._changed:
            known = self._indices.get(stream)
        if known is None:
            try:
                backing = self._store.backing_indices(stream)
            except (StoreRefused, StoreUnreachable, StoreBusy):
                backing = []  # not knowing only means more caution
            known = (backing[-1] if backing else "", self._clock())
            with self._changed:
                known = self._indices.setdefault(stream, known)
        return known[0]

    def abandon(self, futures: Iterable[Future[Outcome]]) -> None:
        """Send no more of these. What is under way is awaited; futures that are not whole then raise Stopped."""
        with self._changed:
            for future in futures:
                if submission := self._open.get(future):
                    submission.given_up = True
                    self._waiting.drop(submission)
                    self._conclude(submission)

    def statistics(self) -> Statistics:
        """As of now."""
        with self._changed:
            return Statistics(
                len(self._in_flight), sum(batch.size_bytes for batch in self._in_flight),
                self._waiting.size_bytes, self._pressure.batch_bytes, self._latency_ms, self._requests, self._retries,
                self._busy, self._unreachable, self._too_large, self._last_failure,
            )  # fmt: skip

    def close(self) -> None:
        """Abandon what waits, await what is under way, end the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.abandon(list(self._open))
        for thread in self._threads:
            thread.join()

    # ---- the threads

    def _work(self) -> None:
        while batch := self._next():
            began = self._clock()
            try:
                self._deliver(batch, began)
            except BaseException as error:  # noqa: BLE001 - raised where the outcome is asked for
                with self._changed:
                    self._fail([part.submission for part in batch.parts], error)
            finally:
                with self._changed:
                    self._in_flight.remove(batch)
                    for part in batch.parts:
                        part.submission.sending -= 1
                        self._conclude(part.submission)
                    self._changed.notify_all()

    def _next(self) -> Batch | None:
        """Wait for something to send and for leave to send it. None: the end."""
        with self._changed:
            while not self._closed:
                pause = self._pressure.pause_seconds(self._clock())
                if self._waiting and not pause and len(self._in_flight) < self._pressure.in_flight:
                    batch = self._waiting.take(self._pressure.batch_bytes)
                    self._in_flight.append(batch)
                    for part in batch.parts:
                        part.submission.sending += 1
                    return batch
                self._changed.wait(pause if self._waiting and pause else None)
        return None

    def _deliver(self, batch: Batch, began: float) -> None:
        """Send a batch once, and see to what came of it. Raise StoreError where trying again does not help."""
        exchange = Exchange(batch, [part.items for part in batch.parts])
        index = self._indices.get(batch.stream, ("", float("-inf")))
        try:
            self._exchange(exchange, index, began)
        except StoreTooLarge as error:
            self._halve(exchange, error)
        except (StoreBusy, StoreUnreachable) as error:
            self._later(exchange, index[0], error, began)
        else:
            with self._changed:
                self._book(exchange)

    def _exchange(self, exchange: Exchange, index: tuple[str, float], began: float) -> None:
        """Ask for what is in doubt, send the rest, sort out the answer."""
        batch = exchange.batch
        resolved = None
        if batch.doubt is not None:
            resolved = resolve(self._store, batch.stream, batch.doubt.since, exchange.left[0])
            exchange.settle_there(resolved)
        if not exchange.count:
            return
        with self._changed:
            self._requests += 1
        tell_index = resolved is not None or not index[0] or began - index[1] > INDEX_AGE_SECONDS
        size = sum(part.size_bytes for part in batch.parts)
        sent = self._clock()
        result = self._store.bulk(batch.stream, body_of(exchange.items), tell_index=tell_index)
        now = self._clock()
        if result.index == batch.stream:
            raise StoreError(
                f"{batch.stream} is an index, not a data stream: the templates were missing when it was made.",
                "Delete it, run `wwwatch setup` with a user who may manage index templates, and ship again.",
            )
        exchange.settle(result, resolved)
        with self._changed:
            self._latency_ms = (now - sent) * 1000
            if result.index:
                self._indices[batch.stream] = (result.index, now)
            if exchange.count < len(result.statuses):
                self._failing_since = None
                self._pressure.progressed()
            if not exchange.count:
                self._pressure.done(now, sent, size)
        if exchange.count:
            reasons = dict(result.errors)
            raise StoreBusy(f"The store keeps refusing documents: {next(iter(reasons.values()), '')}")

    def _later(self, exchange: Exchange, index: str, error: StoreError, began: float) -> None:
        """Put back what is left. A connection that broke says nothing about what was stored before it did."""
        batch, now = exchange.batch, self._clock()
        doubt = batch.doubt
        if isinstance(error, StoreUnreachable) and doubt is None:
            doubt = Doubt(index)
        with self._changed:
            self._book(exchange)
            self._retries += 1
            self._last_failure = error.message
            if isinstance(error, StoreUnreachable):
                self._unreachable += 1
                self._pressure.away(now, began)
            else:
                self._busy += 1
                self._pressure.busy(now, began)
            self._put_back(batch.stream, doubt, zip(batch.parts, exchange.left, strict=True))
            if self._failing_since is None:
                self._failing_since = began
            if now - self._failing_since >= self._patience:
                self._failing_since = None
                self._fail([*self._waiting.submissions()], error)

    def _halve(self, exchange: Exchange, error: StoreTooLarge) -> None:
        """The store never takes a request of this size: its halves, or, where it is one document, without it."""
        batch = exchange.batch
        with self._changed:
            self._too_large += 1
            if exchange.count == 1:
                for number, items in enumerate(exchange.left):
                    exchange.outcomes[number].refused += [Refused(item, TOO_LARGE, error.message) for item in items]
                    exchange.left[number] = items.clear()
                self._book(exchange)
                return
            self._book(exchange)
            self._pressure.too_large(batch.size_bytes)
            halves = [
                (part, half)
                for part, items in zip(batch.parts, exchange.left, strict=True)
                for half in (items.slice(0, (len(items) + 1) // 2), items.slice((len(items) + 1) // 2))
            ]
            self._put_back(batch.stream, batch.doubt, halves)

    # ---- with the lock held

    def _put_back(self, stream: str, doubt: Doubt | None, parts: Iterable[tuple[Part, pl.Series]]) -> None:
        self._waiting.put_back(stream, doubt, [(part, items) for part, items in parts if not part.submission.given_up])

    def _book(self, exchange: Exchange) -> None:
        """Add what is settled to what the submissions have come to."""
        for part, items, outcome in zip(exchange.batch.parts, exchange.left, exchange.outcomes, strict=True):
            whole = part.submission.outcome
            whole.sent += outcome.sent
            whole.duplicate += outcome.duplicate
            whole.refused += outcome.refused
            whole.possible_duplicates += outcome.possible_duplicates
            part.submission.left -= len(part.items) - len(items)

    def _fail(self, submissions: Iterable[Submission], error: BaseException) -> None:
        for submission in submissions:
            submission.given_up = True
            self._waiting.drop(submission)
            if self._open.pop(submission.future, None):
                submission.future.set_exception(error)

    def _conclude(self, submission: Submission) -> None:
        """Answer for a submission that is whole, or given up and no longer under way."""
        if submission.future not in self._open or submission.sending:
            return
        if not submission.left:
            del self._open[submission.future]
            submission.future.set_result(submission.outcome)
        elif submission.given_up:
            del self._open[submission.future]
            submission.future.set_exception(Stopped("Stopped before the store had everything."))
