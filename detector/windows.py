"""Arithmetic of windows: pure functions on epoch seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

HOUR_SECONDS, DAY_SECONDS = 3600, 86400


@dataclass(frozen=True, order=True)
class Span:
    """[start, end) in epoch seconds, a whole number of windows."""

    start: int
    end: int

    @property
    def since(self) -> datetime:
        """Start as UTC datetime."""
        return datetime.fromtimestamp(self.start, UTC)

    @property
    def until(self) -> datetime:
        """End as UTC datetime."""
        return datetime.fromtimestamp(self.end, UTC)


def touched(slices: Iterable[int], window_seconds: int, step_seconds: int | None = None) -> list[int]:
    """Starts of the windows that hold any of the slices, sorted, aligned to the epoch.

    step_seconds: from one window's start to the next's, where windows overlap; a divisor of window_seconds.
    """
    step = step_seconds or window_seconds
    return sorted({start - start % step - back for start in slices for back in range(0, window_seconds, step)})


def spans(starts: Iterable[int], window_seconds: int, longest_seconds: int, gap_seconds: int = 0) -> list[Span]:
    """Join windows no more than gap_seconds apart into spans no longer than longest_seconds: few requests fetch all.

    starts: sorted. Windows in a gap are judged along; where they hold no events, that costs nothing.
    """
    joined: list[Span] = []
    for start in starts:
        end = start + window_seconds
        last = joined[-1] if joined else None
        if last and start - last.end <= gap_seconds and end - last.start <= longest_seconds:
            joined[-1] = Span(last.start, end)
        else:
            joined.append(Span(start, end))
    return joined


def aligned(since: datetime, until: datetime, window_seconds: int) -> Span:
    """The smallest span of whole windows that holds [since, until)."""
    start, end = int(since.timestamp()), until.timestamp()
    low = start - start % window_seconds
    high = -(-end // window_seconds) * window_seconds
    return Span(low, int(high))
