"""Second stage: who a window's evidence comes from, split by network, autonomous system, agent and login page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detector.features import ENTITY_FIELD
from detector.groups import people
from detector.groups.evidence import BARE, EVIDENCE, LOGINS, PAGES
from detector.groups.screen import Screened
from detector.screening import histogram
from detector.windows import DAY_SECONDS, HOUR_SECONDS, Span
from wwwatch.signs import (
    HOSTILE_TAGS,
    INJECTION_TAGS,
    MISSING,
    Document,
    Signs,
    all_of,
    none_of,
    span_query,
    status,
)
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
CARRIED_PRECISION = 40
# A flood goes at so many paths at most, and each gets so much of it.
MOST_TARGETS = 6
TARGET_SHARE = 0.1
# Failed logins of an hour from which on its own window tells them.
HOUR_TELLS_FAILURES = 60


@dataclass(frozen=True)
class Candidate:
    """A part of a window's evidence. figures: see `_figures`. query: its events, without the window.

    targets: the paths that many of its events are for, the most wanted first.
    """

    entity_type: str
    entity_id: str
    evidence: str
    window: Span
    figures: Mapping[str, float]
    targets: Sequence[str]
    query: Document

    @property
    def top_path(self) -> str:
        """The path most of its events are for."""
        return self.targets[0] if self.targets else ""

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
    if found.evidence == LOGINS.name and window_seconds == DAY_SECONDS:
        splits = [_slow(store, index, window, query, signs)]
    if found.evidence in (BARE.name, PAGES.name) and window_seconds > 60:
        pages = all_of(query, none_of(signs.tagged("bot")))
        carriers = _carriers(store, index, window, pages)
        carriers = sorted(set(carriers) - (people.among(store, index, window, carriers, signs) or set()))
        splits += [all_of(pages, {"terms": {ENTITY_FIELD: carriers}})] if carriers else []
    return [list(_split(store, index, namespace, found.evidence, window, part, signs)) for part in splits]


def _slow(store: Store, index: str, window: Span, query: Document, signs: Signs) -> Document:
    """A day's tries without the hours that the hour's window tells: a day shows what no hour does."""
    hours = histogram(window, HOUR_SECONDS) | {"aggs": {"failures": {"filter": signs.login_failures()}}}
    answer = store.aggregate(index, span_query(window.since, window.until, query), {"hours": hours})
    told = [
        Span(bucket["key"] // 1000, bucket["key"] // 1000 + HOUR_SECONDS)
        for bucket in answer.get("hours", {}).get("buckets", [])
        if bucket["failures"]["doc_count"] >= HOUR_TELLS_FAILURES
    ]
    return all_of(query, none_of(*(span_query(hour.since, hour.until) for hour in told))) if told else query


def _carriers(store: Store, index: str, window: Span, query: Document) -> list[str]:
    """Clients that ask for many different things; a client that asks for one thing again and again polls."""
    least = {"min_doc_count": CARRIED_PAGES, "shard_min_doc_count": 2}
    kinds = {
        name: {"cardinality": {"field": field, "precision_threshold": CARRIED_PRECISION}}
        for name, field in (("paths", "url.path"), ("queries", "url.query"))
    }
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": MOST_CARRIERS, **least}, "aggs": kinds}}
    answer = store.aggregate(index, span_query(window.since, window.until, query), aggs)
    return [
        str(bucket["key"])
        for bucket in answer.get("clients", {}).get("buckets", [])
        if max(bucket[name]["value"] for name in kinds) >= CARRIED_PAGES
    ]


def _split(
    store: Store, index: str, namespace: str, evidence: str, window: Span, query: Document, signs: Signs
) -> Iterator[Candidate]:
    kinds = [kind for kind in FIELDS if kind != LOGIN or evidence == LOGINS.name]
    measures = _measures(signs)
    parts: Document = {
        kind: {"terms": {"field": FIELDS[kind], "size": PARTS, "min_doc_count": 2}, "aggs": measures} for kind in kinds
    }
    answer = store.aggregate(index, span_query(window.since, window.until, query), measures | parts)
    events = int(answer.get("events", {}).get("value", 0))
    if not events:
        return  # such as a day whose every hour tells its tries itself
    yield Candidate(SITE, namespace, evidence, window, _figures(answer, events), _targets(answer, events), query)
    for kind in kinds:
        for bucket in answer[kind]["buckets"]:
            mine = all_of(query, {"term": {FIELDS[kind]: bucket["key"]}})
            figures = _figures(bucket, bucket["doc_count"])
            targets = _targets(bucket, bucket["doc_count"])
            yield Candidate(kind, str(bucket["key"]), evidence, window, figures, targets, mine)


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
        "top_path": {"terms": {"field": "url.path", "size": MOST_TARGETS, "shard_size": 50}},
        "first": {"min": {"field": "@timestamp"}},
        "last": {"max": {"field": "@timestamp"}},
    }


def _figures(bucket: Document, events: int) -> dict[str, float]:
    """events, clients, top_client and top_path (their events), paths, queries, users, first and last (epoch seconds),

    and how many of the events are failures, successes, missing, hostile, injections, login_pages, server_errors.
    hits: successes of attackers, 0 until they are told from people (`people.passed`).
    """
    filters = ("failures", "successes", "missing", "hostile", "injections", "login_pages", "server_errors")
    figures: dict[str, float] = {"events": float(events)}
    figures |= {name: float(bucket[name]["doc_count"]) for name in filters} | {"hits": 0.0}
    figures |= {name: float(bucket[name]["value"]) for name in ("clients", "paths", "queries", "users")}
    for name in ("top_client", "top_path"):
        top = bucket[name]["buckets"]
        figures[name] = float(top[0]["doc_count"]) if top else 0.0
    return figures | {name: bucket[name]["value"] / 1000 for name in ("first", "last")}


def _targets(bucket: Document, events: int) -> tuple[str, ...]:
    """The paths with a good share of the events; the first one whatever its share."""
    top = bucket["top_path"]["buckets"]
    return tuple(str(b["key"]) for n, b in enumerate(top) if n == 0 or b["doc_count"] >= TARGET_SHARE * events)


def aimed(flood: Candidate) -> Candidate:
    """A flood without what else the whole site was asked for meanwhile: its made-up queries or paths, or its target."""
    events = flood.figures["events"]
    if flood.figures["queries"] >= 0.5 * events:
        target: Document = {"exists": {"field": "url.query"}}
    elif flood.figures["top_path"] >= TARGET_SHARE * events:
        target = {"terms": {"url.path": list(flood.targets)}}
    elif flood.figures["missing"] >= 0.5 * events:
        target = MISSING
    else:
        return flood
    return replace(flood, query=all_of(flood.query, target))


def members(store: Store, index: str, candidate: Candidate, signs: Signs) -> dict[str, int]:
    """Its clients and their events, those with most first, at most LONGEST_RELATED. At logins, those that failed."""
    query = candidate.span_query
    if candidate.evidence == LOGINS.name:
        query = all_of(query, signs.login_failures())
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": LONGEST_RELATED}}}
    answer = store.aggregate(index, query, aggs)
    return {str(bucket["key"]): bucket["doc_count"] for bucket in answer.get("clients", {}).get("buckets", [])}


def measured(store: Store, index: str, candidate: Candidate, clients: Sequence[str], signs: Signs) -> Candidate | None:
    """The candidate as these of its clients alone make it; None if they did nothing."""
    query = all_of(candidate.query, {"terms": {ENTITY_FIELD: list(clients)}})
    answer = store.aggregate(index, span_query(candidate.window.since, candidate.window.until, query), _measures(signs))
    events = int(answer.get("events", {}).get("value", 0))
    if not events:
        return None
    return replace(candidate, figures=_figures(answer, events), targets=_targets(answer, events), query=query)
