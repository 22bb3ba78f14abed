"""The groups of events with the most of a measure, asked by one aggregation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wwwatch.moments import iso
from wwwatch.questions.query import BYTES, STATUS, Document, Query, alert_query, all_of, moment
from wwwatch.store import Store, names

GROUPINGS = {
    "clients": "source.address",
    "urls": "url.path",
    "agents": "user_agent.original",
    "networks": "wwwatch.net",
    "countries": "source.geo.country_iso_code",
    "systems": "source.as.number",
    "users": "user.name",
    "hosts": "host.name",
    "vhosts": "url.domain",
    "referrers": "http.request.referrer",
    "methods": "http.request.method",
    "status": STATUS,
    "tags": "tags",
}
NANOSECONDS_A_MS = 1_000_000
# Measure -> how it is summed inside a group; requests are the group's own count. The others need to be told what
# a failed login is.
FAILED_LOGINS = "failed_logins"
MEASURES: Mapping[str, Document] = {
    "requests": {},
    "bytes": {"sum": {"field": BYTES}},
    "errors": {"filter": {"range": {STATUS: {"gte": 400}}}},
    "not_found": {"filter": {"terms": {STATUS: [404, 410]}}},
    FAILED_LOGINS: {"filter": {}},
    "urls": {"cardinality": {"field": "url.path"}},
    "clients": {"cardinality": {"field": "source.address"}},
    "time_ms": {"sum": {"field": "event.duration"}},
}
ALWAYS_TOLD = ("bytes", "errors")
# How an absent agent is written in a log.
ABSENT = "-"
# Terms each shard hands in beyond those asked for, so that the sums over shards are right but in extreme cases.
SHARD_RESERVE = 1000
# Clients of a class of attack that a question can be narrowed to; the store takes 65,536 values in a query.
CLIENTS_OF_A_CLASS = 10_000


@dataclass(frozen=True)
class Question:
    """by: a key of GROUPINGS. measure: a key of MEASURES. failed_login: the query of a failed login."""

    by: str = "clients"
    measure: str = "requests"
    limit: int = 20
    failed_login: Query = field(default_factory=lambda: {"match_none": {}})

    def aggregation(self) -> Document:
        """The `limit` groups with the most of the measure, and what is told of each."""
        order = "_count" if self.measure == "requests" else self.measure
        terms: Document = {
            "field": GROUPINGS[self.by],
            "size": self.limit,
            "shard_size": self.limit + SHARD_RESERVE,
            "order": [{order: "desc"}, {"_key": "asc"}],
        }
        if self.by == "agents":
            terms["missing"] = ABSENT
        inner = {name: MEASURES[name] for name in {*ALWAYS_TOLD, self.measure} if MEASURES[name]}
        if FAILED_LOGINS in inner:
            inner[FAILED_LOGINS] = {"filter": self.failed_login}
        if self.by == "systems":
            inner["name"] = {"terms": {"field": "source.as.organization.name", "size": 1}}
        seen = {"first_seen": {"min": {"field": "@timestamp"}}, "last_seen": {"max": {"field": "@timestamp"}}}
        return {"top": {"terms": terms, "aggs": inner | seen}}

    def rows(self, answer: Document) -> list[Document]:
        """The answer as flat rows: by, key, requests, bytes, errors, the measure, first and last. Nothing of a measure
        is no row.
        """
        told = ["requests", *ALWAYS_TOLD]
        told += [self.measure] if self.measure not in told else []
        return [
            {"by": self.by, "key": bucket["key"]}
            | ({"name": _first_key(bucket["name"])} if "name" in bucket else {})
            | {name: _measured(bucket, name) for name in told}
            | {name: iso(moment(bucket[name]["value"])) for name in ("first_seen", "last_seen")}
            for bucket in answer.get("top", {}).get("buckets", [])
            if _measured(bucket, self.measure)
        ]


def _first_key(answer: Document) -> str:
    return next((str(bucket["key"]) for bucket in answer["buckets"]), "")


def _measured(bucket: Document, measure: str) -> int:
    if measure == "requests":
        return int(bucket["doc_count"])
    value = bucket[measure].get("doc_count", bucket[measure].get("value", 0))
    return round(value / NANOSECONDS_A_MS) if measure == "time_ms" else int(value)


def top(store: Store, namespace: str, query: Query, question: Question) -> list[Document]:
    """Rows of the groups with the most of a measure, most first."""
    return question.rows(store.aggregate(store.access_index(namespace), query, question.aggregation()))


def narrowed(
    host: str | None = None, vhost: str | None = None, tags: tuple[str, ...] = (), status: tuple[int, int] | None = None
) -> list[Query]:
    """Filters of events. tags: all of them. status: codes from the first up to, not including, the second."""
    filters: list[Query] = [{"term": {"host.name": host}}] if host else []
    filters += [{"term": {"url.domain": vhost}}] if vhost else []
    filters += [{"term": {"tags": tag}} for tag in tags]
    return [*filters, {"range": {STATUS: {"gte": status[0], "lt": status[1]}}}] if status else filters


def clients_of(
    store: Store, namespace: str, attack_class: str, since: datetime | None, until: datetime | None
) -> Query:
    """The events of clients that anomalies of a class in [since, until) are about; the first CLIENTS_OF_A_CLASS."""
    single: Query = {"term": {"wwwatch.entity.type": "ip"}}
    aggs = {
        "single": {"filter": single, "aggs": {"of": _clients("wwwatch.entity.id")}},
        "named": _clients("related.ip"),
    }
    answer = store.aggregate(names.anomalies(namespace), alert_query(since, until, attack_class), aggs)
    buckets = [*answer.get("single", {}).get("of", {}).get("buckets", []), *answer.get("named", {}).get("buckets", [])]
    clients = sorted({str(bucket["key"]) for bucket in buckets})
    return all_of({"terms": {"source.address": clients}})


def _clients(field_name: str) -> Document:
    return {"terms": {"field": field_name, "size": CLIENTS_OF_A_CLASS}}
