"""What is looked at: per client and window, counted by aggregation in the store, never by downloading events.

Two stages. `screening` finds the clients that reach a floor in a window; they are counted in full here. From the
counts `vectors` derives what the model sees. A day's window holds the clients that were noticed in several of its
hours: from the roll-ups (`rollups`) where they are kept, from the events where they are not (training).
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from detector.screening import REQUESTS, Crowd, Question, Screened, histogram, screen
from detector.windows import DAY_SECONDS, HOUR_SECONDS, Span
from wwwatch.signs import PLAIN, Document, Signs, span_query
from wwwatch.store import Store

SCHEMA_VERSION = 3
# Lengths of the windows that are judged: a flood shows in a minute, guessing and scanning in ten, the slow in an hour,
# the very slow in a day.
WINDOWS_SECONDS = (60, 600, HOUR_SECONDS, DAY_SECONDS)
ENTITY_FIELD = "source.address"

# A client below all of these, in one window, cannot be told from a visitor by itself and is not judged further.
SHORTLIST = {REQUESTS: 30, "hostile": 1, "login_attempts": 3, "errors": 8}
# In windows that tell of nothing low (see `scoring.LOW_WINDOW_SECONDS`): what can be of medium severity at least.
GRAVE = {REQUESTS: 30, "hostile": 8, "login_attempts": 10, "errors": 15}
# What an hour must show to be remembered, and what a day's hours must add up to, in at least so many hours.
REMEMBERED = {REQUESTS: 30, "hostile": 1, "login_attempts": 1, "errors": 2}
DAY_SHORTLIST = {"hostile": 4, "login_attempts": 8, "errors": 24}
LEAST_HOURS = 3
# Clients asked for in one request of the second stage; the store takes 65,536 values in a terms query.
ENTITIES_A_REQUEST = 1000
# Distinct counts need not be exact: 100 keeps 800 bytes per bucket and is exact up to about as many values.
CARDINALITY_PRECISION = 100
# A window is cut into slots to see whether requests come in bursts or like a clock.
SLOT_SECONDS = {60: 5, 600: 60, HOUR_SECONDS: 300, DAY_SECONDS: 3600}

COUNTS = tuple(PLAIN.counts())
DISTINCTS = {
    "distinct_paths": "url.path",
    "distinct_queries": "url.query",
    "distinct_agents": "user_agent.original",
    "distinct_users": "user.name",
}
RAW = (
    "requests",
    *COUNTS,
    *DISTINCTS,
    "distinct_missing_paths",
    "distinct_pages",
    "bytes",
    "average_ms",
    "active_seconds",
    "top_path_requests",
    "active_slots",
    "busiest_slot_requests",
    "slot_deviation",
)
KEYS = ("entity", "window_start", "window_seconds", "site_requests")
# Told, not learned from: when the entity's first and last request in the window came, epoch seconds.
SEEN = ("first_seen", "last_seen")

# A row of the model's input is float64 in this order; NaN where a figure is not known.
LOGARITHMS = (
    "requests", "errors", "not_found", "login_attempts", "login_failures", "login_successes", "probes", "sqli", "xss",
    "traversal", "rce", "tool_agent", "proxy", "malformed", "distinct_paths", "distinct_missing_paths",
    "distinct_queries", "distinct_agents", "server_errors", "static", "pages", "distinct_pages", "posts",
    "busiest_slot_requests",
)  # fmt: skip
SHARES = (
    "errors", "server_errors", "redirects", "not_found", "denied", "posts", "heads", "odd_methods", "static",
    "no_referrer", "login_pages", "login_failures", "probes", "tool_agent", "script_agent", "empty_agent",
    "declared_bot", "distinct_paths", "distinct_missing_paths", "distinct_pages", "distinct_queries",
    "top_path_requests", "busiest_slot_requests",
)  # fmt: skip
DERIVED = (
    "window_seconds", "requests_per_active_second", "bytes_per_request", "share_of_site",
    "missing_with_referrer_share", "missing_assets_share", "active_slots_share", "slot_variation",
    "pages_per_active_minute", "fresh_pages_share", "milliseconds_per_request",
)  # fmt: skip
FEATURES = tuple([f"{name}_log" for name in LOGARITHMS] + [f"{name}_share" for name in SHARES] + list(DERIVED))


@dataclass(frozen=True)
class Collected:
    """counts: one row per (client, window), columns KEYS + RAW + SEEN, sorted. crowds: where not all were counted."""

    counts: pd.DataFrame
    crowds: tuple[Crowd, ...] = ()


def schema_hash() -> str:
    """Changes whenever a model of before would be fed something else than it was trained on."""
    floors = (SHORTLIST, REMEMBERED, DAY_SHORTLIST, LEAST_HOURS)
    aggregations = repr((SCHEMA_VERSION, FEATURES, PLAIN.counts(), DISTINCTS, floors, SLOT_SECONDS))
    return hashlib.sha256(aggregations.encode()).hexdigest()[:12]


def collect(
    store: Store,
    index: str,
    since: datetime,
    until: datetime,
    window_seconds: int,
    advance: Callable[[int], None] = lambda _: None,
    signs: Signs = PLAIN,
    screened: Screened | None = None,
) -> Collected:
    """The counts of every shortlisted client in every window of a span, windows beginning where the span does.

    since, until: whole windows apart. screened: the shortlist; None asks for it. `site_requests` is the traffic of all
    clients in the window. Raise StoreError rather than return a part.
    """
    span = Span(int(since.timestamp()), int(until.timestamp()))
    if screened is None:
        screened = _screened(store, index, span, window_seconds, signs)
    chosen = screened.clients
    advance(len(chosen))
    if chosen.empty:
        return Collected(pd.DataFrame({name: pd.Series(dtype="float64") for name in (*KEYS, *RAW, *SEEN)}))
    detail = pd.DataFrame(_second_stage(store, index, chosen, window_seconds, signs))
    detail["window_seconds"] = window_seconds
    detail["site_requests"] = detail["window_start"].map(dict(screened.site)).fillna(detail["requests"])
    counts = detail[[*KEYS, *RAW, *SEEN]].sort_values(["window_start", "entity"], ignore_index=True)
    return Collected(counts, screened.crowds)


def _screened(store: Store, index: str, span: Span, window_seconds: int, signs: Signs) -> Screened:
    """The shortlist from the events alone."""
    if window_seconds != DAY_SECONDS:
        return screen(store, index, span, Question(window_seconds, SHORTLIST, signs, ENTITY_FIELD))
    hours = hourly(store, index, span, signs).clients
    return daily(store, index, span, added_up(hours, span))


def hourly(store: Store, index: str, span: Span, signs: Signs) -> Screened:
    """The clients of each hour that are worth remembering: more than those that are judged."""
    return screen(store, index, span, Question(HOUR_SECONDS, REMEMBERED, signs, ENTITY_FIELD))


def grave(store: Store, index: str, span: Span, window_seconds: int, signs: Signs) -> Screened:
    """The shortlist of windows that tell of nothing low: much shorter where there is much background."""
    return screen(store, index, span, Question(window_seconds, GRAVE, signs, ENTITY_FIELD))


def shortlisted(hours: Screened) -> Screened:
    """Of the remembered clients of hours those that are judged."""
    clients = hours.clients
    reached = np.logical_or.reduce([clients[name] >= floor for name, floor in SHORTLIST.items()])
    return Screened(clients[reached], hours.site, hours.crowds)


def added_up(hours: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Hours of clients, added up to the days that begin where the span does. Adds the column `hours`."""
    day = span.start + (hours["window_start"] - span.start) // DAY_SECONDS * DAY_SECONDS
    grouped = hours.assign(window_start=day, hours=1).groupby(["entity", "window_start"], as_index=False)
    days: pd.DataFrame = grouped[["hours", *REMEMBERED]].sum()
    return days


def daily(store: Store, index: str, span: Span, days: pd.DataFrame) -> Screened:
    """The shortlist of days. What came within fewer hours than LEAST_HOURS is told by shorter windows."""
    reached = np.logical_or.reduce([days[name] >= floor for name, floor in DAY_SHORTLIST.items()])
    chosen = days[reached & (days["hours"] >= LEAST_HOURS)].reset_index(drop=True)
    if chosen.empty:
        return Screened(chosen, {})
    windows = store.aggregate(index, span_query(span.since, span.until), {"site": histogram(span, DAY_SECONDS)})
    site = {bucket["key"] // 1000: bucket["doc_count"] for bucket in windows.get("site", {}).get("buckets", [])}
    return Screened(chosen, site)


def _second_stage(
    store: Store, index: str, chosen: pd.DataFrame, window_seconds: int, signs: Signs
) -> Iterator[Document]:
    """Details of the chosen (client, window) pairs, asked for in runs of neighbouring windows."""
    wanted = set(zip(chosen["entity"], chosen["window_start"], strict=True))
    aggs = _detail_aggregations(signs, window_seconds)
    for starts, entities in _requests(chosen, window_seconds):
        span = Span(starts[0], starts[-1] + window_seconds)
        query = span_query(span.since, span.until, {"terms": {ENTITY_FIELD: entities}})
        for bucket in store.composite(index, query, _sources(span, window_seconds), aggs, page_size=1000):
            row = _key(bucket)
            if (row["entity"], row["window_start"]) in wanted:
                yield row | _details(bucket)


def _requests(chosen: pd.DataFrame, window_seconds: int) -> Iterator[tuple[list[int], list[str]]]:
    """Split the chosen pairs into (neighbouring window starts, entities), few entities and no long gaps in each."""
    by_window: dict[int, list[str]] = {}
    for start, entity in zip(chosen["window_start"], chosen["entity"], strict=True):
        by_window.setdefault(int(start), []).append(str(entity))
    run: list[int] = []
    entities: dict[str, None] = {}
    for start in sorted(by_window):
        gap = bool(run) and start - run[-1] > window_seconds * 6
        full = len(entities) + len(set(by_window[start]) - entities.keys()) > ENTITIES_A_REQUEST
        if run and (gap or full):
            yield run, list(entities)
            run, entities = [], {}
        if len(by_window[start]) > ENTITIES_A_REQUEST:
            for piece in _pieces(by_window[start], ENTITIES_A_REQUEST):
                yield [start], piece
            continue
        run.append(start)
        entities |= dict.fromkeys(by_window[start])
    if run:
        yield run, list(entities)


def _pieces(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[low:high] for low, high in pairwise([*range(0, len(items), size), len(items)]))


def _sources(span: Span, window_seconds: int) -> list[Document]:
    offset = f"{span.start % window_seconds}s"
    window = {"field": "@timestamp", "fixed_interval": f"{window_seconds}s", "offset": offset}
    return [{"window": {"date_histogram": window}}, {"entity": {"terms": {"field": ENTITY_FIELD}}}]


def _detail_aggregations(signs: Signs, window_seconds: int) -> Document:
    distinct = {
        name: {"cardinality": {"field": field, "precision_threshold": CARDINALITY_PRECISION}}
        for name, field in DISTINCTS.items()
    }
    counts: Document = {name: {"filter": query} for name, query in signs.counts().items()}
    paths = {"paths": {"cardinality": {"field": "url.path", "precision_threshold": CARDINALITY_PRECISION}}}
    counts["not_found"] = counts["not_found"] | {"aggs": paths}
    counts["pages"] = counts["pages"] | {"aggs": paths}
    slots = {"field": "@timestamp", "fixed_interval": f"{SLOT_SECONDS[window_seconds]}s", "min_doc_count": 1}
    return counts | distinct | {
        "bytes": {"sum": {"field": "http.response.body.bytes"}},
        "duration": {"avg": {"field": "event.duration"}},
        "first": {"min": {"field": "@timestamp"}},
        "last": {"max": {"field": "@timestamp"}},
        "top_path": {"terms": {"field": "url.path", "size": 1, "shard_size": 20}},
        "slots": {"date_histogram": slots},
    }  # fmt: skip


def _key(bucket: Document) -> Document:
    return {
        "entity": bucket["key"]["entity"],
        "window_start": bucket["key"]["window"] // 1000,
        "requests": bucket["doc_count"],
    }


def _details(bucket: Document) -> Document:
    row: Document = {name: bucket[name]["doc_count"] for name in COUNTS}
    row |= {name: bucket[name]["value"] for name in DISTINCTS}
    top = bucket["top_path"]["buckets"]
    slots = [slot["doc_count"] for slot in bucket["slots"]["buckets"]]
    return row | {
        "distinct_missing_paths": bucket["not_found"]["paths"]["value"],
        "distinct_pages": bucket["pages"]["paths"]["value"],
        "bytes": bucket["bytes"]["value"],
        "average_ms": _milliseconds(bucket["duration"]["value"]),
        "active_seconds": (bucket["last"]["value"] - bucket["first"]["value"]) / 1000,
        "first_seen": bucket["first"]["value"] / 1000,
        "last_seen": bucket["last"]["value"] / 1000,
        "top_path_requests": top[0]["doc_count"] if top else 0,
        "active_slots": len(slots),
        "busiest_slot_requests": max(slots),
        "slot_deviation": _deviation(slots),
    }


def _milliseconds(nanoseconds: float | None) -> float:
    """NaN where the log does not tell how long requests took."""
    return math.nan if nanoseconds is None else nanoseconds / 1e6


def _deviation(values: list[int]) -> float:
    """The standard deviation of a population."""
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def vectors(counts: pd.DataFrame) -> pd.DataFrame:
    """What the model sees. counts: columns KEYS + RAW. Result: float64, columns FEATURES, the same index.

    Magnitudes as log10(1 + x), so that 10 against 100 weighs as much as 100 against 1000; mixes as shares of the
    entity's requests.
    """
    requests = counts["requests"].clip(lower=1)
    columns = {f"{name}_log": np.log10(1.0 + counts[name]) for name in LOGARITHMS}
    columns |= {f"{name}_share": (counts[name] / requests).clip(upper=1.0) for name in SHARES}
    missing = counts["not_found"].where(counts["not_found"] > 0)
    slots = counts["window_seconds"] / counts["window_seconds"].map(SLOT_SECONDS)
    columns["window_seconds"] = counts["window_seconds"]
    columns["requests_per_active_second"] = np.log10(requests / counts["active_seconds"].clip(lower=1.0))
    columns["bytes_per_request"] = np.log10(1.0 + counts["bytes"] / requests)
    columns["share_of_site"] = counts["requests"] / counts["site_requests"].clip(lower=1)
    columns["missing_with_referrer_share"] = counts["missing_with_referrer"] / missing
    columns["missing_assets_share"] = counts["missing_assets"] / missing
    minutes = (counts["active_seconds"] / 60).clip(lower=1.0)
    columns["pages_per_active_minute"] = np.log10(1.0 + counts["pages"] / minutes)
    columns["fresh_pages_share"] = counts["distinct_pages"] / counts["pages"].where(counts["pages"] > 0)
    columns["milliseconds_per_request"] = np.log10(1.0 + counts["average_ms"])
    columns["active_slots_share"] = counts["active_slots"] / slots
    columns["slot_variation"] = counts["slot_deviation"] / (requests / counts["active_slots"].clip(lower=1.0))
    return pd.DataFrame(columns, index=counts.index).astype("float64")[list(FEATURES)]
