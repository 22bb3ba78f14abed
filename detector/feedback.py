"""What people say, carried out at once: stored, and applied to what is open already."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from detector import crawlers, incidents
from detector.anomalies import OPEN
from detector.known import ALLOWED, DISMISSED, SILENCED, Known
from wwwatch import control
from wwwatch.control import Allowed, Network, Silence, Verdict
from wwwatch.settings import DetectorSettings
from wwwatch.store import Store, names

Document = dict[str, Any]


def known(store: Store, namespace: str, settings: DetectorSettings, now: datetime) -> Known:
    """What a pass has to know of entities before it raises them. now: the clock, for what is remembered of the DNS."""
    resolver = crawlers.Resolver() if settings.verify_crawlers else None
    lists = crawlers.read_lists(settings.crawler_lists)
    return Known(
        allowed=control.allowed(store, namespace),
        silences=control.silences(store, namespace),
        verdicts=control.verdicts(store, namespace),
        verify=crawlers.Verifier(store, now, lists, resolver),
    )


def allow(
    store: Store, namespace: str, network: Network, reason: str, expires_at: datetime | None, now: datetime
) -> tuple[Allowed, int]:
    """Add to the allow list. Return the entry, and how many anomalies that were open it takes back."""
    entry = control.allow(store, namespace, network, reason, expires_at, now)
    theirs: list[Document] = [{"term": {"wwwatch.entity.type": "ip"}}, {"term": {"source.ip": str(network)}}]
    if entry.expires_at:
        theirs.append({"range": {"event.end": {"lt": entry.expires_at}}})
    return entry, _take_back(store, namespace, theirs, ALLOWED)


def silence(
    store: Store, namespace: str, since: datetime, until: datetime, reason: str, now: datetime
) -> tuple[Silence, int]:
    """Announce maintenance. Return it, and how many anomalies that were open it takes back."""
    entry = control.silence(store, namespace, since, until, reason, now)
    inside: list[Document] = [
        {"range": {"event.start": {"lt": entry.until}}},
        {"range": {"event.end": {"gt": entry.since}}},
    ]
    return entry, _take_back(store, namespace, inside, SILENCED)


def judge(store: Store, namespace: str, incident_id: str, hostile: bool, note: str, now: datetime) -> Verdict:
    """Keep a verdict and show it on its incident. After a false one, the like of its entity is not raised again."""
    verdict = control.judge(store, namespace, incident_id, hostile, note, now)
    index = names.incidents(namespace)
    if document := store.get_document(index, verdict.incident_id):
        store.write_documents(index, [(verdict.incident_id, incidents.judged(document, verdict))])
    if not hostile:
        later: list[Document] = [
            {"term": {"wwwatch.entity.type": verdict.entity_type}},
            {"term": {"wwwatch.entity.id": verdict.entity_id}},
            {"term": {"wwwatch.class": verdict.attack_class}},
            {"range": {"event.start": {"gt": verdict.end}}},
        ]
        _take_back(store, namespace, later, DISMISSED)
    return verdict


def _take_back(store: Store, namespace: str, filters: list[Document], status: str) -> int:
    """Give open anomalies another status, and bring the incidents they were in up to date. Return how many."""
    index = names.anomalies(namespace)
    query = {"bool": {"filter": [*filters, {"term": {"wwwatch.status": OPEN}}]}}
    changed = [(id_, _with_status(document, status)) for id_, document in store.documents(index, query)]
    held = store.time_span(names.access_index(namespace))
    if changed and held:
        store.write_documents(index, changed)
        start = min(document["event"]["start"] for _, document in changed)
        end = max(document["event"]["end"] for _, document in changed)
        incidents.update(store, namespace, datetime.fromisoformat(start), datetime.fromisoformat(end), held[1])
    return len(changed)


def _with_status(document: Mapping[str, Any], status: str) -> Document:
    return {**document, "wwwatch": document["wwwatch"] | {"status": status}}
