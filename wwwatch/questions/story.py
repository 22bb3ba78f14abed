"""The whole story of an address, a network or a host name: what it did, what was thought of it, what was said of it."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from wwwatch import control
from wwwatch.errors import StoreRefused
from wwwatch.moments import iso
from wwwatch.questions.past import remembered
from wwwatch.questions.query import (
    STATUS,
    Document,
    Query,
    alert_query,
    alerts,
    between,
    moment,
    newest_alerts,
)
from wwwatch.questions.subjects import ADDRESS, NETWORK, Subject
from wwwatch.questions.top import FAILED_LOGINS, MEASURES
from wwwatch.store import Store, names

STORY_ANOMALIES = 100
STORY_DAYS = 400
NEIGHBOURS = 10
# Columns of a plot, and the steps they may have.
POINTS_AT_MOST = 60
STEPS_SECONDS = (60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400)
LISTS = {
    "status": (STATUS, 60),
    "methods": ("http.request.method", 10),
    "paths": ("url.path", 10),
    "agents": ("user_agent.original", 10),
    "referrers": ("http.request.referrer", 10),
    "tags": ("tags", 20),
    "hosts": ("host.name", 20),
    "domains": ("url.domain", 20),
    "users": ("user.name", 20),
    "countries": ("source.geo.country_iso_code", 10),
    "systems": ("source.as.organization.name", 10),
    "networks": ("wwwatch.net", 10),
}


def story(
    store: Store,
    namespace: str,
    subject: Subject,
    since: datetime | None,
    until: datetime | None,
    failed_login: Query,
    now: datetime,
) -> Document:
    """Everything known of a subject in [since, until), as one object.

    requests is 0 and the lists are empty where nothing is known. Of its anomalies the newest STORY_ANOMALIES are
    listed and all are counted. `ever` is beyond the span: all events and the slow memory. failed_login: the query of
    one. now: the clock, for what expires.
    """
    index, events = store.access_index(namespace), subject.events()
    query = between(since, until, events)
    figures = _figures(store.aggregate(index, query, _aggregation(subject, failed_login)))
    theirs = alert_query(since, until, None, None, subject.alerts())
    anomalies, anomalies_total = newest_alerts(store, names.anomalies(namespace), theirs, STORY_ANOMALIES)
    return {
        "address": subject.text,
        "kind": subject.kind,
        "namespace": namespace,
        **figures,
        "ever": _ever(store, namespace, subject),
        "timeline": _timeline(store, index, query, figures),
        "neighbours": _neighbours(store, index, subject, figures, since, until),
        "anomalies_total": anomalies_total,
        "anomalies": anomalies,
        "incidents": list(alerts(store, names.incidents(namespace), theirs)),
        **_said_as_far_as_told(store, namespace, subject, now),
    }


def _aggregation(subject: Subject, failed_login: Query) -> Document:
    lists = {name: {"terms": {"field": field, "size": size}} for name, (field, size) in LISTS.items()}
    if subject.kind == NETWORK:
        lists["addresses"] = {"terms": {"field": "source.address", "size": NEIGHBOURS}}
    counted = {"errors": MEASURES["errors"], "bytes": MEASURES["bytes"], FAILED_LOGINS: {"filter": failed_login}}
    newest_day = {"_key": "desc"}
    days = {"date_histogram": {"field": "@timestamp", "fixed_interval": "1d", "min_doc_count": 1, "order": newest_day}}
    return (
        lists
        | counted
        | {
            "requests": {"value_count": {"field": "@timestamp"}},
            "not_found": MEASURES["not_found"],
            "urls": MEASURES["urls"],
            "clients": MEASURES["clients"],
            "first_seen": {"min": {"field": "@timestamp"}},
            "last_seen": {"max": {"field": "@timestamp"}},
            "days": days | {"aggs": counted | {"urls": MEASURES["urls"]}},
        }
    )


def _figures(answer: Document) -> Document:
    found: Document = {
        "requests": int(answer.get("requests", {}).get("value") or 0),
        "bytes": int(answer.get("bytes", {}).get("value") or 0),
        "errors": int(answer.get("errors", {}).get("doc_count", 0)),
        "not_found": int(answer.get("not_found", {}).get("doc_count", 0)),
        FAILED_LOGINS: int(answer.get(FAILED_LOGINS, {}).get("doc_count", 0)),
        "distinct_urls": int(answer.get("urls", {}).get("value") or 0),
        "distinct_clients": int(answer.get("clients", {}).get("value") or 0),
    }
    for name in ("first_seen", "last_seen"):
        value = answer.get(name, {}).get("value")
        found[name] = None if value is None else iso(moment(value))
    for name in (*LISTS, "addresses"):
        found[name] = _counted(answer.get(name, {}).get("buckets", []))
    found["days"] = [_day(bucket) for bucket in answer.get("days", {}).get("buckets", [])[:STORY_DAYS]]
    return found


def _counted(buckets: Iterable[Document]) -> list[Document]:
    return [{"key": bucket["key"], "requests": bucket["doc_count"]} for bucket in buckets]


def _day(bucket: Document) -> Document:
    return {
        "day": f"{moment(bucket['key']):%Y-%m-%d}",
        "requests": bucket["doc_count"],
        "errors": bucket["errors"]["doc_count"],
        FAILED_LOGINS: bucket[FAILED_LOGINS]["doc_count"],
        "distinct_urls": int(bucket["urls"]["value"]),
        "bytes": int(bucket["bytes"]["value"]),
    }


def _ever(store: Store, namespace: str, subject: Subject) -> Document:
    """First and last seen over all events and all that is remembered, whatever span was asked for."""
    held = store.time_span(store.access_index(namespace), subject.events())
    past = remembered(store, namespace, subject)
    firsts = [iso(held[0])] if held else []
    lasts = [iso(held[1])] if held else []
    if past:
        firsts.append(past["first_seen"])
        lasts.append(past["last_seen"])
    return {"first_seen": min(firsts, default=None), "last_seen": max(lasts, default=None), "remembered": past}


def _timeline(store: Store, index: str, query: Query, figures: Document) -> Document | None:
    """Requests and errors in equal steps between first and last; None where there is nothing to plot."""
    if not figures["requests"]:
        return None
    first, last = (datetime.fromisoformat(figures[name]) for name in ("first_seen", "last_seen"))
    step = step_seconds(last - first)
    histogram = {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{step}s", "min_doc_count": 1}}
    answer = store.aggregate(index, query, {"steps": histogram | {"aggs": {"errors": MEASURES["errors"]}}})
    found = {int(bucket["key"]) // 1000: bucket for bucket in answer.get("steps", {}).get("buckets", [])}
    starts = range(math.floor(first.timestamp() / step) * step, math.floor(last.timestamp()) + 1, step)
    return {
        "step_seconds": step,
        "points": [
            {
                "start": iso(datetime.fromtimestamp(start, UTC)),
                "requests": found[start]["doc_count"] if start in found else 0,
                "errors": found[start]["errors"]["doc_count"] if start in found else 0,
            }
            for start in starts
        ],
    }


def step_seconds(length: timedelta) -> int:
    """The shortest usual step that cuts a length into at most POINTS_AT_MOST pieces; whole days for long ones."""
    # One piece more, as the first step begins before the span does.
    least = length.total_seconds() / (POINTS_AT_MOST - 1)
    return next((step for step in STEPS_SECONDS if step >= least), 86_400 * math.ceil(least / 86_400))


def _neighbours(
    store: Store, index: str, subject: Subject, figures: Document, since: datetime | None, until: datetime | None
) -> list[Document]:
    """Other addresses of an address's /24 or /64, the busiest first."""
    if subject.kind != ADDRESS or not figures["networks"]:
        return []
    near = {"term": {"wwwatch.net": figures["networks"][0]["key"]}}
    query = between(since, until, near)
    query["bool"]["must_not"] = [subject.events()]
    terms = {"field": "source.address", "size": NEIGHBOURS}
    answer = store.aggregate(index, query, {"clients": {"terms": terms}})
    return _counted(answer.get("clients", {}).get("buckets", []))


def _said_as_far_as_told(store: Store, namespace: str, subject: Subject, now: datetime) -> Document:
    """The same as `_said`. Who may read events and findings only is told so: what is left out is `unreadable`."""
    try:
        return {**_said(store, namespace, subject, now), "unreadable": []}
    except StoreRefused:
        left_out = ("verdicts", "allowed", "crawlers")
        return {**{name: [] for name in left_out}, "unreadable": list(left_out)}


def _said(store: Store, namespace: str, subject: Subject, now: datetime) -> Document:
    """Verdicts that name it, entries of the allow list that hold it or part of it, what was proved of a crawler."""
    verdicts = [
        verdict
        for verdict in control.verdicts(store, namespace)
        if subject.text == verdict.entity_id or any(map(subject.holds, (verdict.entity_id, *verdict.members)))
    ]
    network = subject.network
    allowed = [
        entry
        for entry in control.allowed(store, namespace)
        if network and network.version == entry.network.version and network.overlaps(entry.network)
    ]
    return {
        "verdicts": [
            {
                "incident_id": verdict.incident_id,
                "hostile": verdict.hostile,
                "note": verdict.note,
                "class": verdict.attack_class,
                "start": verdict.start,
                "end": verdict.end,
            }
            for verdict in verdicts
        ],
        "allowed": [
            {
                "network": str(entry.network),
                "reason": entry.reason,
                "expires_at": entry.expires_at,
                "expired": entry.expires_at is not None and entry.expires_at <= iso(now),
            }
            for entry in allowed
        ],
        "crawlers": [
            {"address": crawler.address, "name": crawler.mark, "status": crawler.status}
            for crawler in control.crawlers(store, now)
            if subject.holds(crawler.address)
        ],
    }
