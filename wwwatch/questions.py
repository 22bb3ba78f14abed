"""Ad-hoc questions to the store, as pure query builders and thin calls.

What a person typed is only ever a value inside the query DSL, never part of a string that is parsed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wwwatch.addresses import as_address
from wwwatch.errors import UsageError
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]
Query = dict[str, Any]

DAY = timedelta(days=1)
RESOLUTION = timedelta(milliseconds=1)
# The lowest event.severity of each level.
SEVERITIES = {"low": 21, "medium": 47, "high": 73, "critical": 99}
CLASSES = ("dos", "brute_force", "credential_stuffing", "scan", "injection", "scraping", "unusual")
WITHDRAWN = {"term": {"wwwatch.status": "withdrawn"}}
BYTES = "http.response.body.bytes"
STATUS = "http.response.status_code"

GROUPINGS = {
    "clients": "source.address",
    "urls": "url.path",
    "agents": "user_agent.original",
    "networks": "wwwatch.net",
    "hosts": "host.name",
    "status": STATUS,
}
# What can order a `top`, as an aggregation inside each group; requests are the group's own count.
MEASURES: Mapping[str, Document] = {
    "requests": {},
    "bytes": {"sum": {"field": BYTES}},
    "errors": {"filter": {"range": {STATUS: {"gte": 400}}}},
    "urls": {"cardinality": {"field": "url.path"}},
    "clients": {"cardinality": {"field": "source.address"}},
}
ALWAYS_TOLD = ("bytes", "errors")
# How an absent agent is written in a log.
ABSENT = "-"
# Terms each shard hands in beyond those asked for, so that the sums over shards are right but in extreme cases.
SHARD_RESERVE = 1000
STORY_ANOMALIES = 100
STORY = {
    "status": (STATUS, 60),
    "methods": ("http.request.method", 10),
    "paths": ("url.path", 10),
    "agents": ("user_agent.original", 10),
    "tags": ("tags", 20),
    "hosts": ("host.name", 20),
    "domains": ("url.domain", 20),
    "users": ("user.name", 10),
}


def severity_name(severity: float) -> str:
    """The level of an event.severity: 73 -> high. What is below low counts as low."""
    return next((name for name, floor in reversed(SEVERITIES.items()) if severity >= floor), "low")


def newest_event(store: Store, namespace: str) -> datetime | None:
    """The time of the newest access event of a namespace; None if it has none."""
    held = store.time_span(store.access_index(namespace))
    return held[1] if held else None


def moment(milliseconds: float) -> datetime:
    """An instant as aggregations give it, ms since 1970, as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def default_span(
    since: datetime | None, until: datetime | None, newest: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Fill in what was not given: up to the newest event (now, if there is none), from 24 h before that.

    Raise UsageError if nothing can lie between the two.
    """
    until = until or (newest + RESOLUTION if newest else now)
    since = since or until - DAY
    if since >= until:
        raise UsageError(
            f"--since {iso(since)} is not before --until {iso(until)}.",
            "Give an earlier --since; without --until it ends with the newest event.",
        )
    return since, until


def between(since: datetime | None, until: datetime | None, *filters: Query) -> Query:
    """Events with since <= @timestamp < until that match every filter."""
    limits = {name: iso(value) for name, value in (("gte", since), ("lt", until)) if value}
    return {"bool": {"filter": [*([{"range": {"@timestamp": limits}}] if limits else []), *filters]}}


def alert_query(
    since: datetime | None = None,
    until: datetime | None = None,
    attack_class: str | None = None,
    severity: str | None = None,
    *filters: Query,
) -> Query:
    """Anomalies or incidents that touch [since, until), of a class, of a severity level or above; none withdrawn."""
    wanted: list[Query] = list(filters)
    if until:
        wanted.append({"range": {"event.start": {"lt": iso(until)}}})
    if since:
        wanted.append({"range": {"event.end": {"gt": iso(since)}}})
    if attack_class:
        wanted.append({"term": {"wwwatch.class": attack_class}})
    if severity:
        wanted.append({"range": {"event.severity": {"gte": SEVERITIES[severity]}}})
    return {"bool": {"filter": wanted, "must_not": [WITHDRAWN]}}


def descending(field: str, unmapped_type: str = "date") -> Document:
    """Sort by a field, highest first; an index without that field has nothing to sort."""
    return {field: {"order": "desc", "unmapped_type": unmapped_type}}


NEWEST_FIRST = [descending("@timestamp"), descending("event.start"), descending("event.severity", "long")]


def alerts(store: Store, index: str, query: Query) -> Iterator[Document]:
    """Every stored document that matches, newest first."""
    return (document for _, document in store.documents(index, query, NEWEST_FIRST))


def newest_alerts(store: Store, index: str, query: Query, limit: int) -> tuple[list[Document], int]:
    """The newest `limit` documents that match, and how many match."""
    found = [document for _, document in store.search(index, query, limit, NEWEST_FIRST)]
    return found, len(found) if len(found) < limit else store.count(index, query)


def top_aggregation(by: str, measure: str, limit: int) -> Document:
    """The `limit` groups with the most of a measure. by: a key of GROUPINGS. measure: a key of MEASURES."""
    order = "_count" if measure == "requests" else measure
    terms: Document = {
        "field": GROUPINGS[by],
        "size": limit,
        "shard_size": limit + SHARD_RESERVE,
        "order": [{order: "desc"}, {"_key": "asc"}],
    }
    if by == "agents":
        terms["missing"] = ABSENT
    inner = {name: MEASURES[name] for name in {*ALWAYS_TOLD, measure} if MEASURES[name]}
    seen = {"first_seen": {"min": {"field": "@timestamp"}}, "last_seen": {"max": {"field": "@timestamp"}}}
    return {"top": {"terms": terms, "aggs": inner | seen}}


def top_rows(by: str, measure: str, answer: Document) -> list[Document]:
    """The answer to `top_aggregation` as flat rows: by, key, requests, bytes, errors, the measure, first and last."""
    told = ["requests", *ALWAYS_TOLD, *([measure] if measure not in {"requests", *ALWAYS_TOLD} else [])]
    return [
        {"by": by, "key": bucket["key"]}
        | {name: _measured(bucket, name) for name in told}
        | {name: iso(moment(bucket[name]["value"])) for name in ("first_seen", "last_seen")}
        for bucket in answer.get("top", {}).get("buckets", [])
    ]


def _measured(bucket: Document, measure: str) -> int:
    if measure == "requests":
        return int(bucket["doc_count"])
    return int(bucket[measure].get("doc_count", bucket[measure].get("value", 0)))


def top(store: Store, namespace: str, query: Query, by: str, measure: str, limit: int) -> list[Document]:
    """Rows of the groups with the most of a measure, most first."""
    answer = store.aggregate(store.access_index(namespace), query, top_aggregation(by, measure, limit))
    return top_rows(by, measure, answer)


def events_of(address: str) -> Query:
    """The access events of an address or host name."""
    known = as_address(address)
    as_logged = {"terms": {"source.address": sorted({address, address.lower(), known or address})}}
    return _any([as_logged, {"term": {"source.ip": known}}] if known else [as_logged])


def alerts_of(address: str) -> Query:
    """Anomalies and incidents of an address or host name, also those where it is one of a group."""
    known = as_address(address)
    spellings = sorted({address, address.lower(), known or address})
    entity = _all([{"term": {"wwwatch.entity.type": "ip"}}, {"terms": {"wwwatch.entity.id": spellings}}])
    named = [entity, {"terms": {"source.address": spellings}}]
    return _any([*named, {"term": {"source.ip": known}}, {"term": {"related.ip": known}}] if known else named)


def _any(queries: list[Query]) -> Query:
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _all(queries: list[Query]) -> Query:
    return {"bool": {"filter": queries}}


def story(store: Store, namespace: str, address: str, since: datetime | None, until: datetime | None) -> Document:
    """Everything known of an address in [since, until), as one object.

    requests is 0 and the lists are empty where nothing is known. Of its anomalies the newest STORY_ANOMALIES are
    listed and all are counted.
    """
    query = between(since, until, events_of(address))
    index = store.access_index(namespace)
    answer = store.aggregate(index, query, _story_aggregation())
    theirs = alert_query(since, until, None, None, alerts_of(address))
    anomalies, anomalies_total = newest_alerts(store, names.anomalies(namespace), theirs, STORY_ANOMALIES)
    return {
        "address": address,
        "namespace": namespace,
        **_story_figures(answer),
        "anomalies_total": anomalies_total,
        "anomalies": anomalies,
        "incidents": list(alerts(store, names.incidents(namespace), theirs)),
    }


def _story_aggregation() -> Document:
    lists = {name: {"terms": {"field": field, "size": size}} for name, (field, size) in STORY.items()}
    return lists | {
        "requests": {"value_count": {"field": "@timestamp"}},
        "bytes": MEASURES["bytes"],
        "errors": MEASURES["errors"],
        "urls": MEASURES["urls"],
        "first_seen": {"min": {"field": "@timestamp"}},
        "last_seen": {"max": {"field": "@timestamp"}},
    }


def _story_figures(answer: Document) -> Document:
    figures: Document = {
        "requests": int(answer.get("requests", {}).get("value") or 0),
        "bytes": int(answer.get("bytes", {}).get("value") or 0),
        "errors": int(answer.get("errors", {}).get("doc_count", 0)),
        "distinct_urls": int(answer.get("urls", {}).get("value") or 0),
    }
    for name in ("first_seen", "last_seen"):
        value = answer.get(name, {}).get("value")
        figures[name] = None if value is None else iso(moment(value))
    for name in STORY:
        buckets = answer.get(name, {}).get("buckets", [])
        figures[name] = [{"key": bucket["key"], "requests": bucket["doc_count"]} for bucket in buckets]
    return figures
