"""How many documents lie in which minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wwwatch.questions.query import between
from wwwatch.store import Store

DAY = timedelta(days=1)


def by_minute(store: Store, index: str, since: datetime, until: datetime, summed: str | None = None) -> dict[int, int]:
    """Start of minute (seconds since 1970) -> documents, or the sum of a field of theirs; of minutes that hold any.

    Asked for day by day: more buckets at once are refused, and OpenSearch 3.8 fails on a composite over a whole week.
    """
    aggs: dict[str, Any] = {"date_histogram": {"field": "@timestamp", "fixed_interval": "1m", "min_doc_count": 1}}
    if summed:
        aggs["aggs"] = {"sum": {"sum": {"field": summed}}}
    found: dict[int, int] = {}
    start = since
    while start < until:
        # Days begin at full minutes after the first, so no minute is cut in two.
        end = min((start + DAY).astimezone(UTC).replace(second=0, microsecond=0), until)
        answer = store.aggregate(index, between(start, end), {"minutes": aggs})
        for bucket in answer.get("minutes", {}).get("buckets", []):
            found[int(bucket["key"]) // 1000] = int(bucket["sum"]["value"] if summed else bucket["doc_count"])
        start = end
    return found
