"""Slow memory: one small document a noticed client and hour, kept for weeks.

Written when an hour is judged, overwritten by id when it is judged again. What takes a day to show is looked up here
instead of in a day's events, and a client that comes back is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from detector.features import REMEMBERED
from detector.windows import Span
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

CLIENT = "ip"
# How long back a client is remembered.
MEMORY = timedelta(days=42)
CLIENTS_A_REQUEST = 500


@dataclass(frozen=True)
class Past:
    """What is known of a client from before: its first hostile hour and on how many days it was hostile."""

    first_seen: datetime
    days: int


def told(past: Past) -> str:
    """`known since 2026-03-01, hostile on 3 earlier days`."""
    days = f"{past.days} earlier day{'' if past.days == 1 else 's'}"
    return f"known since {past.first_seen:%Y-%m-%d}, hostile on {days}"


def remember(store: Store, namespace: str, hours: pd.DataFrame) -> int:
    """Write the noticed clients of judged hours: columns entity, window_start and REMEMBERED. Return how many."""
    return store.write_documents(names.rollup_index(namespace), _documents(namespace, hours))


def _documents(namespace: str, hours: pd.DataFrame) -> Iterator[tuple[str, Document]]:
    for row in hours.to_dict("records"):
        start, entity = int(row["window_start"]), str(row["entity"])
        counts = {name: int(row[name]) for name in REMEMBERED}
        document = {"namespace": namespace, "entity": {"type": CLIENT, "id": entity}, **counts}
        yield f"{CLIENT}:{start}:{entity}", {"@timestamp": iso(datetime.fromtimestamp(start, UTC)), "wwwatch": document}


def days(store: Store, namespace: str, span: Span) -> pd.DataFrame:
    """What the hours of a span add up to: columns entity, window_start (the span's), hours and REMEMBERED."""
    query = _within(span.since, span.until)
    sums = {name: {"sum": {"field": f"wwwatch.{name}"}} for name in REMEMBERED}
    buckets = store.composite(names.rollup_index(namespace), query, [_entity()], sums)
    rows = [
        {"entity": bucket["key"]["entity"], "window_start": span.start, "hours": bucket["doc_count"]}
        | {name: int(bucket[name]["value"]) for name in REMEMBERED}
        for bucket in buckets
    ]
    return pd.DataFrame(rows, columns=["entity", "window_start", "hours", *REMEMBERED])


def past(store: Store, namespace: str, clients: Iterable[str], before: datetime) -> Mapping[str, Past]:
    """What is known of clients from the days before the one `before` lies in. Unknown ones are left out."""
    found: dict[str, list[int]] = {}
    today = before.replace(hour=0, minute=0, second=0, microsecond=0)
    hostile = {"range": {"wwwatch.hostile": {"gte": 1}}}
    guessing = {"range": {"wwwatch.login_attempts": {"gte": 10}}}
    acted = {"bool": {"should": [hostile, guessing], "minimum_should_match": 1}}
    for batch in _batches(sorted(set(clients)), CLIENTS_A_REQUEST):
        query = _within(today - MEMORY, today, {"terms": {"wwwatch.entity.id": batch}}, acted)
        day = {"day": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1d"}}}
        for bucket in store.composite(names.rollup_index(namespace), query, [_entity(), day], _first()):
            found.setdefault(bucket["key"]["entity"], []).append(int(bucket["first"]["value"]))
    return {
        client: Past(datetime.fromtimestamp(min(firsts) / 1000, UTC), len(firsts)) for client, firsts in found.items()
    }


def _within(since: datetime, until: datetime, *filters: Document) -> Document:
    time = {"range": {"@timestamp": {"gte": iso(since), "lt": iso(until)}}}
    return {"bool": {"filter": [time, {"term": {"wwwatch.entity.type": CLIENT}}, *filters]}}


def _entity() -> Document:
    return {"entity": {"terms": {"field": "wwwatch.entity.id"}}}


def _first() -> Document:
    return {"first": {"min": {"field": "@timestamp"}}}


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))
