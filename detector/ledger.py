"""Every minute judged, provably: the ledger holds how many events of each minute of event time were judged.

A minute is due when the store holds more events for it than the ledger says, whatever the reason: new, late,
replayed, or shipped while the detector was off. Nobody's clock is trusted. Windows of different lengths are judged at
different paces (`LEVELS`), so the ledger counts for each pace.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from detector.windows import DAY_SECONDS
from wwwatch.housekeeping import removed
from wwwatch.moments import iso
from wwwatch.signs import MATCH_ALL, span_query
from wwwatch.store import Store, names

SLICE_SECONDS = 60

# How fast windows are judged again while they fill -> the ledger's field that counts for them.
QUICK, STEADY, SLOW = "quick", "steady", "slow"
LEVELS = {QUICK: "quick_documents", STEADY: "documents", SLOW: "slow_documents"}


@dataclass(frozen=True)
class Due:
    """Minutes to judge, by start (epoch seconds).

    counts: events the store held when it was asked. judged: level -> minute -> events judged before.
    """

    counts: Mapping[int, int]
    judged: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def by_day(self) -> list["Due"]:
        """One Due per UTC day, oldest first, so that work is done and recorded in bounded pieces."""
        days: dict[int, dict[int, int]] = {}
        for start in sorted(self.counts):
            days.setdefault(start // DAY_SECONDS, {})[start] = self.counts[start]
        return [Due(counts, self.judged) for counts in days.values()]

    def at(self, level: str) -> list[int]:
        """The minutes that are due at a level, sorted."""
        return sorted(grown(self.counts, self.judged.get(level, {})))


def due(store: Store, namespace: str, levels: Collection[str] = tuple(LEVELS)) -> Due:
    """The minutes whose events are new or have grown at any of these levels. Idle, this takes two requests.

    Days whose events retention has removed are left alone: what comes late for them cannot be judged by itself.
    """
    index, ledger = store.access_index(namespace), names.windows(namespace)
    held, judged = _held(store, index, MATCH_ALL, "1d"), _judged(store, ledger, MATCH_ALL, "1d")
    counts: dict[int, int] = {}
    before: dict[str, dict[int, int]] = {level: {} for level in LEVELS}
    days = sorted({day for level in levels for day in grown(held, judged[level])})
    left_alone = removed.read(store, namespace) if days else removed.Days()
    for day in days:
        if datetime.fromtimestamp(day, UTC).date() in left_alone:
            continue
        span = day_query(day)
        minutes, known = _held(store, index, span, "1m"), _judged(store, ledger, span, "1m")
        for level in LEVELS:
            before[level] |= known[level]
        counts |= {
            start: count
            for start, count in minutes.items()
            if any(count > known[level].get(start, 0) for level in levels)
        }
    return Due(counts, before)


def spanned(store: Store, namespace: str, since: datetime, until: datetime) -> Due:
    """Every minute of a span that holds events, judged before or not."""
    counts: dict[int, int] = {}
    start = since.replace(second=0, microsecond=0)
    while start < until:
        end = min(until, start + timedelta(days=1))
        counts |= _held(store, store.access_index(namespace), span_query(start, end), "1m")
        start = end
    return Due(counts)


def grown(held: Mapping[int, int], judged: Mapping[int, int]) -> dict[int, int]:
    """The starts where more is held than was judged, with what is held."""
    return {start: count for start, count in held.items() if count > judged.get(start, 0)}


def day_query(day_start: int) -> dict[str, Any]:
    """Documents of the UTC day that starts at day_start (epoch seconds)."""
    start = datetime.fromtimestamp(day_start, UTC)
    return span_query(start, start + timedelta(days=1))


def record(
    store: Store, namespace: str, judged: Due, levels: Collection[str], model_version: str, now: datetime
) -> None:
    """Write minutes as judged at some levels. Called last, after the results are stored."""
    store.write_documents(
        names.windows(namespace),
        ((str(start), _slice(judged, start, levels, model_version, now)) for start in judged.counts),
    )


def _slice(judged: Due, start: int, levels: Collection[str], model_version: str, now: datetime) -> dict[str, Any]:
    counted = {
        name: judged.counts[start] if level in levels else judged.judged.get(level, {}).get(start, 0)
        for level, name in LEVELS.items()
    }
    return {
        "@timestamp": iso(datetime.fromtimestamp(start, UTC)),
        "wwwatch": counted | {"model_version": model_version, "done_at": iso(now)},
    }


def _held(store: Store, index: str, query: dict[str, Any], interval: str) -> dict[int, int]:
    """Bucket start (epoch seconds) -> events."""
    answer = store.aggregate(index, query, {"slices": _slices(interval)})
    return {bucket["key"] // 1000: bucket["doc_count"] for bucket in _buckets(answer)}


def _judged(store: Store, index: str, query: dict[str, Any], interval: str) -> dict[str, dict[int, int]]:
    """Level -> bucket start (epoch seconds) -> events judged."""
    sums = {level: {"sum": {"field": f"wwwatch.{name}"}} for level, name in LEVELS.items()}
    answer = store.aggregate(index, query, {"slices": _slices(interval) | {"aggs": sums}})
    return {
        level: {bucket["key"] // 1000: int(bucket[level]["value"]) for bucket in _buckets(answer)} for level in LEVELS
    }


def _slices(interval: str) -> dict[str, Any]:
    return {"date_histogram": {"field": "@timestamp", "fixed_interval": interval, "min_doc_count": 1}}


def _buckets(answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    buckets: Iterable[dict[str, Any]] = answer.get("slices", {}).get("buckets", [])
    return buckets
