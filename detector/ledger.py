"""Every minute judged, provably: the ledger holds how many events of each minute of event time were judged.

A minute is due when the store holds more events for it than the ledger says, whatever the reason: new, late,
replayed, or shipped while the detector was off. Nobody's clock is trusted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from detector.features import span_query
from wwwatch.moments import iso
from wwwatch.store import Store, names

SLICE_SECONDS = 60
DAY_SECONDS = 86400
EVERYTHING: dict[str, Any] = {"match_all": {}}


@dataclass(frozen=True)
class Due:
    """Minutes to judge: start of minute (epoch seconds) -> events the store held when it was asked."""

    counts: Mapping[int, int]

    def by_day(self) -> list["Due"]:
        """One Due per UTC day, oldest first, so that work is done and recorded in bounded pieces."""
        days: dict[int, dict[int, int]] = {}
        for start in sorted(self.counts):
            days.setdefault(start // DAY_SECONDS, {})[start] = self.counts[start]
        return [Due(counts) for counts in days.values()]


def due(store: Store, namespace: str) -> Due:
    """The minutes whose events are new or have grown. Idle, this takes two requests."""
    index, ledger = names.access_index(namespace), names.windows(namespace)
    held = _histogram(store, index, EVERYTHING, "1d")
    judged = _histogram(store, ledger, EVERYTHING, "1d", "wwwatch.documents")
    counts: dict[int, int] = {}
    for day in grown(held, judged):
        span = day_query(day)
        counts |= grown(
            _histogram(store, index, span, "1m"), _histogram(store, ledger, span, "1m", "wwwatch.documents")
        )
    return Due(counts)


def spanned(store: Store, namespace: str, since: datetime, until: datetime) -> Due:
    """Every minute of a span that holds events, judged before or not."""
    counts: dict[int, int] = {}
    start = since.replace(second=0, microsecond=0)
    while start < until:
        end = min(until, start + timedelta(days=1))
        counts |= _histogram(store, names.access_index(namespace), span_query(start, end), "1m")
        start = end
    return Due(counts)


def grown(held: Mapping[int, int], judged: Mapping[int, int]) -> dict[int, int]:
    """The starts where more is held than was judged, with what is held."""
    return {start: count for start, count in held.items() if count > judged.get(start, 0)}


def day_query(day_start: int) -> dict[str, Any]:
    """Documents of the UTC day that starts at day_start (epoch seconds)."""
    start = datetime.fromtimestamp(day_start, UTC)
    return span_query(start, start + timedelta(days=1))


def record(store: Store, namespace: str, judged: Iterable[tuple[int, int]], model_version: str, now: datetime) -> None:
    """Write (minute, events) pairs as judged. Called last, after the results are stored."""
    store.write_documents(
        names.windows(namespace),
        (
            (
                str(start),
                {
                    "@timestamp": iso(datetime.fromtimestamp(start, UTC)),
                    "wwwatch": {"documents": count, "model_version": model_version, "done_at": iso(now)},
                },
            )
            for start, count in judged
        ),
    )


def _histogram(
    store: Store, index: str, query: dict[str, Any], interval: str, summed: str | None = None
) -> dict[int, int]:
    """Bucket start (epoch seconds) -> documents, or the sum of a field of them."""
    aggregation: dict[str, Any] = {
        "date_histogram": {"field": "@timestamp", "fixed_interval": interval, "min_doc_count": 1}
    }
    if summed:
        aggregation["aggs"] = {"total": {"sum": {"field": summed}}}
    buckets = store.aggregate(index, query, {"slices": aggregation}).get("slices", {}).get("buckets", [])
    return {
        bucket["key"] // 1000: int(bucket["total"]["value"]) if summed else bucket["doc_count"] for bucket in buckets
    }
