"""What a digest tells, as plain frozen data: no store, no words, no colours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STATUS_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
NO_STATUS = "none"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Span:
    """Event time from `since` up to, not including, `until`; both aware."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    @property
    def before(self) -> "Span":
        """The span of equal length that ends where this one begins."""
        return Span(self.since - self.length, self.since)

    @property
    def week_before(self) -> "Span":
        """The same days of the week before; of a longer span the span before, so that the two never overlap."""
        back = max(WEEK, self.length)
        return Span(self.since - back, self.until - back)


@dataclass(frozen=True)
class Feature:
    """A figure that carried the decision: seen, usual, and its share in the decision."""

    name: str
    observed: float
    expected: float
    contribution: float


@dataclass(frozen=True)
class Incident:
    """One episode, as stored. Texts are as in the log: whoever shows them makes them safe.

    hostile: what the sysadmin said it was; None: nothing yet.
    """

    attack_class: str
    title: str
    entity_type: str
    entity_id: str
    severity: str
    status: str
    start: datetime
    end: datetime
    reason: str
    requests: int
    members: int
    technique: str
    features: tuple[Feature, ...]
    samples: tuple[str, ...]
    id: str = ""
    hostile: bool | None = None


@dataclass(frozen=True)
class Background:
    """Low-severity findings of one class in the span, which need nobody's attention one by one."""

    attack_class: str
    clients: int
    anomalies: int


@dataclass(frozen=True)
class Incidents:
    """Incidents that touch the span. `detailed`: the gravest; counts: class -> severity -> how many, of all."""

    detailed: tuple[Incident, ...]
    counts: Mapping[str, Mapping[str, int]]
    not_closed: int
    background: tuple[Background, ...]

    @property
    def total(self) -> int:
        """How many incidents above background."""
        return sum(self.by_severity.values())

    @property
    def by_severity(self) -> dict[str, int]:
        """Severity -> how many, the gravest first, without zeros."""
        found = {
            name: sum(counts.get(name, 0) for counts in self.counts.values()) for name in ("critical", "high", "medium")
        }
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Traffic:
    """Requests of a span. by_status: status class (`2xx`, or `none`) -> requests."""

    requests: int
    clients: int
    body_bytes: int
    by_status: Mapping[str, int]


@dataclass(frozen=True)
class Point:
    """Requests by status class in one step of time."""

    start: datetime
    by_status: Mapping[str, int]


@dataclass(frozen=True)
class Timeline:
    """Equal steps over the whole span, those without requests included."""

    step_seconds: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Change:
    """A client, path or agent whose number of requests changed most."""

    kind: str
    name: str
    requests: int
    requests_before: int


@dataclass(frozen=True)
class Coverage:
    """Minutes of the span that hold events, and those of them whose every event was judged."""

    minutes_with_events: int
    minutes_judged: int
    model_versions: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that arrived was judged."""
        return self.minutes_judged >= self.minutes_with_events


@dataclass(frozen=True)
class SilentHost:
    """A host that sent events in the span before and none in this one."""

    name: str
    last_event: datetime
    requests_before: int


@dataclass(frozen=True)
class VirtualHost:
    """One of several virtual hosts of a site, with its requests by status class."""

    name: str
    requests: int
    clients: int
    by_status: Mapping[str, int]


@dataclass(frozen=True)
class Newcomer:
    """A client that probed or attacked in the span and is in no memory from before."""

    name: str
    attack_class: str
    requests: int


@dataclass(frozen=True)
class Newcomers:
    """Scanners never seen before: the busiest, and how many there are. at_least: there are more than were counted."""

    busiest: tuple[Newcomer, ...]
    total: int
    at_least: bool = False


@dataclass(frozen=True)
class Lag:
    """How far shippers were behind their logs in the span, at worst. hosts: shippers heard of."""

    hosts: int
    seconds: float = 0.0
    host: str = ""


@dataclass(frozen=True)
class ModelState:
    """The model that judges now. drift: newest population stability index of a feature; None: too little to tell."""

    version: str
    trained_at: datetime
    base: bool
    drift: float | None
    drift_feature: str


@dataclass(frozen=True)
class DigestFacts:
    """All a digest says of a span of one site. rejects: reason word -> lines no format took.

    compared: the span that `traffic_before` and the changes are of. own: incidents of the watch itself. withheld:
    why -> incidents no alert told of. unknown: what could not be read -> why; what that would tell reads as nothing.
    """

    namespace: str
    span: Span
    incidents: Incidents
    traffic: Traffic
    traffic_before: Traffic
    timeline: Timeline
    changes: tuple[Change, ...]
    rejects: Mapping[str, int]
    coverage: Coverage
    silent_hosts: tuple[SilentHost, ...]
    compared: Span
    newcomers: Newcomers
    lag: Lag
    model: ModelState | None
    own: tuple[Incident, ...]
    withheld: Mapping[str, int]
    virtual_hosts: tuple[VirtualHost, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
