"""What is remembered of a client from before: the hours in the slow memory, which outlive the events."""

from datetime import datetime
from typing import Any

from wwwatch.moments import iso
from wwwatch.questions.query import Document, Query, all_of, moment
from wwwatch.questions.subjects import NETWORK, Subject
from wwwatch.store import Store, names

COUNTS = ("requests", "hostile", "login_attempts", "errors")
CLIENT: Query = {"term": {"wwwatch.entity.type": "ip"}}


def remembered(store: Store, namespace: str, subject: Subject) -> Document | None:
    """Noticed hours of a subject, of all that is kept: {first_seen, last_seen, hours, COUNTS}; None if there are none.

    An hour is noticed when its client did much, or anything hostile: a visitor leaves none.
    """
    ends = {"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}}
    sums = {name: {"sum": {"field": f"wwwatch.{name}"}} for name in COUNTS}
    source = [{"client": {"terms": {"field": "wwwatch.entity.id"}}}]
    buckets = store.composite(names.rollup_index(namespace), all_of(CLIENT, _named(subject)), source, ends | sums)
    mine = [bucket for bucket in buckets if subject.holds(bucket["key"]["client"])]
    if not mine:
        return None
    return {
        "first_seen": iso(_end(mine, "first", min)),
        "last_seen": iso(_end(mine, "last", max)),
        "hours": sum(bucket["doc_count"] for bucket in mine),
        **{name: sum(int(bucket[name]["value"]) for bucket in mine) for name in COUNTS},
    }


def _named(subject: Subject) -> Query:
    """Names are keywords there: of a network's addresses only the whole leading numbers can be asked for."""
    network = subject.network
    if subject.kind != NETWORK or network is None:
        return {"terms": {"wwwatch.entity.id": subject.spellings}}
    whole = network.prefixlen // 8 if network.version == 4 else 0
    start = ".".join(str(network.network_address).split(".")[:whole]) + "." if whole else ""
    return {"prefix": {"wwwatch.entity.id": start}} if start else {"match_all": {}}


def _end(buckets: list[Document], name: str, choose: Any) -> datetime:
    return moment(choose(bucket[name]["value"] for bucket in buckets))
