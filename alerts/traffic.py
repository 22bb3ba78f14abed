"""Asks the store for the traffic of a span: by aggregation only, no event is downloaded."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.figures import (
    NO_STATUS,
    STATUS_CLASSES,
    Change,
    Coverage,
    Point,
    SilentHost,
    Span,
    Timeline,
    Traffic,
    VirtualHost,
)
from wwwatch.moments import iso
from wwwatch.questions import BYTES, STATUS, between, moment
from wwwatch.questions.minutes import by_minute
from wwwatch.store import Store, names

Document = dict[str, Any]
Counts = dict[str, dict[str, int]]

POINTS_AT_MOST = 150
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440))
DAY = timedelta(days=1)
HOSTS_AT_MOST = 1000
REASONS_AT_MOST = 20
# Lines a format refused may be stored a little after the last event of the same delivery.
DELIVERY = timedelta(minutes=1)

CHANGE_FIELDS = {"client": "source.address", "URL": "url.path", "agent": "user_agent.original"}
CANDIDATES = 20
SHARD_CANDIDATES = 1000
CHANGES_TOLD = 5
# Two Poisson counts n and m of equal rate differ by (n - m) / sqrt(n + m), about normal with deviation 1. Web
# traffic comes in bursts, so more than the usual 3 deviations are asked for.
LEAST_DEVIATIONS = 6.0


def _status_ranges() -> Document:
    ranges = [{"key": name, "from": int(name[0]) * 100, "to": int(name[0]) * 100 + 100} for name in STATUS_CLASSES]
    return {"range": {"field": STATUS, "ranges": ranges}}


def _by_status(bucket: Document, requests: int) -> dict[str, int]:
    counts = {inner["key"]: int(inner["doc_count"]) for inner in bucket.get("status", {}).get("buckets", [])}
    counts[NO_STATUS] = requests - sum(counts.values())
    return {name: count for name, count in counts.items() if count}


def traffic(store: Store, namespace: str, span: Span) -> Traffic:
    """Requests, clients, bytes and status classes of a span. Clients are an estimate above some ten thousand."""
    aggs = {
        "requests": {"value_count": {"field": "@timestamp"}},
        "clients": {"cardinality": {"field": "source.address", "precision_threshold": 40_000}},
        "bytes": {"sum": {"field": BYTES}},
        "status": _status_ranges(),
    }
    answer = store.aggregate(store.access_index(namespace), between(span.since, span.until), aggs)
    requests = _value(answer, "requests")
    return Traffic(requests, _value(answer, "clients"), _value(answer, "bytes"), _by_status(answer, requests))


def compared(store: Store, namespace: str, span: Span) -> Span:
    """What to hold a span against: the same days of the week before, or the span before where those hold nothing."""
    week = span.week_before
    held = store.time_span(store.access_index(namespace), between(week.since, week.until))
    return week if held else span.before


def virtual_hosts(store: Store, namespace: str, span: Span) -> tuple[VirtualHost, ...]:
    """The virtual hosts of a span, the busiest first, at most HOSTS_AT_MOST; () where the log names none or one."""
    clients = {"clients": {"cardinality": {"field": "source.address"}}, "status": _status_ranges()}
    aggs = {"hosts": {"terms": {"field": "url.domain", "size": HOSTS_AT_MOST}, "aggs": clients}}
    answer = store.aggregate(store.access_index(namespace), between(span.since, span.until), aggs)
    found = tuple(
        VirtualHost(str(b["key"]), b["doc_count"], int(b["clients"]["value"]), _by_status(b, b["doc_count"]))
        for b in answer.get("hosts", {}).get("buckets", [])
    )
    return found if len(found) > 1 else ()


def _value(answer: Document, name: str) -> int:
    return int(answer.get(name, {}).get("value") or 0)


def step_of(span: Span) -> timedelta:
    """The shortest usual step that cuts a span into at most POINTS_AT_MOST pieces; whole days for long spans."""
    least = span.length / POINTS_AT_MOST
    return next((step for step in STEPS if step >= least), DAY * math.ceil(least / DAY))


def timeline(store: Store, namespace: str, span: Span, *filters: Document) -> Timeline:
    """Requests by status class in equal steps, of events that match the filters.

    Steps begin at multiples of their length since 1970, UTC.
    """
    seconds = int(step_of(span).total_seconds())
    histogram = {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{seconds}s", "min_doc_count": 1}}
    aggs = {"steps": histogram | {"aggs": {"status": _status_ranges()}}}
    answer = store.aggregate(store.access_index(namespace), between(span.since, span.until, *filters), aggs)
    found = {int(b["key"]) // 1000: _by_status(b, b["doc_count"]) for b in answer.get("steps", {}).get("buckets", [])}
    first = math.floor(span.since.timestamp() / seconds) * seconds
    starts = range(first, math.ceil(span.until.timestamp()), seconds)
    return Timeline(seconds, tuple(Point(datetime.fromtimestamp(start, UTC), found.get(start, {})) for start in starts))


def changes(store: Store, namespace: str, span: Span, compared: Span) -> tuple[Change, ...]:
    """The clients, URLs and agents whose requests changed most against another span of the same length."""
    index = store.access_index(namespace)
    spans = [between(part.since, part.until) for part in (span, compared)]
    tops = [_terms(store.aggregate(index, query, _term_aggs(None))) for query in spans]
    wanted = {kind: sorted({*tops[0].get(kind, {}), *tops[1].get(kind, {})}) for kind in CHANGE_FIELDS}
    # A name among the top of one span may be anywhere in the other, so both are asked for all names.
    now, before = (_terms(store.aggregate(index, query, _term_aggs(wanted))) for query in spans)
    return strongest_changes(now, before)


def _term_aggs(include: Mapping[str, list[str]] | None) -> Document:
    aggs: Document = {}
    for kind, field in CHANGE_FIELDS.items():
        terms: Document = {"field": field, "size": CANDIDATES, "shard_size": SHARD_CANDIDATES}
        if include is not None:
            if not include[kind]:
                continue
            terms |= {"include": include[kind], "size": len(include[kind])}
        aggs[kind] = {"terms": terms}
    return aggs


def _terms(answer: Document) -> Counts:
    return {
        kind: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["buckets"]}
        for kind, found in answer.items()
    }


def strongest_changes(now: Counts, before: Counts, limit: int = CHANGES_TOLD) -> tuple[Change, ...]:
    """Rank by deviations, see LEAST_DEVIATIONS. now, before: kind -> name -> requests."""
    found = [
        Change(kind, name, now.get(kind, {}).get(name, 0), before.get(kind, {}).get(name, 0))
        for kind in CHANGE_FIELDS
        for name in {*now.get(kind, {}), *before.get(kind, {})}
    ]
    strong = [change for change in found if deviations(change) >= LEAST_DEVIATIONS]
    return tuple(sorted(strong, key=lambda change: (-deviations(change), change.kind, change.name))[:limit])


def deviations(change: Change) -> float:
    """How many standard deviations two counts of equal rate would have to be apart."""
    together = change.requests + change.requests_before
    return abs(change.requests - change.requests_before) / math.sqrt(together) if together else 0.0


def coverage(store: Store, namespace: str, span: Span) -> Coverage:
    """Which minutes hold events, and which of them the ledger knows as wholly judged."""
    # The ledger's minutes begin at full minutes, so one cut by `since` lies before it.
    full = Span(span.since.replace(second=0, microsecond=0), span.until)
    held = by_minute(store, store.access_index(namespace), span.since, span.until)
    judged = by_minute(store, names.windows(namespace), full.since, full.until, "wwwatch.documents")
    done = sum(judged.get(minute, 0) >= count for minute, count in held.items())
    versions = {"versions": {"terms": {"field": "wwwatch.model_version", "size": 10}}}
    answer = store.aggregate(names.windows(namespace), between(full.since, full.until), versions)
    told = tuple(str(bucket["key"]) for bucket in answer.get("versions", {}).get("buckets", []))
    return Coverage(len(held), done, told)


def silent_hosts(store: Store, namespace: str, span: Span) -> tuple[SilentHost, ...]:
    """Hosts with events in the span before and none in this one, the busiest first."""
    last = {"last": {"max": {"field": "@timestamp"}}}
    aggs = {"hosts": {"terms": {"field": "host.name", "size": HOSTS_AT_MOST}, "aggs": last}}
    now, before = (
        store.aggregate(store.access_index(namespace), between(part.since, part.until), aggs)
        .get("hosts", {})
        .get("buckets", [])
        for part in (span, span.before)
    )
    heard = {bucket["key"] for bucket in now}
    return tuple(
        SilentHost(bucket["key"], moment(bucket["last"]["value"]), bucket["doc_count"])
        for bucket in before
        if bucket["key"] not in heard
    )


def rejects(store: Store, namespace: str, span: Span) -> dict[str, int]:
    """Reason -> lines no format took, of the span.

    A rejected line has no time of its own, only that of its arrival. It belongs to the span if it arrived in it, or
    together with the span's events: an old log's lines arrive long after they were written. One late event must
    not stretch that, so arrivals are followed for the span's own length at most.
    """
    arrived = [{"range": {"@timestamp": {"gte": iso(span.since), "lt": iso(span.until)}}}]
    limits = {name: {name: {"field": "event.ingested"}} for name in ("min", "max")}
    answer = store.aggregate(store.access_index(namespace), between(span.since, span.until), limits)
    if answer.get("min", {}).get("value") is not None:
        first = moment(answer["min"]["value"])
        last = min(moment(answer["max"]["value"]), first + span.length) + DELIVERY
        arrived.append({"range": {"@timestamp": {"gte": iso(first), "lte": iso(last)}}})
    query = {"bool": {"should": arrived, "minimum_should_match": 1}}
    aggs = {"reasons": {"terms": {"field": "error.type", "size": REASONS_AT_MOST, "missing": "unknown"}}}
    found = store.aggregate(names.rejects_stream(namespace), query, aggs).get("reasons", {}).get("buckets", [])
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found}
