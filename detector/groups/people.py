"""Which members of a group are no attackers: people, and clients that have always been here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from detector.features import ENTITY_FIELD
from detector.windows import DAY_SECONDS, Span
from wwwatch.signs import HOSTILE_TAGS, Document, Signs, all_of, none_of, span_query, status
from wwwatch.store import Store

# Browsers keep what they fetched: an asset within the hour before counts as well.
BEFORE_SECONDS = 3600
# With more people than this among them, what is left is no group but the rest of a crowd.
MOST_PEOPLE = 0.7
# Where the rest of the site fetches hardly any assets (they are kept elsewhere), nothing can be told from them.
LEAST_ASSETS = 0.03
# So many ordinary requests before make a client one that has been here; one or two an attacker's look-round makes.
LEAST_VISITED = 3
VISITED_BEFORE = timedelta(days=14)
LONG_AGO = timedelta(hours=12)
# Failures before a success that make it an attacker's in a day's window; over a day, people come and go.
SEVERAL_FAILURES = 3
# A member with more events than this, and so many times more than most, acts by itself.
LOUD_EVENTS = 10
LOUDER = 8.0


def loud(members: Mapping[str, int]) -> set[str]:
    """Those that do so much more than the others that they are findings of their own. members: client -> events."""
    if not members:
        return set()
    most = max(LOUD_EVENTS, LOUDER * median(members.values()))
    return {name for name, events in members.items() if events > most}


def among(store: Store, index: str, window: Span, members: Sequence[str], signs: Signs) -> set[str] | None:
    """Those that fetched an asset in or shortly before the window: their browsers show pages to somebody.

    None where this says nothing: neither they nor the rest of the site fetch any.
    """
    span = Span(window.start - BEFORE_SECONDS, window.end)
    static = signs.tagged("static")
    theirs: Document = {"terms": {ENTITY_FIELD: list(members)}}
    aggs: Document = {
        "members": {"filter": all_of(static, theirs), "aggs": _clients(len(members))},
        "rest": {"filter": {"bool": {"must_not": [theirs]}}, "aggs": {"static": {"filter": static}}},
    }
    answer = store.aggregate(index, span_query(span.since, span.until), aggs)
    found = {str(bucket["key"]) for bucket in answer.get("members", {}).get("clients", {}).get("buckets", [])}
    rest = answer.get("rest", {"doc_count": 0, "static": {"doc_count": 0}})
    tells = rest["static"]["doc_count"] >= max(1, LEAST_ASSETS * rest["doc_count"])
    return found if found or tells else None


def usual_clients(store: Store, index: str, window: Span, members: Sequence[str], signs: Signs) -> set[str]:
    """Those that used the site before they failed: several requests, answered well, neither logins nor probes."""
    theirs: Document = {"terms": {ENTITY_FIELD: list(members)}}
    since = window.since - VISITED_BEFORE
    failed = span_query(window.since, window.until, signs.login_failures())
    firsts: Document = {
        "failed": {"filter": failed, "aggs": {"first": {"min": {"field": "@timestamp"}}}},
        "looked": {"filter": _ordinary(signs), "aggs": {"first": {"min": {"field": "@timestamp"}}}},
    }
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": max(len(members), 1)}, "aggs": firsts}}
    answer = store.aggregate(index, span_query(since, window.until, theirs), aggs)
    return {
        str(bucket["key"])
        for bucket in answer.get("clients", {}).get("buckets", [])
        if bucket["looked"]["doc_count"] >= LEAST_VISITED
        and bucket["failed"]["first"]["value"] is not None
        and bucket["looked"]["first"]["value"] < bucket["failed"]["first"]["value"]
    }


def regulars(store: Store, index: str, window: Span, members: Sequence[str], signs: Signs) -> set[str]:
    """Those that used the site on days before: an app's users all come at once when it calls them, and fetch no assets.

    Not what came within the last hours: a flood that goes on must not become usual.
    """
    theirs: Document = {"terms": {ENTITY_FIELD: list(members)}}
    until = window.since - LONG_AGO
    query = span_query(until - VISITED_BEFORE, until, theirs, _ordinary(signs))
    least = {"min_doc_count": LEAST_VISITED, "shard_min_doc_count": 1}
    answer = store.aggregate(index, query, _clients(len(members), least))
    return {str(bucket["key"]) for bucket in answer.get("clients", {}).get("buckets", [])}


@dataclass(frozen=True)
class Passed:
    """Members that got in. hits: successful logins of attackers. people: those that got in as people do."""

    hits: int
    people: frozenset[str]


def passed(store: Store, index: str, window: Span, members: Sequence[str], signs: Signs) -> Passed:
    """Who got in after failing, and whether as an attacker.

    A success counts after a failure of the same client; in a day's window after several. Who looked at other pages
    first came to use the site, mistyped and got in.
    """
    theirs: Document = {"terms": {ENTITY_FIELD: list(members)}}
    moments: Document = {
        "failed": {"filter": signs.login_failures(), "aggs": {"first": {"min": {"field": "@timestamp"}}}},
        "passed": {"filter": signs.login_successes(), "aggs": {"last": {"max": {"field": "@timestamp"}}}},
        "looked": {"filter": _ordinary(signs), "aggs": {"first": {"min": {"field": "@timestamp"}}}},
    }
    in_window = span_query(window.since, window.until, theirs)
    got_in = store.aggregate(index, all_of(in_window, signs.login_successes()), _clients(len(members)))
    names = [str(bucket["key"]) for bucket in got_in.get("clients", {}).get("buckets", [])]
    if not names:
        return Passed(0, frozenset())
    aggs = {"clients": {"terms": {"field": ENTITY_FIELD, "size": len(names)}, "aggs": moments}}
    query = span_query(window.since, window.until, {"terms": {ENTITY_FIELD: names}})
    hits, people = 0, set()
    least = SEVERAL_FAILURES if window.end - window.start >= DAY_SECONDS else 1
    for bucket in store.aggregate(index, query, aggs).get("clients", {}).get("buckets", []):
        failed, looked = bucket["failed"]["first"]["value"], bucket["looked"]["first"]["value"]
        if failed is None or bucket["passed"]["last"]["value"] <= failed:
            continue
        if looked is not None and looked < failed:
            people.add(str(bucket["key"]))
        elif bucket["failed"]["doc_count"] >= least:
            hits += bucket["passed"]["doc_count"]
    return Passed(hits, frozenset(people))


def _ordinary(signs: Signs) -> Document:
    return all_of(status(200, 400), none_of(signs.tagged("login", *HOSTILE_TAGS)))


def _clients(size: int, least: Document | None = None) -> Document:
    return {"clients": {"terms": {"field": ENTITY_FIELD, "size": max(size, 1), **(least or {})}}}
