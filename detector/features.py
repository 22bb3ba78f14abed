"""What is looked at: per entity and window, counted by aggregation in the store, never by downloading events.

Two stages. The first asks for few, additive figures of every entity. Those that could matter (`shortlist`) are
asked for everything in the second. From the counts `vectors` derives what the model sees.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from wwwatch.moments import iso
from wwwatch.store import Store

Document = dict[str, Any]

SCHEMA_VERSION = 1
# Lengths of the windows that are judged: a flood shows in a minute, guessing and scanning in ten, the slow in an hour.
WINDOWS_SECONDS = (60, 600, 3600)
ENTITY_FIELD = "source.address"

# An entity below all of these, in one window, cannot be told from a visitor by itself and is not judged further.
SHORTLIST = {"requests": 30, "hostile": 1, "login_attempts": 3, "errors": 8}
# Entities asked for in one request of the second stage; the store takes 65,536 values in a terms query.
ENTITIES_A_REQUEST = 1000
# Distinct counts need not be exact: 100 keeps 800 bytes per bucket and is exact up to about as many values.
CARDINALITY_PRECISION = 100

INJECTION_TAGS = ["sqli", "xss", "traversal", "rce"]
HOSTILE_TAGS = ["probe", *INJECTION_TAGS, "tool-agent", "proxy", "malformed"]
# What servers answer to a wrong password: the form again (200), or a refusal.
LOGIN_FAILED = [200, 400, 401, 403, 422, 429]
LOGIN_PASSED = [201, 204, 302, 303]


def _tagged(*tags: str) -> Document:
    return {"terms": {"tags": list(tags)}}


def _status(low: int, high: int) -> Document:
    return {"range": {"http.response.status_code": {"gte": low, "lt": high}}}


def _status_in(codes: list[int]) -> Document:
    return {"terms": {"http.response.status_code": codes}}


def _method(*methods: str) -> Document:
    return {"terms": {"http.request.method": list(methods)}}


def _all(*queries: Document) -> Document:
    return {"bool": {"filter": list(queries)}}


def _none(*queries: Document) -> Document:
    return {"bool": {"must_not": list(queries)}}


def _any(*queries: Document) -> Document:
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


LOGIN_POST = _all(_tagged("login"), _method("POST"))
UNAUTHORIZED = _status_in([401])
ERROR = _status(400, 600)

# First stage: counts of documents, for every entity.
SCREEN_COUNTS: dict[str, Document] = {
    "hostile": _tagged(*HOSTILE_TAGS),
    "login_attempts": _any(LOGIN_POST, UNAUTHORIZED),
    "errors": ERROR,
    "server_errors": _status(500, 600),
}
# Second stage: counts of documents, for the shortlist.
COUNTS: dict[str, Document] = SCREEN_COUNTS | {
    "login_failures": _any(_all(LOGIN_POST, _status_in(LOGIN_FAILED)), UNAUTHORIZED),
    "login_successes": _all(LOGIN_POST, _status_in(LOGIN_PASSED)),
    "redirects": _status(300, 400),
    "not_found": _status_in([404, 410]),
    "denied": _status_in([401, 403, 429]),
    "posts": _method("POST", "PUT", "PATCH", "DELETE"),
    "heads": _method("HEAD"),
    "odd_methods": _none(_method("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE")),
    "static": _tagged("static"),
    "missing_assets": _all(_tagged("static"), _status_in([404, 410])),
    "missing_with_referrer": _all(_status_in([404, 410]), {"exists": {"field": "http.request.referrer"}}),
    "no_referrer": _none({"exists": {"field": "http.request.referrer"}}),
    "login_pages": _tagged("login"),
    "probes": _tagged("probe"),
    "sqli": _tagged("sqli"),
    "xss": _tagged("xss"),
    "traversal": _tagged("traversal"),
    "rce": _tagged("rce"),
    "tool_agent": _tagged("tool-agent"),
    "script_agent": _tagged("script-agent"),
    "empty_agent": _tagged("empty-agent"),
    "declared_bot": _tagged("bot"),
    "proxy": _tagged("proxy"),
    "malformed": _tagged("malformed"),
}
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
    "bytes",
    "active_seconds",
    "top_path_requests",
)
KEYS = ("entity", "window_start", "window_seconds", "site_requests")
# Told, not learned from: when the entity's first and last request in the window came, epoch seconds.
SEEN = ("first_seen", "last_seen")

# A row of the model's input is float64 in this order; NaN where a figure is not known.
LOGARITHMS = (
    "requests", "errors", "not_found", "login_attempts", "login_failures", "login_successes", "probes", "sqli", "xss",
    "traversal", "rce", "tool_agent", "proxy", "malformed", "distinct_paths", "distinct_missing_paths",
    "distinct_queries", "distinct_agents", "server_errors", "static", "posts",
)  # fmt: skip
SHARES = (
    "errors", "server_errors", "redirects", "not_found", "denied", "posts", "heads", "odd_methods", "static",
    "no_referrer", "login_pages", "login_failures", "probes", "tool_agent", "script_agent", "empty_agent",
    "declared_bot", "distinct_paths", "distinct_missing_paths", "distinct_queries", "top_path_requests",
)  # fmt: skip
DERIVED = (
    "window_seconds", "requests_per_active_second", "bytes_per_request", "share_of_site",
    "missing_with_referrer_share", "missing_assets_share",
)  # fmt: skip
FEATURES = tuple([f"{name}_log" for name in LOGARITHMS] + [f"{name}_share" for name in SHARES] + list(DERIVED))


def schema_hash() -> str:
    """Changes whenever a model of before would be fed something else than it was trained on."""
    aggregations = repr((SCHEMA_VERSION, FEATURES, COUNTS, DISTINCTS, SHORTLIST, WINDOWS_SECONDS))
    return hashlib.sha256(aggregations.encode()).hexdigest()[:12]


def collect(
    store: Store,
    index: str,
    since: datetime,
    until: datetime,
    window_seconds: int,
    advance: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """The counts of every shortlisted entity in every window of a span.

    since, until: aligned to window_seconds. Result: one row per (entity, window), columns KEYS + RAW + SEEN, sorted;
    `site_requests` is the traffic of all entities in the window. Raise StoreError rather than return a part.
    """
    screened = screen(store, index, since, until, window_seconds)
    advance(len(screened))
    chosen = shortlist(screened)
    if chosen.empty:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in (*KEYS, *RAW, *SEEN)})
    rows = list(_second_stage(store, index, chosen, window_seconds))
    detail = pd.DataFrame(rows)
    merged = chosen[["entity", "window_start", "site_requests"]].merge(
        detail, on=["entity", "window_start"], how="inner"
    )
    merged["window_seconds"] = window_seconds
    return merged[[*KEYS, *RAW, *SEEN]].sort_values(["window_start", "entity"], ignore_index=True)


def screen(store: Store, index: str, since: datetime, until: datetime, window_seconds: int) -> pd.DataFrame:
    """First stage. One row per (entity, window): requests, SCREEN_COUNTS, and site_requests of the window."""
    counts = {name: {"filter": query} for name, query in SCREEN_COUNTS.items()}
    buckets = store.composite(index, span_query(since, until), _sources(window_seconds), counts)
    rows = [_key(bucket) | {name: bucket[name]["doc_count"] for name in SCREEN_COUNTS} for bucket in buckets]
    frame = pd.DataFrame(rows, columns=["entity", "window_start", "requests", *SCREEN_COUNTS])
    frame["site_requests"] = frame.groupby("window_start")["requests"].transform("sum")
    return frame


def shortlist(screened: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first stage that reach any floor of SHORTLIST."""
    reached = [screened[name] >= floor for name, floor in SHORTLIST.items()]
    return screened[np.logical_or.reduce(reached)] if len(screened) else screened


def _second_stage(store: Store, index: str, chosen: pd.DataFrame, window_seconds: int) -> Iterator[Document]:
    """Details of the chosen (entity, window) pairs, asked for in runs of neighbouring windows."""
    wanted = set(zip(chosen["entity"], chosen["window_start"], strict=True))
    for starts, entities in _requests(chosen, window_seconds):
        since = datetime.fromtimestamp(starts[0], UTC)
        until = datetime.fromtimestamp(starts[-1] + window_seconds, UTC)
        query = span_query(since, until, {"terms": {ENTITY_FIELD: entities}})
        for bucket in store.composite(index, query, _sources(window_seconds), _detail_aggregations(), page_size=1000):
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


def span_query(since: datetime, until: datetime, *filters: Document) -> Document:
    """Events of [since, until) that match all filters."""
    return _all({"range": {"@timestamp": {"gte": iso(since), "lt": iso(until)}}}, *filters)


def _sources(window_seconds: int) -> list[Document]:
    return [
        {"window": {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{window_seconds}s"}}},
        {"entity": {"terms": {"field": ENTITY_FIELD}}},
    ]


def _detail_aggregations() -> Document:
    distinct = {
        name: {"cardinality": {"field": field, "precision_threshold": CARDINALITY_PRECISION}}
        for name, field in DISTINCTS.items()
    }
    counts: Document = {name: {"filter": query} for name, query in COUNTS.items()}
    paths = {"paths": {"cardinality": {"field": "url.path", "precision_threshold": CARDINALITY_PRECISION}}}
    counts["not_found"] = counts["not_found"] | {"aggs": paths}
    return counts | distinct | {
        "bytes": {"sum": {"field": "http.response.body.bytes"}},
        "first": {"min": {"field": "@timestamp"}},
        "last": {"max": {"field": "@timestamp"}},
        "top_path": {"terms": {"field": "url.path", "size": 1, "shard_size": 20}},
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
    return row | {
        "distinct_missing_paths": bucket["not_found"]["paths"]["value"],
        "bytes": bucket["bytes"]["value"],
        "active_seconds": (bucket["last"]["value"] - bucket["first"]["value"]) / 1000,
        "first_seen": bucket["first"]["value"] / 1000,
        "last_seen": bucket["last"]["value"] / 1000,
        "top_path_requests": top[0]["doc_count"] if top else 0,
    }


def vectors(counts: pd.DataFrame) -> pd.DataFrame:
    """What the model sees. counts: columns KEYS + RAW. Result: float64, columns FEATURES, the same index.

    Magnitudes as log10(1 + x), so that 10 against 100 weighs as much as 100 against 1000; mixes as shares of the
    entity's requests.
    """
    requests = counts["requests"].clip(lower=1)
    columns = {f"{name}_log": np.log10(1.0 + counts[name]) for name in LOGARITHMS}
    columns |= {f"{name}_share": (counts[name] / requests).clip(upper=1.0) for name in SHARES}
    missing = counts["not_found"].where(counts["not_found"] > 0)
    columns["window_seconds"] = counts["window_seconds"]
    columns["requests_per_active_second"] = np.log10(requests / counts["active_seconds"].clip(lower=1.0))
    columns["bytes_per_request"] = np.log10(1.0 + counts["bytes"] / requests)
    columns["share_of_site"] = counts["requests"] / counts["site_requests"].clip(lower=1)
    columns["missing_with_referrer_share"] = counts["missing_with_referrer"] / missing
    columns["missing_assets_share"] = counts["missing_assets"] / missing
    return pd.DataFrame(columns, index=counts.index).astype("float64")[list(FEATURES)]
