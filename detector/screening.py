"""First stage: which clients reach a floor in a window. The store sends back those only, in one scan of the span.

A terms aggregation with a least count under a date histogram, once for each sign, is what makes a window with a
million clients cheap: nothing is paged through, and clients that show nothing never leave the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from detector.windows import Span
from wwwatch.signs import MATCH_ALL, Document, Signs, all_of, span_query
from wwwatch.store import Store, TooMuch

# Clients of a window and sign that come back; the strongest first. Four signs of one window stay below the 65,536
# buckets a store gives by default.
MOST_CLIENTS = 15_000
FEWEST_CLIENTS = 500
# A client whose requests lie in several backing indices reaches a floor in none of them alone; this much of it in one
# is enough to come back. Over more than four indices in one window, clients just at a floor may be missed.
SHARD_SHARE = 4

REQUESTS = "requests"


@dataclass(frozen=True)
class Crowd:
    """A window where more clients showed a sign than are judged one by one; the rest are judged in groups only."""

    window_start: int
    sign: str
    judged: int
    clients: int


@dataclass(frozen=True)
class Screened:
    """clients: columns entity, window_start, and one per floor, 0 below it. site: events of each window."""

    clients: pd.DataFrame
    site: Mapping[int, int]
    crowds: tuple[Crowd, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is asked of every window. floors: sign -> least count; REQUESTS, and names of `Signs.screened`."""

    window_seconds: int
    floors: Mapping[str, int]
    signs: Signs
    entity_field: str


def screen(store: Store, index: str, span: Span, question: Question) -> Screened:
    """Every client and window of a span that reaches any floor. Raise StoreError rather than return a part."""
    site: dict[int, int] = {}
    found: dict[tuple[int, str], dict[str, int]] = {}
    crowds: list[Crowd] = []
    for size, answer in _answers(store, index, question, span, MOST_CLIENTS):
        for bucket in answer.get("site", {}).get("buckets", []):
            site[bucket["key"] // 1000] = bucket["doc_count"]
        for sign in question.floors:
            for window in answer.get(sign, {}).get("windows", {}).get("buckets", []):
                start, entities = window["key"] // 1000, window["entities"]["buckets"]
                for entity in entities:
                    found.setdefault((start, str(entity["key"])), {})[sign] = entity["doc_count"]
                if len(entities) >= size:
                    crowds.append(_crowd(store, index, question, start, sign, len(entities)))
    rows = [
        {"entity": entity, "window_start": start} | {sign: counts.get(sign, 0) for sign in question.floors}
        for (start, entity), counts in sorted(found.items())
    ]
    return Screened(pd.DataFrame(rows, columns=["entity", "window_start", *question.floors]), site, tuple(crowds))


def _answers(store: Store, index: str, question: Question, span: Span, size: int) -> Iterator[tuple[int, Document]]:
    """(clients asked for, answer): of the whole span at once, or of halves of it where that is too much."""
    aggs = _aggregations(question, span, size)
    windows = (span.end - span.start) // question.window_seconds
    divisible = windows > 1 or size > FEWEST_CLIENTS
    try:
        answer = store.aggregate(index, span_query(span.since, span.until), aggs, divisible)
    except TooMuch:
        if windows > 1:
            middle = span.start + windows // 2 * question.window_seconds
            for part in (Span(span.start, middle), Span(middle, span.end)):
                yield from _answers(store, index, question, part, size)
        elif size > FEWEST_CLIENTS:
            yield from _answers(store, index, question, span, size // 2)
        else:
            raise
    else:
        yield size, answer


def _aggregations(question: Question, span: Span, size: int) -> Document:
    queries = question.signs.screened()
    windows = histogram(span, question.window_seconds)
    aggs: Document = {"site": windows}
    for sign, floor in question.floors.items():
        least = {"min_doc_count": floor, "shard_min_doc_count": max(1, floor // SHARD_SHARE)}
        entities = {"terms": {"field": question.entity_field, "size": size, **least}}
        inner = {"windows": windows | {"aggs": {"entities": entities}}}
        aggs[sign] = {"filter": queries.get(sign, MATCH_ALL), "aggs": inner}
    return aggs


def histogram(span: Span, window_seconds: int) -> Document:
    """A date histogram with windows that begin where the span does."""
    offset = span.start % window_seconds
    return {
        "date_histogram": {
            "field": "@timestamp",
            "fixed_interval": f"{window_seconds}s",
            "offset": f"{offset}s",
            "min_doc_count": 1,
        }
    }


def _crowd(store: Store, index: str, question: Question, start: int, sign: str, judged: int) -> Crowd:
    span = Span(start, start + question.window_seconds)
    query = all_of(span_query(span.since, span.until), question.signs.screened().get(sign, MATCH_ALL))
    aggs = {"clients": {"cardinality": {"field": question.entity_field, "precision_threshold": 10_000}}}
    clients = int(store.aggregate(index, query, aggs).get("clients", {}).get("value", 0))
    return Crowd(start, sign, judged, max(clients, judged))
