"""What was told already: one document a site, so that deciding is one compare-and-swap.

Of each incident the gravest that was told; the alerts that were given, for the budget; and the notices that are
decided but not in the outbox yet, so that a crash in between loses none.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from wwwatch.moments import iso
from wwwatch.store import Store, Versioned, names

Document = dict[str, Any]

KIND = "alerts"
# An incident is told of within a day, an episode is followed for a week.
KEPT = timedelta(days=10)
KEPT_MAILS = timedelta(days=2)


@dataclass(frozen=True)
class Told:
    """What is known to have been told of an incident.

    severity: the gravest that was decided about. mailed: whether an alert named it. at: the clock, end: event time.
    withheld: why no alert names it, if none does.
    """

    severity: int
    closed: bool
    mailed: bool
    at: datetime
    end: datetime
    withheld: str = ""


@dataclass(frozen=True)
class Given:
    """An alert that counted. attack: its kind; since, until: when the incidents in it were, event time."""

    at: datetime
    attack: str
    severity: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Notice:
    """One alert to be given. lead: the incident it is about; items: those it names, the lead first, of `count`.

    last: which budget it exhausts (`hour`, `attack`), to be said in it.
    """

    event: str
    lead: str
    items: tuple[str, ...]
    count: int
    severity: int
    at: datetime
    due_at: datetime
    last: str = ""

    @property
    def id(self) -> str:
        """The same for the same thing to tell."""
        return f"{self.event}:{self.lead}:{self.severity}"


@dataclass(frozen=True)
class Memory:
    """All of it. told: by incident id."""

    told: Mapping[str, Told] = field(default_factory=lambda: MappingProxyType({}))
    given: tuple[Given, ...] = ()
    undone: tuple[Notice, ...] = ()

    def kept(self, now: datetime) -> "Memory":
        """Without what is too old to matter."""
        return replace(
            self,
            told=MappingProxyType({id_: told for id_, told in self.told.items() if told.at > now - KEPT}),
            given=tuple(one for one in self.given if one.at > now - KEPT_MAILS),
        )

    def withheld(self, since: datetime, until: datetime) -> dict[str, int]:
        """Incidents that ended in [since, until), event time, of which no alert told: reason -> how many."""
        counts: dict[str, int] = {}
        for told in self.told.values():
            if told.withheld and not told.mailed and since <= told.end < until:
                counts[told.withheld] = counts.get(told.withheld, 0) + 1
        return counts


def read(store: Store, namespace: str) -> tuple[Memory, Versioned | None]:
    """The memory of a site, and its document, to be replaced."""
    held = store.versioned_document(names.CONTROL, _id(namespace))
    if held is None:
        return Memory(), None
    stored = held.document["wwwatch"]["alerts"]
    told = {id_: _load(Told, entry) for id_, entry in stored["told"].items()}
    memory = Memory(
        MappingProxyType(told),
        tuple(_load(Given, entry) for entry in stored["given"]),
        tuple(_load(Notice, entry) for entry in stored["undone"]),
    )
    return memory, held


def write(store: Store, namespace: str, memory: Memory, before: Versioned | None, now: datetime) -> bool:
    """Replace the memory if nobody else has since it was read. Return whether it was."""
    stored = {
        "told": {id_: _dump(told) for id_, told in memory.told.items()},
        "given": [_dump(given) for given in memory.given],
        "undone": [_dump(notice) for notice in memory.undone],
    }
    document = {"@timestamp": iso(now), "wwwatch": {"kind": KIND, "namespace": namespace, "alerts": stored}}
    return store.replace_document(names.CONTROL, _id(namespace), document, before)


def _id(namespace: str) -> str:
    return f"{KIND}:{namespace}"


def _dump(entry: Told | Given | Notice) -> Document:
    return {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in asdict(entry).items()
        if value != ""
    }


def _load(kind: Any, stored: Document) -> Any:
    """What another version wrote and this one does not know is left out."""
    known = {one.name: stored[one.name] for one in fields(kind) if one.name in stored}
    moments = {
        name: datetime.fromisoformat(known[name]) for name in ("at", "end", "since", "until", "due_at") if name in known
    }
    lists = {"items": tuple(known["items"])} if "items" in known else {}
    return kind(**(known | moments | lists))
