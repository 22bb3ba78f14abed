"""Erases an address or a user everywhere in the store, and proves by search that nothing is left.

Not in its reach, and said so: log files and spools on the web servers, mails that were sent, backups of the store.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from wwwatch.housekeeping.subjects import Subject, without
from wwwatch.settings import Settings
from wwwatch.store import Hit, Store, names
from wwwatch.store.client import batched
from wwwatch.store.upkeep import erase

Document = dict[str, Any]
MATCH_ALL: Document = {"match_all": {}}

# In these, fields that are indexed tell what is theirs.
INDEXED = {"roll-ups": "metrics-wwwatch.rollup-*", "labels": "wwwatch-labels-*"}
# These quote log lines in fields that are not indexed, and are read through.
QUOTING = {
    "rejects": "logs-wwwatch.rejects-*",
    "anomalies": "wwwatch-anomalies-*",
    "incidents": "wwwatch-incidents-*",
    "self incidents": "wwwatch-selfwatch-*",
    "control documents": names.CONTROL,
}
REWRITTEN_AT_ONCE = 200
PAGE_SIZE = 100  # a reject can be megabytes long
# Kinds of documents that are of no use in part: a line, a mail.
WHOLE = ("pipeline_error", "outbox")


@dataclass
class Found:
    """What is about a subject. Kind of document -> how many; changed ones hold others, too, and stay without them."""

    deleted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.deleted.total() + self.changed.total())

    def as_json(self) -> Document:
        return {"deleted": dict(self.deleted), "changed": dict(self.changed)}


def look(store: Store, settings: Settings, subject: Subject) -> Found:
    """What would be erased. Nothing is changed."""
    found = Found()
    for what, index in _indexed(settings).items():
        store.refresh(index)
        _count(found.deleted, what, store.count(index, subject.query()))
    for what, index in QUOTING.items():
        store.refresh(index)
        for _, rest in _quoting(store, index, subject):
            _count(found.deleted if rest is None else found.changed, what, 1)
    return found


def forget(store: Store, settings: Settings, subject: Subject) -> tuple[Found, Found]:
    """Erase them everywhere. Return what was erased, and what a search finds after that: nothing, unless more came."""
    done = Found()
    judged = _judged_minutes(store, subject)
    for what, index in _indexed(settings).items():
        _count(done.deleted, what, erase(store, index, subject.query()).total())
    _lower_ledger(store, judged)
    for what, index in QUOTING.items():
        store.refresh(index)
        with closing(_quoting(store, index, subject)) as quoting:
            for batch in batched(quoting, REWRITTEN_AT_ONCE):
                for hit, rest in batch:
                    if rest is None:
                        _count(done.deleted, what, store.delete_documents(hit.index, [hit.id]))
                    else:
                        _count(done.changed, what, store.write_documents(hit.index, [(hit.id, rest)], refresh=False))
        store.refresh(index)
    return done, look(store, settings, subject)


def _indexed(settings: Settings) -> dict[str, str]:
    """Access events: our own streams and those of the settings, of every namespace."""
    detector = settings.detector
    read = [*detector.index_pattern, *(each for patterns in detector.index_patterns.values() for each in patterns)]
    events = {names.access_index("*"), *(pattern.replace("{namespace}", "*") for pattern in read)}
    return {"events": ",".join(sorted(events)), **INDEXED}


def _quoting(store: Store, index: str, subject: Subject) -> Generator[tuple[Hit, Document | None], None, None]:
    """Documents that name them, each with what is left of it; None: nothing."""
    with closing(store.hits(index, MATCH_ALL, page_size=PAGE_SIZE)) as hits:
        for hit in hits:
            rest = without(hit.document, subject)
            if rest == hit.document:
                continue
            kinds = {hit.document.get("event", {}).get("kind"), hit.document.get("wwwatch", {}).get("kind")}
            yield hit, None if kinds & set(WHOLE) else rest


def _count(counts: Counter[str], what: str, number: int) -> None:
    if number:
        counts[what] += number


def _judged_minutes(store: Store, subject: Subject) -> dict[str, Counter[str]]:
    """Namespace -> id of a minute in its ledger -> events of theirs in it."""
    sources: list[Document] = [
        {"namespace": {"terms": {"field": "data_stream.namespace"}}},
        {"minute": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1m"}}},
    ]
    found: dict[str, Counter[str]] = {}
    for bucket in store.composite(names.access_index("*"), subject.query(), sources, {}):
        minutes = found.setdefault(bucket["key"]["namespace"], Counter())
        minutes[str(bucket["key"]["minute"] // 1000)] += bucket["doc_count"]
    return found


def _lower_ledger(store: Store, judged: dict[str, Counter[str]]) -> None:
    """So that as many events as were erased, coming late, are seen as new and not taken for those."""
    for namespace, minutes in judged.items():
        ledger = names.windows(namespace)
        for batch in batched(minutes, REWRITTEN_AT_ONCE):
            known = store.search(ledger, {"ids": {"values": list(batch)}}, len(batch))
            store.write_documents(ledger, [(id_, _lowered(document, minutes[id_])) for id_, document in known])


def _lowered(document: Document, by: int) -> Document:
    counts = {name: max(0, n - by) for name, n in document["wwwatch"].items() if name.endswith("documents")}
    return document | {"wwwatch": document["wwwatch"] | counts}
