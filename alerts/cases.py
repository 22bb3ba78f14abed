"""Reads incidents: of attacks, and of the watch itself, from both indices through this one door."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.notices import Case
from wwwatch.moments import iso
from wwwatch.questions import newest_event
from wwwatch.store import Store, names

Document = dict[str, Any]

OVER = frozenset({"closed", "withdrawn"})
# Older ones are no news. Event time up to the newest event: the end of an old log is news as it is shipped.
FRESH = timedelta(days=1)
# The detector closes what was quiet for an hour, when it next looks at that day; across midnight nobody does.
QUIET = timedelta(minutes=75)
# Of an incident, what deciding needs; `related.ip` may hold ten thousand addresses.
BRIEF = ["event.start", "event.end", "event.severity", "rule.id", "wwwatch.class", "wwwatch.status",
         "wwwatch.requests", "wwwatch.verdict"]  # fmt: skip
SELF_RULE = "wwwatch.self."


def incident_index(namespace: str) -> str:
    """Incidents of attacks and of the watch itself."""
    return f"{names.incidents(namespace)},{names.selfwatch(namespace)}"


def is_self(document: Mapping[str, Any]) -> bool:
    """Whether an incident is the watch's own."""
    return str(document.get("rule", {}).get("id", "")).startswith(SELF_RULE)


def cases(store: Store, namespace: str, least_severity: int, open_ids: Iterable[str], now: datetime) -> list[Case]:
    """The incidents to decide about: those of the last day, up to the newest event, and the ones of `open_ids`.

    now: the clock, which the watch's own incidents live by.
    """
    newest = newest_event(store, namespace) or now
    fresh = {"range": {"event.end": {"gte": iso(min(newest, now) - FRESH)}}}
    wanted: list[Document] = [fresh, {"ids": {"values": sorted(open_ids)}}]
    grave = {"range": {"event.severity": {"gte": least_severity}}}
    query: Document = {"bool": {"filter": [grave], "should": wanted, "minimum_should_match": 1}}
    found = store.documents(incident_index(namespace), query, fields=BRIEF)
    return [case(id_, document, newest) for id_, document in found]


def case(id_: str, document: Document, newest: datetime) -> Case:
    """An incident's document, as deciding needs it. newest: of the events."""
    event, own = document["event"], document["wwwatch"]
    end = datetime.fromisoformat(event["end"])
    verdict = own.get("verdict")
    passed = not is_self(document) and newest - end > QUIET
    return Case(
        id=id_,
        attack_class=document["rule"]["id"] if is_self(document) else own["class"],
        severity=int(event["severity"]),
        start=datetime.fromisoformat(event["start"]),
        end=end,
        requests=int(own.get("requests", 0)),
        over=own["status"] in OVER or passed,
        withdrawn=own["status"] == "withdrawn",
        judged=verdict is not None,
        dismissed=verdict is not None and not verdict["hostile"],
    )


def documents(store: Store, namespace: str, ids: Iterable[str]) -> dict[str, Document]:
    """Incidents whole, by id; those that are not there any more are left out."""
    query: Document = {"ids": {"values": list(ids)}}
    return dict(store.documents(incident_index(namespace), query))
