"""Brings the stored incidents up to date with the stored anomalies, whole days at a time."""

from datetime import datetime, timedelta

from detector.anomalies import OPEN, WITHDRAWN
from detector.classes import Severity
from detector.incidents.composing import CLOSED, DAY, ESCALATED, compose, is_background
from detector.incidents.episodes import QUIET, Document, Episode, episodes, time_of, within
from wwwatch.control import verdicts
from wwwatch.moments import iso
from wwwatch.store import Store, names

# How far beyond a day an entity's windows are followed to see whether an episode goes on.
LONGEST_EPISODE = timedelta(days=7)
ENTITIES_A_REQUEST = 1000
RESOLUTION = timedelta(milliseconds=1)


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
        existing = {id_: d for id_, d in existing.items() if not is_background(d) or low <= time_of(d, "start") < high}
        found = _episodes_of(store, namespace, low, high)
        own = [(time_of(d, "start"), time_of(d, "end")) for d in existing.values() if not is_background(d)]
        own += [(episode.start, episode.end) for episode in found if episode.severity > Severity.LOW]
        wider_low = _day(min([low, *(start for start, _ in own)]))
        wider_high = max([high, *(_day(end - RESOLUTION) + DAY for _, end in own)])
        if (wider_low, wider_high) == (low, high):
            return [within(episode, low, high) for episode in found], existing
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
