"""Incidents: anomalies of one entity and class, joined into episodes. Derived from the stored anomalies alone.

Because they are derived, judging windows again, late events and withdrawn anomalies all end in the same incidents.
An episode that never rises above low severity is background: all of them of a class and day are one incident of
the site, which names its members.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from detector.anomalies import OPEN, WITHDRAWN, alert_fields, digest
from detector.classes import ATTACK_CLASSES, Severity
from detector.groups import campaigns
from wwwatch.addresses import as_address
from wwwatch.control import Verdict, verdicts
from wwwatch.moments import iso
from wwwatch.remedies import remedies
from wwwatch.store import Store, names

Document = dict[str, Any]

# An entity that was quiet for this long begins a new incident when it comes back.
QUIET = timedelta(hours=1)
# How far beyond a day an entity's windows are followed to see whether an episode goes on.
LONGEST_EPISODE = timedelta(days=7)
LONGEST_RELATED = 10_000
ENTITIES_A_REQUEST = 1000
DAY = timedelta(days=1)
RESOLUTION = timedelta(milliseconds=1)
SAMPLES_TOLD = 5
ESCALATED, CLOSED = "escalated", "closed"


@dataclass(frozen=True)
class Episode:
    """Anomalies of one entity and class without a pause longer than QUIET, by start.

    taken_in: what is told as part of this one: what single members of a group did.
    """

    entity_type: str
    entity_id: str
    attack_class: str
    anomalies: tuple[tuple[str, Document], ...]
    taken_in: tuple["Episode", ...] = ()

    @property
    def start(self) -> datetime:
        """Start of the first window."""
        return min(_time(document, "start") for _, document in self.anomalies)

    @property
    def end(self) -> datetime:
        """End of the last window."""
        return max(_time(document, "end") for _, document in self.anomalies)

    @property
    def severity(self) -> int:
        """The highest of its anomalies."""
        return max(int(document["event"]["severity"]) for _, document in self.anomalies)


def _time(document: Document, name: str) -> datetime:
    return datetime.fromisoformat(document["event"][name])


def episodes(anomalies: Iterable[tuple[str, Document]]) -> list[Episode]:
    """Cut anomalies (id, document) into episodes: per entity and class, where nothing happened for QUIET."""
    groups: dict[tuple[str, str, str], list[tuple[str, Document]]] = {}
    for id_, document in anomalies:
        entity = document["wwwatch"]["entity"]
        groups.setdefault((entity["type"], entity["id"], document["wwwatch"]["class"]), []).append((id_, document))
    found = []
    for key in sorted(groups):
        members = sorted(groups[key], key=lambda pair: (pair[1]["event"]["start"], pair[1]["event"]["end"], pair[0]))
        run, end = [members[0]], _time(members[0][1], "end")
        for pair in members[1:]:
            if _time(pair[1], "start") - end > QUIET:
                found.append(Episode(*key, tuple(run)))
                run = []
            run.append(pair)
            end = max(end, _time(pair[1], "end")) if len(run) > 1 else _time(pair[1], "end")
        found.append(Episode(*key, tuple(run)))
    return found


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
    for episode in joined(found):
        if episode.severity <= Severity.LOW:
            for part in _by_day(episode):
                background.setdefault((part.attack_class, f"{part.start:%Y-%m-%d}"), []).append(part)
            continue
        id_ = _known_id(episode, existing) or _new_id(namespace, episode)
        incidents[id_] = _incident(namespace, id_, [episode], now, episode.entity_type, episode.entity_id)
        membership |= {anomaly: id_ for one in (episode, *episode.taken_in) for anomaly, _ in one.anomalies}
    for (attack_class, day), members in background.items():
        id_ = digest("background", namespace, attack_class, day)
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


def joined(found: Sequence[Episode]) -> list[Episode]:
    """The episodes, those that are part of a group's taken into it."""
    parts = [campaigns.part(e.entity_type, e.entity_id, e.attack_class, (d for _, d in e.anomalies)) for e in found]
    owners = campaigns.owners(parts)
    taken: dict[int, list[Episode]] = {}
    for number, owner in owners.items():
        taken.setdefault(owner, []).append(found[number])
    return [
        replace(episode, taken_in=tuple(taken.get(number, ())))
        for number, episode in enumerate(found)
        if number not in owners
    ]


def _by_day(episode: Episode) -> list[Episode]:
    """The episode cut by the UTC day its windows start on: what is background belongs to its own day."""
    days: dict[str, list[tuple[str, Document]]] = {}
    for pair in episode.anomalies:
        days.setdefault(pair[1]["event"]["start"][:10], []).append(pair)
    return [replace(episode, anomalies=tuple(pairs)) for pairs in days.values()]


def _known_id(episode: Episode, existing: Mapping[str, Document]) -> str | None:
    """The oldest stored incident of the same entity and class that this episode touches."""
    mine = [
        (document["event"]["start"], id_)
        for id_, document in existing.items()
        if document["wwwatch"]["entity"] == {"type": episode.entity_type, "id": episode.entity_id}
        and document["wwwatch"]["class"] == episode.attack_class
        and not _is_background(document)
        and _time(document, "start") - QUIET <= episode.end
        and episode.start <= _time(document, "end") + QUIET
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
    told = worst["event"]["reason"]
    if severity <= Severity.LOW:
        told = f"{clients:,} clients, each with little; one of them: {told}" if clients > 1 else f"one client: {told}"
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


def _addresses(members: Sequence[Episode]) -> set[str]:
    """Every address that is named: clients, and members of groups."""
    own = {address for episode in members if (address := as_address(episode.entity_id))}
    named = {
        str(address)
        for episode in members
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


def update(store: Store, namespace: str, since: datetime, until: datetime, now: datetime) -> list[Document]:
    """Bring the incidents that touch [since, until) up to date with the anomalies. Return those that changed."""
    found, existing = _reach(store, namespace, _day(since), _day(until - RESOLUTION) + DAY)
    told = {verdict.incident_id: verdict for verdict in verdicts(store, namespace)}
    wanted, membership = compose(namespace, found, existing, now, told)
    gone = {
        id_: document | {"wwwatch": document["wwwatch"] | {"status": WITHDRAWN}}
        for id_, document in existing.items()
        if id_ not in wanted
    }
    changed = {id_: document for id_, document in (wanted | gone).items() if existing.get(id_) != document}
    store.write_documents(names.incidents(namespace), changed.items())
    moved = [
        (id_, document | {"wwwatch": document["wwwatch"] | {"incident_id": membership[id_]}})
        for episode in found
        for id_, document in episode.anomalies
        if id_ in membership and document["wwwatch"].get("incident_id") != membership[id_]
    ]
    store.write_documents(names.anomalies(namespace), moved)
    return list(changed.values())


def _reach(store: Store, namespace: str, low: datetime, high: datetime) -> tuple[list[Episode], dict[str, Document]]:
    """The episodes and stored incidents of whole days, the days widened until no incident leaves them.

    Background may go on for ever and belongs to its day, so only incidents with an entity of their own widen.
    """
    while True:
        existing = dict(store.documents(names.incidents(namespace), _overlapping(low, high, [OPEN, ESCALATED, CLOSED])))
        existing = {id_: d for id_, d in existing.items() if not _is_background(d) or low <= _time(d, "start") < high}
        found = _episodes_of(store, namespace, low, high)
        own = [(_time(d, "start"), _time(d, "end")) for d in existing.values() if not _is_background(d)]
        own += [(episode.start, episode.end) for episode in found if episode.severity > Severity.LOW]
        wider_low = _day(min([low, *(start for start, _ in own)]))
        wider_high = max([high, *(_day(end - RESOLUTION) + DAY for _, end in own)])
        if (wider_low, wider_high) == (low, high):
            return [_within(episode, low, high) for episode in found], existing
        low, high = wider_low, wider_high


def _episodes_of(store: Store, namespace: str, low: datetime, high: datetime) -> list[Episode]:
    """Episodes that touch [low, high), each whole: what crosses an edge is followed beyond it."""
    index = names.anomalies(namespace)
    anomalies = dict(store.documents(index, _overlapping(low, high, [OPEN])))
    crossing = sorted(
        {e.entity_id for e in episodes(anomalies.items()) if e.start - QUIET <= low or e.end + QUIET >= high}
    )
    for number in range(0, len(crossing), ENTITIES_A_REQUEST):
        beyond = _overlapping(low - LONGEST_EPISODE, high + LONGEST_EPISODE, [OPEN])
        beyond["bool"]["filter"].append(
            {"terms": {"wwwatch.entity.id": crossing[number : number + ENTITIES_A_REQUEST]}}
        )
        anomalies |= dict(store.documents(index, beyond))
    return [episode for episode in episodes(anomalies.items()) if episode.start < high and episode.end > low]


def _within(episode: Episode, low: datetime, high: datetime) -> Episode:
    """A background episode without the windows of other days: those days are not being judged."""
    if episode.severity > Severity.LOW:
        return episode
    kept = tuple(pair for pair in episode.anomalies if low <= _time(pair[1], "start") < high)
    return replace(episode, anomalies=kept)


def _is_background(incident: Document) -> bool:
    return bool(incident["event"]["severity"] <= Severity.LOW)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _overlapping(since: datetime, until: datetime, statuses: list[str]) -> Document:
    return {
        "bool": {
            "filter": [
                {"range": {"event.start": {"lt": iso(until)}}},
                {"range": {"event.end": {"gt": iso(since)}}},
                {"terms": {"wwwatch.status": statuses}},
            ]
        }
    }
