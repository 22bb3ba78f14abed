"""The words every question is made of: spans, events, alerts, and how they are ordered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wwwatch.errors import UsageError
from wwwatch.moments import iso
from wwwatch.store import Store

Document = dict[str, Any]
Query = dict[str, Any]

DAY = timedelta(days=1)
RESOLUTION = timedelta(milliseconds=1)
# The lowest event.severity of each level.
SEVERITIES = {"low": 21, "medium": 47, "high": 73, "critical": 99}
CLASSES = ("dos", "brute_force", "credential_stuffing", "scan", "injection", "scraping", "unusual")
WITHDRAWN = "withdrawn"
BYTES = "http.response.body.bytes"
STATUS = "http.response.status_code"


def severity_name(severity: float) -> str:
    """The level of an event.severity: 73 -> high. What is below low counts as low."""
    return next((name for name, floor in reversed(SEVERITIES.items()) if severity >= floor), "low")


def newest_event(store: Store, namespace: str) -> datetime | None:
    """The time of the newest access event of a namespace; None if it has none."""
    held = store.time_span(store.access_index(namespace))
    return held[1] if held else None


def moment(milliseconds: float) -> datetime:
    """An instant as aggregations give it, ms since 1970, as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def default_span(
    since: datetime | None, until: datetime | None, newest: datetime | None, now: datetime, length: timedelta = DAY
) -> tuple[datetime, datetime]:
    """Fill in what was not given: up to the newest event (now, if there is none), from `length` before that.

    Raise UsageError if nothing can lie between the two.
    """
    until = until or (newest + RESOLUTION if newest else now)
    since = since or until - length
    if since >= until:
        raise UsageError(
            f"--since {iso(since)} is not before --until {iso(until)}.",
            "Give an earlier --since; without --until it ends with the newest event.",
        )
    return since, until


def any_of(*queries: Query) -> Query:
    """What matches at least one query."""
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


def all_of(*queries: Query) -> Query:
    """What matches every query."""
    return {"bool": {"filter": list(queries)}}


def between(since: datetime | None, until: datetime | None, *filters: Query) -> Query:
    """Events with since <= @timestamp < until that match every filter."""
    limits = {name: iso(value) for name, value in (("gte", since), ("lt", until)) if value}
    return all_of(*([{"range": {"@timestamp": limits}}] if limits else []), *filters)


@dataclass(frozen=True)
class AlertFilter:
    """Which anomalies or incidents: those that touch [since, until), and match all that is given.

    severity: this level or above. statuses: none given means all but withdrawn ones.
    """

    since: datetime | None = None
    until: datetime | None = None
    attack_class: str | None = None
    severity: str | None = None
    statuses: tuple[str, ...] = ()

    def query(self, *filters: Query) -> Query:
        """The query, narrowed by more filters."""
        wanted: list[Query] = list(filters)
        if self.until:
            wanted.append({"range": {"event.start": {"lt": iso(self.until)}}})
        if self.since:
            wanted.append({"range": {"event.end": {"gt": iso(self.since)}}})
        if self.attack_class:
            wanted.append({"term": {"wwwatch.class": self.attack_class}})
        if self.severity:
            wanted.append({"range": {"event.severity": {"gte": SEVERITIES[self.severity]}}})
        if self.statuses:
            return all_of(*wanted, {"terms": {"wwwatch.status": list(self.statuses)}})
        return {"bool": {"filter": wanted, "must_not": [{"term": {"wwwatch.status": WITHDRAWN}}]}}


def alert_query(
    since: datetime | None = None,
    until: datetime | None = None,
    attack_class: str | None = None,
    severity: str | None = None,
    *filters: Query,
) -> Query:
    """Anomalies or incidents that touch [since, until), of a class, of a severity level or above; none withdrawn."""
    return AlertFilter(since, until, attack_class, severity).query(*filters)


def descending(field: str, unmapped_type: str = "date") -> Document:
    """Sort by a field, highest first; an index without that field has nothing to sort."""
    return {field: {"order": "desc", "unmapped_type": unmapped_type}}


NEWEST_FIRST = [descending("@timestamp"), descending("event.start"), descending("event.severity", "long")]
# What alerts can be sorted by, each with what decides between equals.
ORDERS: dict[str, list[Document]] = {
    "newest": NEWEST_FIRST,
    "severity": [descending("event.severity", "long"), *NEWEST_FIRST[:2]],
    "requests": [descending("wwwatch.requests", "long"), *NEWEST_FIRST],
}


def alerts(store: Store, index: str, query: Query, order: str = "newest") -> Iterator[Document]:
    """Every stored document that matches. order: a key of ORDERS."""
    return (document for _, document in store.documents(index, query, ORDERS[order]))


def newest_alerts(
    store: Store, index: str, query: Query, limit: int, order: str = "newest"
) -> tuple[list[Document], int]:
    """The first `limit` documents that match, and how many match."""
    found = [document for _, document in store.search(index, query, limit, ORDERS[order])]
    return found, len(found) if len(found) < limit else store.count(index, query)
