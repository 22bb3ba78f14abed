"""Incidents of the watch itself, from readings: opened, escalated and closed. Pure, and the same however often it runs.

An incident closes when its thing has been well for WELL_FOR, so that one that comes and goes is one incident. Its
severity is the highest it had. Said to be false (`wwwatch verdict`), it is closed, and the like of it is not opened
again before the thing was well once.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from wwwatch.moments import iso
from wwwatch.selfwatch.rules import TITLES, Key, Reading
from wwwatch.store import Store, names

Document = dict[str, Any]

OPEN, ESCALATED, CLOSED = "open", "escalated", "closed"
WELL_FOR = timedelta(minutes=10)
RULE_PREFIX = "wwwatch.self."


def key_of(document: Document) -> Key:
    """What an incident is of."""
    own = document["wwwatch"]
    return own["class"], own["entity"]["type"], own["entity"]["id"]


def changed(
    namespace: str,
    standing: Mapping[str, Document],
    readings: Iterable[Reading],
    looked_at: Collection[str],
    now: datetime,
    silenced: bool = False,
) -> dict[str, Document]:
    """The incidents to write, by id.

    standing: those that are open, and those said to be false that were not well since, by id. looked_at: kinds that
    could be looked at: what they do not mention any more is not watched any more. silenced: maintenance; nothing is
    opened or made graver.
    """
    by_key = {key_of(document): (id_, document) for id_, document in standing.items()}
    wanted: dict[str, Document] = {}
    mentioned = set()
    for reading in readings:
        mentioned.add(reading.key)
        before = by_key.get(reading.key)
        if before:
            wanted[before[0]] = _followed(before[1], reading, now, silenced)
        elif reading.severity and not silenced:
            id_ = incident_id(namespace, reading, now)
            wanted[id_] = _opened(namespace, id_, reading, now)
    for key, (id_, document) in by_key.items():
        if key[0] in looked_at and key not in mentioned:
            wanted[id_] = _closed(document, now, f"{document['event']['reason']}; it is not watched any more")
    return {id_: document for id_, document in wanted.items() if standing.get(id_) != document}


def incident_id(namespace: str, reading: Reading, now: datetime) -> str:
    """The same for the same trouble: of the site, the thing, and when it began."""
    parts = ("self", namespace, *reading.key, iso(reading.since or now))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _opened(namespace: str, id_: str, reading: Reading, now: datetime) -> Document:
    document: Document = {
        "@timestamp": iso(now),
        "event": {
            "kind": "alert",
            "category": ["host" if reading.entity_type == "host" else "process"],
            "type": ["error"],
            "dataset": "wwwatch.selfwatch",
            "start": iso(min(reading.since or now, now)),
        },
        "rule": {"id": RULE_PREFIX + reading.kind, "name": TITLES[reading.kind], "version": "1"},
        "wwwatch": {
            "namespace": namespace,
            "class": reading.kind,
            "entity": {"type": reading.entity_type, "id": reading.entity_id},
            "status": OPEN,
            "incident_id": id_,
        },
    }
    if reading.entity_type == "host":
        document["host"] = {"name": reading.entity_id}
    return _told(document, reading, now)


def _told(document: Document, reading: Reading, now: datetime) -> Document:
    """With what a reading says."""
    feature = {
        "name": reading.figure, "observed": reading.observed, "expected": reading.expected, "contribution": 1.0
    }  # fmt: skip
    event = {
        "end": iso(now),
        "severity": reading.severity,
        "risk_score": float(reading.severity),
        "reason": reading.reason,
    }
    own = {"features": [feature]} if reading.figure else {}
    return document | {
        "@timestamp": iso(now),
        "event": document["event"] | event,
        "wwwatch": document["wwwatch"] | own,
    }


def _followed(document: Document, reading: Reading, now: datetime, silenced: bool) -> Document:
    """An incident after another look. Written again only when something changed, not at each look."""
    own = document["wwwatch"]
    if own["status"] == CLOSED:  # said to be false
        return _with(document, recovered=True) if not reading.severity else document
    if not reading.severity:
        if "well_since" not in own:
            return _with(document, well_since=iso(now))
        well = now - datetime.fromisoformat(own["well_since"]) >= WELL_FOR
        return (
            _closed(document, datetime.fromisoformat(own["well_since"]), document["event"]["reason"])
            if well
            else document
        )
    ill = document | {"wwwatch": {name: value for name, value in own.items() if name != "well_since"}}
    if reading.severity > document["event"]["severity"] and not silenced:
        return _with(_told(ill, reading, now), status=ESCALATED)
    return ill


def _closed(document: Document, end: datetime, reason: str) -> Document:
    start = datetime.fromisoformat(document["event"]["start"])
    event = document["event"] | {"end": iso(max(start, end)), "reason": reason}
    return _with(document | {"@timestamp": event["end"], "event": event}, status=CLOSED, recovered=True)


def _with(document: Document, **own: Any) -> Document:
    return document | {"wwwatch": document["wwwatch"] | own}


def standing(store: Store, namespace: str) -> dict[str, Document]:
    """The incidents `changed` has to know of, by id. There are few of them at any time, so all are read."""
    found = store.documents(names.selfwatch(namespace))
    return {id_: document for id_, document in found if not document["wwwatch"].get("recovered")}


def write(store: Store, namespace: str, documents: Mapping[str, Document]) -> int:
    """Write incidents. Return how many."""
    return store.write_documents(names.selfwatch(namespace), documents.items())


def say(store: Store, namespace: str, beginning: str, wrong: bool, note: str) -> Document | None:
    """Keep what a person says of the one incident whose id begins so; None if there is not exactly one.

    wrong: whether something was. If not, it is closed, and the like of it not opened again before it was well.
    """
    query = {"prefix": {"wwwatch.incident_id": beginning}}
    found = store.search(names.selfwatch(namespace), query, 2) if beginning else []
    if len(found) != 1:
        return None
    id_, document = found[0]
    said = {"verdict": {"hostile": wrong, "note": note}} | ({} if wrong else {"status": CLOSED})
    after = _with(document, **said)
    write(store, namespace, {id_: after})
    return after
