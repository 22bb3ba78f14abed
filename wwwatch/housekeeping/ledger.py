"""The ledger shrinks behind the events: a day that was judged long ago and holds no event any more leaves it.

Whoever deleted the events, this job or the engine's own lifecycle: it shows in their absence alone.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wwwatch.housekeeping import removed
from wwwatch.housekeeping.retention import older_than
from wwwatch.moments import iso
from wwwatch.store import Store, names
from wwwatch.store.upkeep import erase

DAY = timedelta(days=1)
MATCH_ALL: dict[str, Any] = {"match_all": {}}


def forgotten_days(judged: Collection[date], held: Collection[date]) -> list[date]:
    """Days that were judged and hold nothing any more."""
    return sorted(set(judged) - set(held))


def prune(store: Store, namespace: str, kept: timedelta, now: datetime) -> int:
    """Remove such days. Return how many minutes of the ledger went."""
    ledger = names.windows(namespace)
    long_ago = older_than("wwwatch.done_at", now - kept)
    gone = forgotten_days(_days(store, ledger, long_ago), _days(store, store.access_index(namespace), MATCH_ALL))
    if not gone:
        return 0
    removed.add(store, namespace, gone, now)  # first, so that no line of these days is judged in between
    return sum(erase(store, ledger, _within(day)).total() for day in gone)


def _within(day: date) -> dict[str, Any]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"range": {"@timestamp": {"gte": iso(start), "lt": iso(start + DAY)}}}


def _days(store: Store, index: str, query: dict[str, Any]) -> list[date]:
    histogram = {"field": "@timestamp", "fixed_interval": "1d", "min_doc_count": 1}
    answer = store.aggregate(index, query, {"days": {"date_histogram": histogram}})
    return [
        datetime.fromtimestamp(bucket["key"] / 1000, UTC).date() for bucket in answer.get("days", {}).get("buckets", [])
    ]
