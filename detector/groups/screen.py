"""First stage: how much of each kind of evidence a window of the whole site holds, and from how many clients."""

from dataclasses import dataclass

from detector.features import ENTITY_FIELD
from detector.groups.evidence import EVIDENCE, LOGINS, looked_for
from detector.screening import histogram
from detector.windows import Span
from wwwatch.signs import Document, Signs, span_query
from wwwatch.store import Store, TooMuch

# Enough to tell eight clients from two; the second stage counts exactly.
PRECISION = 100


@dataclass(frozen=True)
class Screened:
    """One window of the site with one kind of evidence. weight: the events that count: of logins, the failures."""

    evidence: str
    window_start: int
    events: int
    clients: int
    weight: int


def screen(store: Store, index: str, span: Span, window_seconds: int, signs: Signs) -> list[Screened]:
    """Every window of the span and kind of evidence that holds any, by start."""
    kinds = looked_for(window_seconds)
    if not kinds:
        return []
    clients = {"clients": {"cardinality": {"field": ENTITY_FIELD, "precision_threshold": PRECISION}}}
    weights = {LOGINS.name: {"weight": {"filter": signs.login_failures()}}}
    windows = histogram(span, window_seconds)
    aggs: Document = {
        kind.name: {
            "filter": kind.query(signs),
            "aggs": {"windows": windows | {"aggs": clients | weights.get(kind.name, {})}},
        }
        for kind in kinds
    }
    number = (span.end - span.start) // window_seconds
    try:
        answer = store.aggregate(index, span_query(span.since, span.until), aggs, divisible=number > 1)
    except TooMuch:
        if number <= 1:
            raise
        middle = span.start + number // 2 * window_seconds
        halves = (Span(span.start, middle), Span(middle, span.end))
        return [found for half in halves for found in screen(store, index, half, window_seconds, signs)]
    return [
        _screened(kind.name, bucket)
        for kind in kinds
        for bucket in answer.get(kind.name, {}).get("windows", {}).get("buckets", [])
    ]


def _screened(evidence: str, bucket: Document) -> Screened:
    events = int(bucket["doc_count"])
    weight = int(bucket["weight"]["doc_count"]) if "weight" in bucket else events
    return Screened(evidence, bucket["key"] // 1000, events, int(bucket["clients"]["value"]), weight)


def enough(found: Screened, window_seconds: int) -> bool:
    """Whether a group could be behind it at all."""
    evidence = EVIDENCE[found.evidence]
    return found.events >= evidence.least_events[window_seconds] and found.clients >= evidence.least_clients
