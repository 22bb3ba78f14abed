"""How much to ask of the store at a time: additive increase, multiplicative decrease. Pure: it is told the time.

A busy store (429, 503) halves requests in flight and their size, and is left alone for a growing, random while; each
request that comes through lets both grow again. Latency bounds the growth as in TCP Vegas: requests that only wait
behind each other are not worth having in flight.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

BATCH_BYTES = 768 << 10
SMALLEST_BATCH_BYTES = 32 << 10
GROWTH_BYTES = 64 << 10
FIRST_IN_FLIGHT = 2
MOST_IN_FLIGHT = 8
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
# Requests queued inside the store, by the ratio of latencies: below the first another one is tried, above the second
# one is taken back. Two in flight are never taken back for latency alone: one is sent while the other is indexed.
FEW_QUEUED, MANY_QUEUED = 1.0, 2.0
BEST_FORGOTTEN_SECONDS = 60.0


@dataclass
class Pressure:
    """Times are seconds of one clock. jitter returns 0 to 1; both are the caller's, for tests."""

    first_pause_seconds: float = FIRST_PAUSE_SECONDS
    longest_pause_seconds: float = LONGEST_PAUSE_SECONDS
    jitter: Callable[[], float] = random.random
    batch_bytes: int = BATCH_BYTES
    most_bytes: int = BATCH_BYTES
    resume_at: float = float("-inf")
    _limit: float = FIRST_IN_FLIGHT
    _failures: int = 0
    _lowered_at: float = float("-inf")
    _best: float = field(default=float("inf"), repr=False)
    _best_at: float = float("-inf")

    @property
    def in_flight(self) -> int:
        """How many requests may be under way."""
        return int(self._limit)

    def pause_seconds(self, now: float) -> float:
        """How long to send nothing; 0 if the store may be asked."""
        return max(0.0, self.resume_at - now)

    def done(self, now: float, started: float, size_bytes: int) -> None:
        """A request came through."""
        self._failures = 0
        self.batch_bytes = min(self.most_bytes, self.batch_bytes + GROWTH_BYTES)
        queued = self._queued(now, now - started, size_bytes)
        if queued < FEW_QUEUED:
            self._limit = min(MOST_IN_FLIGHT, self._limit + 1 / self._limit)
        elif queued > MANY_QUEUED:
            self._limit = max(FIRST_IN_FLIGHT, self._limit - 1 / self._limit)

    def progressed(self) -> None:
        """Part of a request came through: pauses begin small again."""
        self._failures = 0

    def busy(self, now: float, started: float) -> None:
        """The store turned a request, or part of it, away."""
        if self._lower(now, started):
            self._limit = max(1.0, self._limit / 2)
            self.batch_bytes = max(min(SMALLEST_BATCH_BYTES, self.most_bytes), self.batch_bytes // 2)

    def away(self, now: float, started: float) -> None:
        """No answer: one request at a time finds out when the store is back."""
        if self._lower(now, started):
            self._limit = 1.0

    def too_large(self, size_bytes: int) -> None:
        """A request of this size will never be taken, nor will larger ones."""
        self.most_bytes = min(self.most_bytes, max(1, size_bytes // 2))
        self.batch_bytes = min(self.batch_bytes, self.most_bytes)

    def _lower(self, now: float, started: float) -> bool:
        """Whether to give way: once for all requests that were under way together."""
        if started < self._lowered_at:
            return False
        self._lowered_at = now
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0**self._failures)
        self.resume_at = now + longest * (0.5 + 0.5 * self.jitter())
        self._failures += 1
        return True

    def _queued(self, now: float, latency: float, size_bytes: int) -> float:
        """How many of our requests wait behind each other: limit x (1 - best latency / this latency).

        Brakmo and Peterson, TCP Vegas (1995). Latency is per byte; small requests, mostly overhead, say nothing.
        """
        if size_bytes < self.batch_bytes // 2:
            return FEW_QUEUED
        per_byte = max(latency, 1e-6) / size_bytes
        if now - self._best_at > BEST_FORGOTTEN_SECONDS:
            # The best of before may be out of reach by now. It is measured with few in flight, or it would creep up.
            self._best, self._best_at = per_byte, now
            self._limit = min(self._limit, FIRST_IN_FLIGHT)
        elif per_byte <= self._best:
            self._best, self._best_at = per_byte, now
        return self._limit * (1 - self._best / per_byte)
