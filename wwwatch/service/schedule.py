"""Which jobs are due, and what becomes of one that ran: pure functions of its state and the time.

A job on the clock is due from its time on until it was done: one missed while nobody ran is made up for once, at the
newest of the missed times, or left out, as its rule says. A job at intervals is due again an interval after it began.
One that failed is tried again after a growing pause. Of one kind and site there is never more than one at work.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from wwwatch.cron import Cron, following, latest
from wwwatch.moments import iso

When = timedelta | Cron
Missed = Literal["made up", "left out"]

# A time on the clock counts as kept when the job starts within this.
PUNCTUAL = timedelta(minutes=15)
CLOCK_PAUSES = (timedelta(minutes=1), timedelta(hours=1))  # first, longest
INTERVAL_PAUSES = (timedelta(seconds=5), timedelta(minutes=1))


@dataclass(frozen=True)
class Job:
    """A kind of work. work: `module:function`, imported when it first runs. slow: may take minutes, and so has a
    worker of its own. missed: what becomes of a time on the clock at which nobody ran. whole_store: done once for all
    sites.
    """

    name: str
    says: str
    work: str
    when: When
    missed: Missed = "left out"
    slow: bool = False
    whole_store: bool = False


@dataclass(frozen=True)
class State:
    """How a job stands for one site; kept in the store.

    done_for: the due time that was settled last. failures: in a row. failing_since: when the first of these was.
    waiting: the last attempt found the store away, which is no failure of the job.
    """

    done_for: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    took_seconds: float | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    reason: str = ""
    outcome: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def stored(self) -> dict[str, Any]:
        """As a document; what says nothing is left out."""
        kept = {name: value for name, value in asdict(replace(self, outcome={})).items() if value not in (None, "", 0)}
        told = {name: iso(value) if isinstance(value, datetime) else value for name, value in kept.items()}
        return told | {"outcome": dict(self.outcome)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "State":
        """The state of a document; what another version wrote and this one does not know is left out."""
        known = {one.name for one in fields(cls)}
        moments = {"done_for", "started_at", "ended_at", "failing_since", "retry_at"}
        values: dict[str, Any] = {
            name: datetime.fromisoformat(value) if name in moments else value
            for name, value in document.items()
            if name in known
        }
        return cls(**values)


@dataclass(frozen=True)
class Due:
    """What to do with a job now. at: the due time to run it for; None: not now. state: settled, if it changed."""

    at: datetime | None
    state: State


def due(job: Job, state: State, now: datetime, zone: ZoneInfo) -> Due:
    """Whether a job that is not at work is due."""
    if isinstance(job.when, timedelta):
        rests = state.started_at is not None and timedelta(0) <= now - state.started_at < job.when
        return Due(None if rests or _pausing(state, now) else now, state)
    if state.done_for is None or state.done_for > now:
        # Never done here, or by a clock that was ahead: from now on it counts.
        return Due(None, replace(state, done_for=now))
    if following(job.when, state.done_for, zone) > now:
        return Due(None, state)
    at = latest(job.when, now, zone)
    if job.missed == "left out" and not state.failures and now - at > PUNCTUAL:
        return Due(None, replace(state, done_for=at))
    return Due(None if _pausing(state, now) else at, state)


def _pausing(state: State, now: datetime) -> bool:
    longest = max(CLOCK_PAUSES)
    return state.retry_at is not None and now < state.retry_at <= now + longest


def next_at(job: Job, state: State, now: datetime, zone: ZoneInfo) -> datetime:
    """When a job comes next, as far as is known now; for people."""
    if _pausing(state, now) and state.retry_at:
        return state.retry_at
    if isinstance(job.when, timedelta):
        return max(now, state.started_at + job.when) if state.started_at else now
    decided = due(job, state, now, zone)
    return now if decided.at else following(job.when, now, zone)


def started(state: State, now: datetime) -> State:
    """The state of a job that begins."""
    return replace(state, started_at=now)


def succeeded(state: State, at: datetime, now: datetime, outcome: Mapping[str, Any]) -> State:
    """The state of a job that was done for the due time `at`."""
    return State(
        done_for=at, started_at=state.started_at, ended_at=now, took_seconds=_took(state, now), outcome=outcome
    )


def failed(job: Job, state: State, now: datetime, reason: str) -> State:
    """The state of a job that failed: tried again after a pause that doubles from failure to failure."""
    failures = state.failures + 1
    return replace(
        state,
        ended_at=now,
        took_seconds=_took(state, now),
        failures=failures,
        failing_since=state.failing_since or now,
        retry_at=now + pause(job, failures),
        reason=reason,
    )


def postponed(job: Job, state: State, now: datetime, reason: str) -> State:
    """The state of a job that found the store away or busy: tried again soon, and not counted as a failure."""
    return replace(state, ended_at=now, retry_at=now + pause(job, 1), reason=reason)


def pause(job: Job, failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    first, longest = INTERVAL_PAUSES if isinstance(job.when, timedelta) else CLOCK_PAUSES
    return min(longest, first * 2.0 ** min(failures - 1, 20))


def _took(state: State, now: datetime) -> float:
    return round((now - (state.started_at or now)).total_seconds(), 3)
