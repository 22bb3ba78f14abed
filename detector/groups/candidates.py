"""Second stage: who a window's evidence comes from, split by network, autonomous system, agent and login page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detector.features import ENTITY_FIELD
from detector.groups.evidence import BARE, EVIDENCE, LOGINS
from detector.groups.screen import Screened
from detector.signs import (
    HOSTILE_TAGS,
    INJECTION_TAGS,
    MISSING,
    Document,
    Signs,
    all_of,
    span_query,
    status,
)
from detector.windows import Span
from wwwatch.store import Store

SITE, LOGIN, AGENT, ASN, NET = "site", "login", "agent", "asn", "net"
FIELDS = {NET: "wwwatch.net", ASN: "source.as.number", AGENT: "user_agent.original", LOGIN: "url.path"}
# Parts looked at of each kind, those with most events. What a group does is never far down.
PARTS = 12
PRECISION = 3000
LONGEST_RELATED = 10_000
# A client that carries pages off asks for at least so many in a window, and so many clients are asked about.
CARRIED_PAGES = 6
MOST_CARRIERS = 2000


@dataclass(frozen=True)
class Candidate:
    """A part of a window's evidence. figures: see `_figures`. query: its events, without the window."""

    entity_type: str
    entity_id: str
    evidence: str
    window: Span
    figures: Mapping[str, float]
    top_path: str
    query: Document

    @property
    def window_seconds(self) -> int:
        """Length of its window."""
        return self.window.end - self.window.start

    @property
    def span_query(self) -> Document:
        """Its events."""
        return span_query(self.window.since, self.window.until, self.query)


def candidates(
    store: Store, index: str, namespace: str, found: Screened, window_seconds: int, signs: Signs
) -> list[list[Candidate]]:
    """The candidates of a window's evidence, the whole first; bare requests also those of clients that carry off."""
    window = Span(found.window_start, found.window_start + window_seconds)
    query = EVIDENCE[found.evidence].query(signs)
    splits = [query]
    if found.evidence == BARE.name and window_seconds > 60:
        carriers = _carriers(store, index, window, query)
        splits = [query] + ([all_of(query, {"terms": {ENTITY_FIELD: carriers}})] if carriers else [])
    return [list(_split(store, index, namespace, found.evidence, window, part, signs)) for part in splits]


def _carriers(store: Store, index: str, window: Span, query: Document) -> list[str]:
    least = {"min_doc_count": CARRIED_PAGES, "shard_min_doc_count": 2}
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": MOST_CARRIERS, **least}}}
    answer = store.aggregate(index, span_query(window.since, window.until, query), aggs)
    return [str(bucket["key"]) for bucket in answer.get("clients", {}).get("buckets", [])]


def _split(
    store: Store, index: str, namespace: str, evidence: str, window: Span, query: Document, signs: Signs
) -> Iterator[Candidate]:
    kinds = [kind for kind in FIELDS if kind != LOGIN or evidence == LOGINS.name]
    measures = _measures(signs)
    parts: Document = {
        kind: {"terms": {"field": FIELDS[kind], "size": PARTS, "min_doc_count": 2}, "aggs": measures} for kind in kinds
    }
    answer = store.aggregate(index, span_query(window.since, window.until, query), measures | parts)
    if not answer:
        return
    events = int(answer["events"]["value"])
    yield Candidate(SITE, namespace, evidence, window, _figures(answer, events), _top(answer), query)
    for kind in kinds:
        for bucket in answer[kind]["buckets"]:
            mine = all_of(query, {"term": {FIELDS[kind]: bucket["key"]}})
            figures = _figures(bucket, bucket["doc_count"])
            yield Candidate(kind, str(bucket["key"]), evidence, window, figures, _top(bucket), mine)


def _measures(signs: Signs) -> Document:
    filters = {
        "failures": signs.login_failures(),
        "successes": signs.login_successes(),
        "missing": MISSING,
        "hostile": signs.tagged(*HOSTILE_TAGS),
        "injections": signs.tagged(*INJECTION_TAGS),
        "login_pages": signs.tagged("login"),
        "server_errors": status(500, 600),
    }
    distinct = {"clients": ENTITY_FIELD, "paths": "url.path", "queries": "url.query", "users": "user.name"}
    measures: Document = {name: {"filter": query} for name, query in filters.items()}
    measures |= {
        name: {"cardinality": {"field": field, "precision_threshold": PRECISION}} for name, field in distinct.items()
    }
    return measures | {
        "events": {"value_count": {"field": "@timestamp"}},
        "top_client": {"terms": {"field": ENTITY_FIELD, "size": 1, "shard_size": 50}},
        "top_path": {"terms": {"field": "url.path", "size": 1, "shard_size": 50}},
        "first": {"min": {"field": "@timestamp"}},
        "last": {"max": {"field": "@timestamp"}},
    }


def _figures(bucket: Document, events: int) -> dict[str, float]:
    """events, clients, top_client and top_path (their events), paths, queries, users, first and last (epoch seconds),

    and how many of the events are failures, successes, missing, hostile, injections, login_pages, server_errors.
    """
    filters = ("failures", "successes", "missing", "hostile", "injections", "login_pages", "server_errors")
    figures: dict[str, float] = {"events": float(events)}
    figures |= {name: float(bucket[name]["doc_count"]) for name in filters}
    figures |= {name: float(bucket[name]["value"]) for name in ("clients", "paths", "queries", "users")}
    for name in ("top_client", "top_path"):
        top = bucket[name]["buckets"]
        figures[name] = float(top[0]["doc_count"]) if top else 0.0
    return figures | {name: bucket[name]["value"] / 1000 for name in ("first", "last")}


def _top(bucket: Document) -> str:
    top = bucket["top_path"]["buckets"]
    return str(top[0]["key"]) if top else ""


def members(store: Store, index: str, candidate: Candidate, signs: Signs) -> Sequence[str]:
    """Its clients, those with most events first, at most LONGEST_RELATED. At logins, those that failed."""
    query = candidate.span_query
    if candidate.evidence == LOGINS.name:
        query = all_of(query, signs.login_failures())
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": LONGEST_RELATED}}}
    answer = store.aggregate(index, query, aggs)
    return [str(bucket["key"]) for bucket in answer.get("clients", {}).get("buckets", [])]


def measured(store: Store, index: str, candidate: Candidate, clients: Sequence[str], signs: Signs) -> Candidate | None:
    """The candidate as these of its clients alone make it; None if they did nothing."""
    query = all_of(candidate.query, {"terms": {ENTITY_FIELD: list(clients)}})
    answer = store.aggregate(index, span_query(candidate.window.since, candidate.window.until, query), _measures(signs))
    events = int(answer.get("events", {}).get("value", 0))
    if not events:
        return None
    return replace(candidate, figures=_figures(answer, events), top_path=_top(answer), query=query)
