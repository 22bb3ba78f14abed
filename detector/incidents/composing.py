"""From episodes to the documents of incidents. Pure.

An episode that never rises above low severity is background: all of them of a class and day are one incident of
the site, which names its members.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from detector.anomalies import OPEN, alert_fields, background_id, digest
from detector.classes import ATTACK_CLASSES, Severity
from detector.incidents.episodes import QUIET, Document, Episode, by_day, joined, time_of
from wwwatch.addresses import as_address
from wwwatch.control import Verdict
from wwwatch.moments import iso
from wwwatch.remedies import remedies

LONGEST_RELATED = 10_000
DAY = timedelta(days=1)
SAMPLES_TOLD = 5
ESCALATED, CLOSED = "escalated", "closed"
# Entity and class -> what is stored of them: (id, document).
Stored = Mapping[tuple[str, str, str], Sequence[tuple[str, Document]]]


def compose(
    namespace: str,
    found: Sequence[Episode],
    existing: Mapping[str, Document],
    now: datetime,
    said: Mapping[str, Verdict] = MappingProxyType({}),
) -> tuple[dict[str, Document], dict[str, str]]:
    """The incidents of these episodes: id -> document, and anomaly id -> incident id.

    existing: incidents stored before, by id. An episode that overlaps one of its entity and class keeps its id, so
    that the id does not hang on which window came first. now: event time, for closing. said: verdicts by incident id.
    """
    incidents: dict[str, Document] = {}
    membership: dict[str, str] = {}
    background: dict[tuple[str, str], list[Episode]] = {}
    stored = _by_entity(existing)
    for episode in joined(found):
        if episode.severity <= Severity.LOW:
            for part in by_day(episode):
                background.setdefault((part.attack_class, f"{part.start:%Y-%m-%d}"), []).append(part)
            continue
        id_ = _known_id(episode, stored) or _new_id(namespace, episode)
        incidents[id_] = _incident(namespace, id_, [episode], now, episode.entity_type, episode.entity_id)
        membership |= {anomaly: id_ for one in (episode, *episode.taken_in) for anomaly, _ in one.anomalies}
    for (attack_class, day), members in background.items():
        id_ = background_id(namespace, attack_class, day)
        incidents[id_] = _incident(namespace, id_, members, now, "site", namespace)
        membership |= {
            anomaly: id_ for episode in members for one in (episode, *episode.taken_in) for anomaly, _ in one.anomalies
        }
    return {id_: judged(_with_remedies(document), said.get(id_)) for id_, document in incidents.items()}, membership


def _with_remedies(incident: Document) -> Document:
    """The incident with lines that keep its clients out, where it is worth it."""
    lines = remedies(incident) if incident["event"]["severity"] > Severity.LOW else {}
    return incident | {"wwwatch": incident["wwwatch"] | {"remedies": lines}} if lines else incident


def judged(incident: Document, verdict: Verdict | None) -> Document:
    """The incident with what the sysadmin said of it. What was said to be false is not open any more."""
    if verdict is None:
        return incident
    said = {"verdict": {"hostile": verdict.hostile, "note": verdict.note}}
    closed = {} if verdict.hostile else {"status": CLOSED}
    return incident | {"wwwatch": incident["wwwatch"] | said | closed}


def is_background(incident: Document) -> bool:
    """Whether an incident is a day's background rather than one with an entity of its own."""
    return bool(incident["event"]["severity"] <= Severity.LOW)


def _by_entity(existing: Mapping[str, Document]) -> Stored:
    found: dict[tuple[str, str, str], list[tuple[str, Document]]] = {}
    for id_, document in existing.items():
        if not is_background(document):
            entity = document["wwwatch"]["entity"]
            found.setdefault((entity["type"], entity["id"], document["wwwatch"]["class"]), []).append((id_, document))
    return found


def _known_id(episode: Episode, stored: Stored) -> str | None:
    """The oldest stored incident of the same entity and class that this episode touches."""
    mine = [
        (document["event"]["start"], id_)
        for id_, document in stored.get((episode.entity_type, episode.entity_id, episode.attack_class), ())
        if time_of(document, "start") - QUIET <= episode.end and episode.start <= time_of(document, "end") + QUIET
    ]
    return min(mine)[1] if mine else None


def _new_id(namespace: str, episode: Episode) -> str:
    return digest(namespace, episode.entity_type, episode.entity_id, episode.attack_class, iso(episode.start))


def _incident(
    namespace: str, id_: str, members: Sequence[Episode], now: datetime, entity_type: str, entity_id: str
) -> Document:
    anomalies = [document for episode in members for _, document in episode.anomalies]
    worst = max(anomalies, key=lambda a: (a["event"]["severity"], a["wwwatch"]["score"], a["wwwatch"]["requests"]))
    first = min(anomalies, key=lambda a: a["event"]["start"])
    # Windows tell roughly when; the requests in them tell exactly.
    start = datetime.fromisoformat(min(anomaly["wwwatch"]["first_seen"] for anomaly in anomalies))
    end = datetime.fromisoformat(max(anomaly["wwwatch"]["last_seen"] for anomaly in anomalies))
    severity = worst["event"]["severity"]
    document = alert_fields(ATTACK_CLASSES[members[0].attack_class], entity_type, entity_id)
    addresses = sorted(_addresses(members))
    if addresses:
        document["related"] = {"ip": addresses[:LONGEST_RELATED]}
    status = CLOSED if now - end > QUIET else ESCALATED if severity > first["event"]["severity"] else OPEN
    clients = _clients(members, len(addresses))
    told = _told(worst, severity, clients)
    return document | {
        "@timestamp": iso(end),
        "event": {
            "kind": "alert",
            "category": ["intrusion_detection", "web"],
            "type": ["info"],
            "dataset": "wwwatch.incident",
            "start": iso(start),
            "end": iso(end),
            "severity": severity,
            "risk_score": float(severity),
            "reason": told,
            "original": worst["event"].get("original", [])[:SAMPLES_TOLD],
        },
        "wwwatch": {
            "namespace": namespace,
            "class": members[0].attack_class,
            "entity": {"type": entity_type, "id": entity_id},
            "status": status,
            "score": worst["wwwatch"]["score"],
            "confidence": worst["wwwatch"]["confidence"],
            "anomalies": len(anomalies),
            "members": clients,
            "suppressed": sum(len(one.anomalies) for episode in members for one in episode.taken_in),
            "requests": _requests(members),
            "model_version": worst["wwwatch"]["model_version"],
            "incident_id": id_,
            "features": worst["wwwatch"]["features"],
        },
    }


def _told(worst: Document, severity: int, clients: int) -> str:
    """The reason of the gravest window, and how many clients there are in all where that window counts fewer."""
    told, counted = str(worst["event"]["reason"]), int(worst["wwwatch"].get("members", 1))
    if worst["wwwatch"]["entity"]["type"] != "ip":
        return f"{clients:,} addresses in all; in one window {told}" if clients > counted else told
    if severity <= Severity.LOW:
        return f"{clients:,} clients, each with little; one of them: {told}" if clients > 1 else f"one client: {told}"
    return told


def _addresses(members: Sequence[Episode]) -> set[str]:
    """Every address that is named: clients, and members of groups, also of groups that were taken in."""
    own = {address for episode in members if (address := as_address(episode.entity_id))}
    named = {
        str(address)
        for one in members
        for episode in (one, *one.taken_in)
        if episode.entity_type != "ip"
        for _, document in episode.anomalies
        for address in document.get("related", {}).get("ip", [])
    }
    return own | named


def _clients(members: Sequence[Episode], addresses: int) -> int:
    """How many clients: those that are entities, and those of groups, also beyond the ones that are named."""
    single = len({episode.entity_id for episode in members if episode.entity_type == "ip"})
    groups = [d["wwwatch"].get("members", 0) for e in members if e.entity_type != "ip" for _, d in e.anomalies]
    return max(single, addresses, *groups) if groups else single


def _requests(members: Sequence[Episode]) -> int:
    """Requests in the flagged windows; windows of several lengths overlap, so the length that saw most counts.

    Days overlap each other, so of them the fullest counts.
    """
    total = 0
    for episode in members:
        by_length: dict[int, int] = {}
        for _, document in episode.anomalies:
            length, requests = document["wwwatch"]["window_seconds"], document["wwwatch"]["requests"]
            before = by_length.get(length, 0)
            by_length[length] = max(before, requests) if length >= DAY.total_seconds() else before + requests
        total += max(by_length.values())
    return total
