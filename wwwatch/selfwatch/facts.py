"""What is known of the watch at one moment, as data. A part that could not be read is None: nothing follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from wwwatch.service.schedule import State

# Activity of a host is known by slots of this length.
SLOT_SECONDS = 300
HISTORY_DAYS = 14


@dataclass(frozen=True)
class Host:
    """A host with events in the last HISTORY_DAYS. newest_event: event time. active: slots (since 1970) with events."""

    name: str
    newest_event: datetime
    active: frozenset[int]


@dataclass(frozen=True)
class Shipper:
    """What a host's shipper told. seen_at: of its last heartbeat. ended: that one said so.

    longest_pause_seconds: between heartbeats of the last HISTORY_DAYS, to the hour; 0 for a shipper that always runs.
    runs: how many pauses there were. behind_bytes: the least of the last minutes' heartbeats, None if too few tell.
    lag_seconds: age of the newest event delivered. hour, week: lines (read, rejected) of the last hour, and of the
    week before it.
    """

    host: str
    seen_at: datetime
    ended: bool
    longest_pause_seconds: float = 0.0
    runs: int = 0
    behind_bytes: int | None = None
    lag_seconds: float | None = None
    hour: tuple[int, int] = (0, 0)
    week: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Unjudged:
    """Minutes whose events the ledger does not count as judged: start of minute -> first seen so."""

    since: Mapping[int, datetime] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class ActiveModel:
    """The model that judges. history_since: of the oldest event."""

    version: str
    trained_at: datetime
    base: bool
    history_since: datetime | None


@dataclass(frozen=True)
class Disk:
    """The disk of a node of the store. limits: shares from which on the store takes no new shards, moves shards away,
    and makes indices read-only.
    """

    node: str
    used_share: float
    limits: tuple[float, float, float]


@dataclass(frozen=True)
class Outbox:
    """Letters that failed to leave and wait to be tried again. oldest_at: when the first of them was put there."""

    waiting: int
    oldest_at: datetime | None
    error: str = ""


@dataclass(frozen=True)
class Facts:
    """All of it, for one site."""

    hosts: tuple[Host, ...] | None = None
    shippers: tuple[Shipper, ...] | None = None
    unjudged: Unjudged | None = None
    model: ActiveModel | None = None
    disks: tuple[Disk, ...] | None = None
    outbox: Outbox | None = None
    jobs: Mapping[str, State] | None = None
