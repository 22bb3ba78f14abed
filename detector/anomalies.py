"""Findings as documents: one anomaly per entity, class and window, with the reason and sample lines.

The id is made of entity, class and window, so that judging a window again writes the same document; an anomaly
that is no longer found there is withdrawn, not deleted.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from detector.classes import ATTACK_CLASSES, AttackClass, Severity, threat
from detector.explanation import explain, reason
from detector.groups.findings import GroupFinding
from detector.known import NOTHING_KNOWN, Known
from detector.model import Model
from detector.samples import evidence_lines, search
from detector.scoring import Finding
from detector.windows import Span
from wwwatch.addresses import as_address
from wwwatch.moments import iso
from wwwatch.signs import PLAIN, Signs
from wwwatch.store import Store, names

Document = dict[str, Any]

ECS_VERSION = "8.17.0"
RULE_VERSION = "1"
OPEN, WITHDRAWN = "open", "withdrawn"


def anomaly_id(finding: Finding) -> str:
    """The same for the same entity, class and window, in every run and version."""
    key = (
        finding.entity_type,
        finding.entity_id,
        finding.attack_class,
        finding.window_seconds,
        finding.window_start,
    )
    return digest(*map(str, key))


def digest(*parts: str) -> str:
    """A short stable id: 128 bits of SHA-256, hexadecimal."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def background_id(namespace: str, attack_class: str, day: str) -> str:
    """The incident that all low findings of a class and day are: known before it is composed. day: YYYY-MM-DD."""
    return digest("background", namespace, attack_class, day)


def documents(
    store: Store,
    namespace: str,
    model: Model,
    findings: Sequence[Finding],
    known: Known = NOTHING_KNOWN,
    signs: Signs = PLAIN,
) -> list[tuple[str, Document]]:
    """(id, document) of each finding, in order. Fetches the sample lines.

    known: what keeps findings from being raised; they are recorded all the same, with their status and why.
    """
    samples = evidence_lines(store, store.access_index(namespace), findings, signs)
    explained = explain(model, findings)
    return [
        (
            anomaly_id(finding),
            _document(namespace, model, finding, told, reason(model, finding, _path(lines)), lines, known),
        )
        for finding, told, lines in zip(findings, explained, samples, strict=True)
    ]


def group_documents(
    store: Store,
    namespace: str,
    model: Model,
    findings: Sequence[GroupFinding],
    known: Known = NOTHING_KNOWN,
    signs: Signs = PLAIN,
) -> list[tuple[str, Document]]:
    """The same of groups: they bring their reason, and name their members."""
    searches = [search(finding, finding.query, signs) for finding in findings]
    samples = store.search_many(store.access_index(namespace), searches)
    return [
        (anomaly_id(finding), _group_document(namespace, model, finding, lines, known))
        for finding, lines in zip(findings, samples, strict=True)
    ]


def _group_document(
    namespace: str, model: Model, finding: GroupFinding, samples: list[Document], known: Known
) -> Document:
    document = _document(namespace, model, finding, finding.told, finding.reason, samples, known)
    document["related"] = {"ip": sorted(filter(None, map(as_address, finding.members)))}
    document["wwwatch"]["members"] = finding.clients
    document["url"] = {"path": finding.target}
    return document


def _path(samples: list[Document]) -> str | None:
    return samples[0].get("url", {}).get("path") if samples else None


def alert_fields(attack: AttackClass, entity_type: str, entity_id: str) -> Document:
    """The ECS fields anomalies and incidents share."""
    document: Document = {"ecs": {"version": ECS_VERSION}}
    document["rule"] = {"id": f"wwwatch-{attack.name}", "name": attack.title, "version": RULE_VERSION}
    if known := threat(attack):
        document["threat"] = known
    if entity_type == "ip":
        document["source"] = {"address": entity_id}
        if address := as_address(entity_id):
            document["source"]["ip"] = address
            document["related"] = {"ip": [address]}
    return document


def _document(
    namespace: str,
    model: Model,
    finding: Finding,
    told: list[Any],
    why: str,
    samples: list[Document],
    known: Known,
) -> Document:
    attack = ATTACK_CLASSES[finding.attack_class]
    standing = known.standing(finding, [s["user_agent"]["original"] for s in samples if "user_agent" in s])
    start, end = (iso(datetime.fromtimestamp(at, UTC)) for at in (finding.window_start, finding.window_end))
    # Mostly right, and what is right need not be written again when incidents are composed.
    low = finding.severity <= Severity.LOW and standing.status is None
    incident = {"incident_id": background_id(namespace, attack.name, start[:10])} if low else {}
    return alert_fields(attack, finding.entity_type, finding.entity_id) | {
        "@timestamp": end,
        "event": {
            "kind": "alert",
            "category": ["intrusion_detection", "web"],
            "type": ["info"],
            "dataset": "wwwatch.anomaly",
            "start": start,
            "end": end,
            "severity": int(finding.severity),
            "risk_score": float(finding.severity),
            "reason": "; ".join(filter(None, (why, standing.why))),
            "original": [sample["event"]["original"] for sample in samples if "event" in sample],
        },
        "wwwatch": {
            "namespace": namespace,
            "class": finding.attack_class,
            "entity": {"type": finding.entity_type, "id": finding.entity_id},
            "status": standing.status or OPEN,
            "score": finding.score,
            "confidence": finding.confidence,
            "window_seconds": finding.window_seconds,
            "first_seen": iso(datetime.fromtimestamp(finding.first_seen, UTC)),
            "last_seen": iso(datetime.fromtimestamp(finding.last_seen, UTC)),
            "requests": int(finding.counts["requests"]),
            "model_version": model.version,
            "features": told,
            **incident,
        },
    }


def withdraw_missing(store: Store, namespace: str, spans: Iterable[Span], window_seconds: int, found: set[str]) -> int:
    """Withdraw the anomalies of judged windows that were not found this time. Return how many.

    spans: where the judged windows begin.
    """
    withdrawn = 0
    for span in spans:
        query = {
            "bool": {
                "filter": [
                    {"range": {"event.start": {"gte": iso(span.since), "lt": iso(span.until)}}},
                    {"term": {"wwwatch.window_seconds": window_seconds}},
                ],
                "must_not": [{"term": {"wwwatch.status": WITHDRAWN}}],
            }
        }
        stale = [
            (id_, document | {"wwwatch": document["wwwatch"] | {"status": WITHDRAWN}})
            for id_, document in store.documents(names.anomalies(namespace), query)
            if id_ not in found
        ]
        withdrawn += store.write_documents(names.anomalies(namespace), stale)
    return withdrawn
