"""Scanners that were never seen before: who probed in a span and is remembered by nothing from before it."""

from collections.abc import Iterable
from typing import Any

from alerts.figures import Newcomer, Newcomers, Span
from wwwatch.moments import iso
from wwwatch.questions import alert_query
from wwwatch.store import Store, names
from wwwatch.store.client import batched

Document = dict[str, Any]

CLASSES = ["scan", "injection"]
SINGLE = {"term": {"wwwatch.entity.type": "ip"}}
# Clients looked at, the busiest first; of more only that there are more is told.
CLIENTS_AT_MOST = 10_000
CLIENTS_A_REQUEST = 2000
TOLD = 5


def newcomers(store: Store, namespace: str, span: Span) -> Newcomers:
    """Clients with anomalies of CLASSES in the span that neither an anomaly nor the slow memory knows from before."""
    found, more = _scanners(store, namespace, span)
    known: set[str] = set()
    for batch in batched([one.name for one in found], CLIENTS_A_REQUEST):
        known |= _known(store, namespace, span, batch)
    new = [one for one in found if one.name not in known]
    return Newcomers(tuple(new[:TOLD]), len(new), more)


def _scanners(store: Store, namespace: str, span: Span) -> tuple[list[Newcomer], bool]:
    within = {"range": {"event.start": {"gte": iso(span.since), "lt": iso(span.until)}}}
    query = alert_query(None, None, None, None, SINGLE, within, {"terms": {"wwwatch.class": CLASSES}})
    busiest = {"requests": {"max": {"field": "wwwatch.requests"}}}
    kind = {"class": {"terms": {"field": "wwwatch.class", "size": 1}}}
    order = [{"requests": "desc"}, {"_key": "asc"}]
    terms = {"field": "wwwatch.entity.id", "size": CLIENTS_AT_MOST, "order": order}
    answer = store.aggregate(
        names.anomalies(namespace), query, {"clients": {"terms": terms, "aggs": busiest | kind}}
    ).get("clients", {})
    found = [
        Newcomer(str(bucket["key"]), bucket["class"]["buckets"][0]["key"], int(bucket["requests"]["value"] or 0))
        for bucket in answer.get("buckets", [])
    ]
    return found, bool(answer.get("sum_other_doc_count"))


def _known(store: Store, namespace: str, span: Span, clients: Iterable[str]) -> set[str]:
    names_of = {"terms": {"wwwatch.entity.id": list(clients)}}
    aggs = {"clients": {"terms": {"field": "wwwatch.entity.id", "size": CLIENTS_A_REQUEST}}}
    before: Document = {"range": {"@timestamp": {"lt": iso(span.since)}}}
    found: set[str] = set()
    for index, earlier in (
        (names.rollup_index(namespace), before),
        (names.anomalies(namespace), {"range": {"event.start": {"lt": iso(span.since)}}}),
    ):
        answer = store.aggregate(index, {"bool": {"filter": [SINGLE, names_of, earlier]}}, aggs)
        found |= {str(bucket["key"]) for bucket in answer.get("clients", {}).get("buckets", [])}
    return found
