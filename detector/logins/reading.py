"""The figures of what takes POSTs, by aggregation: which paths, how they answer, to whom, and what they open."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from detector.features import ENTITY_FIELD
from detector.logins.judging import REDIRECTS, REFUSALS, SHOWN, Answer, Endpoint, promising
from detector.windows import Span
from wwwatch.signs import Document, Signs, all_of, any_of, method, none_of, span_query, status_in
from wwwatch.store import Store

MOST_PATHS = 200
LEAST_TRIES = 5
HEAVIEST = 3
# Clients that passed, followed to the doors they opened; paths looked at as doors.
MOST_FOLLOWED = 1000
MOST_DOORS = 100
LEAST_DOOR = 3
TURNED_AWAY = 0.7
PERCENTS = [5, 50, 95]
BYTES = "http.response.body.bytes"


def endpoints(store: Store, index: str, span: Span, signs: Signs) -> list[Endpoint]:
    """What took POSTs in a span, most tries first."""
    posts = all_of(method("POST"), status_in(sorted(REFUSALS | SHOWN | REDIRECTS)), none_of(signs.tagged("static")))
    size = {"percentiles": {"field": BYTES, "percents": PERCENTS}}
    clients = {"cardinality": {"field": ENTITY_FIELD}}
    codes: Document = {"terms": {"field": "http.response.status_code", "size": 12}}
    each = {
        "clients": clients,
        "named": {"filter": signs.tagged("login")},
        "codes": codes | {"aggs": {"clients": clients, "size": size}},
        "heaviest": {
            "terms": {"field": ENTITY_FIELD, "size": HEAVIEST},
            "aggs": {"codes": codes | {"aggs": {"size": size}}},
        },
    }
    paths = {"terms": {"field": "url.path", "size": MOST_PATHS, "min_doc_count": LEAST_TRIES}, "aggs": each}
    answer = store.aggregate(index, span_query(span.since, span.until, posts), {"paths": paths})
    found = [_endpoint(bucket) for bucket in answer.get("paths", {}).get("buckets", [])]
    forms = _forms(store, index, span, [endpoint.path for endpoint in found])
    shown = [replace(endpoint, form_clients=forms.get(endpoint.path, 0)) for endpoint in found]
    return [replace(e, doors=_doors(store, index, span, e)) if promising(e) else e for e in shown]


def _endpoint(bucket: Document) -> Endpoint:
    return Endpoint(
        path=str(bucket["key"]),
        named=bucket["named"]["doc_count"] > 0,
        tries=int(bucket["doc_count"]),
        clients=int(bucket["clients"]["value"]),
        answers={int(code["key"]): _answer(code) for code in bucket["codes"]["buckets"]},
        heaviest=[_heavy(client) for client in bucket["heaviest"]["buckets"]],
    )


def _answer(code: Document) -> Answer:
    low, middle, high = _sizes(code)
    return Answer(int(code["doc_count"]), int(code["clients"]["value"]), low, middle, high)


def _heavy(client: Document) -> tuple[dict[int, int], float]:
    codes = client["codes"]["buckets"]
    return {int(code["key"]): int(code["doc_count"]) for code in codes}, _sizes(codes[0])[1] if codes else 0.0


def _sizes(bucket: Document) -> tuple[float, float, float]:
    """Percentiles of bytes; 0 where none were logged."""
    values: Any = bucket["size"]["values"]
    low, middle, high = (float(values[f"{float(percent)}"] or 0.0) for percent in PERCENTS)
    return low, middle, high


def _forms(store: Store, index: str, span: Span, paths: Sequence[str]) -> dict[str, int]:
    """Path -> clients that were shown it."""
    shown = span_query(
        span.since, span.until, method("GET"), status_in([200, 304]), {"terms": {"url.path": list(paths)}}
    )
    clients = {"clients": {"cardinality": {"field": ENTITY_FIELD}}}
    aggs = {"paths": {"terms": {"field": "url.path", "size": MOST_PATHS}, "aggs": clients}}
    buckets = store.aggregate(index, shown, aggs).get("paths", {}).get("buckets", []) if paths else []
    return {str(bucket["key"]): int(bucket["clients"]["value"]) for bucket in buckets}


def _doors(store: Store, index: str, span: Span, endpoint: Endpoint) -> tuple[str, ...]:
    """Pages that strangers are turned away from, and those who were redirected or let in here are not."""
    let_in = sorted((endpoint.answers.keys() & REDIRECTS) or (endpoint.answers.keys() & SHOWN))
    passed = span_query(
        span.since, span.until, method("POST"), {"term": {"url.path": endpoint.path}}, status_in(let_in)
    )
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": MOST_FOLLOWED}}}
    buckets = store.aggregate(index, passed, aggs).get("clients", {}).get("buckets", [])
    members = {"terms": {ENTITY_FIELD: [str(bucket["key"]) for bucket in buckets]}}
    if not buckets:
        return ()
    pages = span_query(span.since, span.until, method("GET"), none_of({"term": {"url.path": endpoint.path}}))
    open_to = dict(_counted(store, index, all_of(pages, members, status_in([200]))))
    if not open_to:
        return ()
    asked = all_of(pages, {"terms": {"url.path": list(open_to)}}, none_of(members))
    turned = dict(_counted(store, index, all_of(asked, status_in([301, 302, 303, 307, 401, 403]))))
    reached = dict(_counted(store, index, all_of(asked, any_of(status_in([200]), status_in([304])))))
    return tuple(
        path
        for path, count in turned.items()
        if count >= LEAST_DOOR and count >= TURNED_AWAY * (count + reached.get(path, 0))
    )


def _counted(store: Store, index: str, query: Document) -> Iterator[tuple[str, int]]:
    aggs = {"paths": {"terms": {"field": "url.path", "size": MOST_DOORS}}}
    for bucket in store.aggregate(index, query, aggs).get("paths", {}).get("buckets", []):
        yield str(bucket["key"]), int(bucket["doc_count"])
