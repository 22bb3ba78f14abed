"""Asks the store for the incidents of a span, however many there are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alerts.figures import Background, Feature, Incident, Incidents, Span
from wwwatch.moments import iso
from wwwatch.questions import SEVERITIES, alert_query, descending, severity_name
from wwwatch.store import Store, names

Document = dict[str, Any]

# Incidents read one by one; all of them are counted.
DETAILED = 50
CLASSES_AT_MOST = 50
# `related.ip` may hold ten thousand addresses, which nothing here shows.
FIELDS = ["event", "rule", "threat.technique", "wwwatch"]
PRECISION = 40_000


def incidents(store: Store, namespace: str, span: Span) -> Incidents:
    """The incidents that touch the span: the gravest in detail, all counted, the background by class."""
    index = names.incidents(namespace)
    touching = alert_query(span.since, span.until)
    grave = alert_query(span.since, span.until, None, "medium")
    order = [descending("event.severity", "long"), descending("wwwatch.requests", "long"), descending("event.end")]
    found = store.search(index, grave, DETAILED, order, FIELDS)
    answer = store.aggregate(index, touching, _counts())
    return Incidents(
        detailed=tuple(incident(document) for _, document in found),
        counts=_parse_counts(answer),
        not_closed=_not_closed(answer),
        background=_background(store, namespace, span),
    )


def own_incidents(store: Store, namespace: str, span: Span) -> tuple[Incident, ...]:
    """Incidents of the watch itself that touch the span, the gravest first, at most DETAILED."""
    order = [descending("event.severity", "long"), descending("event.end")]
    query = alert_query(span.since, span.until)
    found = store.search(names.selfwatch(namespace), query, DETAILED, order, FIELDS)
    return tuple(incident(document) for _, document in found)


def _counts() -> Document:
    floors = [*SEVERITIES.items()]
    ends = [floor for _, floor in floors[1:]]
    ranges = [
        {"key": name, "from": floor} | ({"to": end} if end else {})
        for (name, floor), end in zip(floors, [*ends, None], strict=True)
    ]
    severities = {"range": {"field": "event.severity", "ranges": ranges[1:]}}
    grave = {"range": {"event.severity": {"gte": SEVERITIES["medium"]}}}
    alive = {"bool": {"filter": [grave], "must_not": [{"term": {"wwwatch.status": "closed"}}]}}
    return {
        "classes": {
            "terms": {"field": "wwwatch.class", "size": CLASSES_AT_MOST},
            "aggs": {"severities": severities},
        },
        "not_closed": {"filter": alive},
    }


def _parse_counts(answer: Document) -> dict[str, dict[str, int]]:
    counts = {}
    for bucket in answer.get("classes", {}).get("buckets", []):
        found = {inner["key"]: inner["doc_count"] for inner in bucket["severities"]["buckets"] if inner["doc_count"]}
        if found:
            counts[bucket["key"]] = found
    return counts


def _not_closed(answer: Document) -> int:
    return int(answer.get("not_closed", {}).get("doc_count", 0))


def incident(document: Document) -> Incident:
    """An incident's document as data. What may be absent reads as empty."""
    event, own = document["event"], document["wwwatch"]
    technique = document.get("threat", {}).get("technique", {})
    return Incident(
        attack_class=own["class"],
        title=document.get("rule", {}).get("name", own["class"]),
        entity_type=own["entity"]["type"],
        entity_id=own["entity"]["id"],
        severity=severity_name(event["severity"]),
        status=own["status"],
        start=datetime.fromisoformat(event["start"]),
        end=datetime.fromisoformat(event["end"]),
        reason=event.get("reason", ""),
        requests=int(own.get("requests", 0)),
        members=int(own.get("members", 1)),
        technique=" ".join(_listed(technique.get("id")) + _listed(technique.get("name"))),
        features=tuple(_features(own.get("features", []))),
        samples=tuple(_listed(event.get("original"))),
        id=own.get("incident_id", ""),
        hostile=own["verdict"]["hostile"] if "verdict" in own else None,
    )


def _listed(value: Any) -> list[str]:
    """A field of the store holds one value or several."""
    return [] if value is None else [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _features(stored: Iterable[Document]) -> Iterable[Feature]:
    for feature in stored:
        figures = (float(feature.get(name) or 0) for name in ("observed", "expected", "contribution"))
        yield Feature(str(feature["name"]), *figures)


def _background(store: Store, namespace: str, span: Span) -> tuple[Background, ...]:
    """Low incidents are whole days; the figures of the span itself come from their anomalies."""
    low = {"range": {"event.severity": {"lt": SEVERITIES["medium"]}}}
    days = alert_query(span.since, span.until, None, None, low)
    ids = [id_ for id_, _ in store.documents(names.incidents(namespace), days, fields=["wwwatch.incident_id"])]
    if not ids:
        return ()
    started = {"range": {"event.start": {"gte": iso(span.since), "lt": iso(span.until)}}}
    members = alert_query(None, None, None, None, started, {"terms": {"wwwatch.incident_id": ids}})
    clients = {"clients": {"cardinality": {"field": "wwwatch.entity.id", "precision_threshold": PRECISION}}}
    by_class = {"classes": {"terms": {"field": "wwwatch.class", "size": CLASSES_AT_MOST}, "aggs": clients}}
    answer = store.aggregate(names.anomalies(namespace), members, by_class)
    return tuple(
        Background(bucket["key"], int(bucket["clients"]["value"]), bucket["doc_count"])
        for bucket in answer.get("classes", {}).get("buckets", [])
    )
