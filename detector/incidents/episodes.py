"""Episodes: anomalies of one entity and class without a long pause, and which belong to a group's. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from detector.classes import Severity
from detector.groups import campaigns

Document = dict[str, Any]

# An entity that was quiet for this long begins a new incident when it comes back.
QUIET = timedelta(hours=1)


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
        return min(time_of(document, "start") for _, document in self.anomalies)

    @property
    def end(self) -> datetime:
        """End of the last window."""
        return max(time_of(document, "end") for _, document in self.anomalies)

    @property
    def severity(self) -> int:
        """The highest of its anomalies."""
        return max(int(document["event"]["severity"]) for _, document in self.anomalies)


def time_of(document: Document, name: str) -> datetime:
    """Of an anomaly or incident. name: start or end."""
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
        run, end = [members[0]], time_of(members[0][1], "end")
        for pair in members[1:]:
            if time_of(pair[1], "start") - end > QUIET:
                found.append(Episode(*key, tuple(run)))
                run = []
            run.append(pair)
            end = max(end, time_of(pair[1], "end")) if len(run) > 1 else time_of(pair[1], "end")
        found.append(Episode(*key, tuple(run)))
    return found


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


def by_day(episode: Episode) -> list[Episode]:
    """The episode cut by the UTC day its windows start on: what is background belongs to its own day."""
    days: dict[str, list[tuple[str, Document]]] = {}
    for pair in episode.anomalies:
        days.setdefault(pair[1]["event"]["start"][:10], []).append(pair)
    return [replace(episode, anomalies=tuple(pairs)) for pairs in days.values()]


def within(episode: Episode, low: datetime, high: datetime) -> Episode:
    """A background episode without the windows of other days: those days are not being judged."""
    if episode.severity > Severity.LOW:
        return episode
    kept = tuple(pair for pair in episode.anomalies if low <= time_of(pair[1], "start") < high)
    return replace(episode, anomalies=kept)
