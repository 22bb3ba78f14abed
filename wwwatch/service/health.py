"""Is the service well? Pure, from what it knows of itself: no request is made to answer.

Alive: it ticks. Ready: alive, the store answers, its jobs do not fail, and somebody works for every site. An instance
that stands by for another is ready.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wwwatch.service.schedule import State

# A tick takes milliseconds and comes each second: after this long the process hangs.
STALLED = timedelta(seconds=30)
# A store that restarts is away for about so long.
AWAY = timedelta(minutes=1)


@dataclass(frozen=True)
class SiteView:
    """One site as the service sees it. other: who works for it, if not we."""

    namespace: str
    leads: bool
    other: str
    states: Mapping[str, State]


@dataclass(frozen=True)
class View:
    """The service at one moment. away_since: since when the store does not answer, and why."""

    now: datetime
    started_at: datetime
    ticked_at: datetime
    away_since: datetime | None
    away: str
    sites: Sequence[SiteView]
    job_failures: int


@dataclass(frozen=True)
class Health:
    """What to answer: well or not, and why not."""

    well: bool
    reasons: tuple[str, ...] = ()


def alive(view: View) -> Health:
    """Whether the process works at all: one that is not should be started again."""
    silent = view.now - max(view.ticked_at, view.started_at)
    if silent > STALLED:
        return Health(False, (f"no tick for {silent.total_seconds():.0f} s",))
    return Health(True)


def ready(view: View) -> Health:
    """Whether everything is done that should be: starting again helps only if it is not alive either."""
    reasons = list(alive(view).reasons)
    if view.away_since and view.now - view.away_since > AWAY:
        reasons.append(f"the store does not answer since {view.away_since:%Y-%m-%dT%H:%M:%SZ}: {view.away}")
    elif view.now - view.started_at > AWAY:
        reasons += [
            f"nobody works for {site.namespace}" for site in view.sites if not site.leads and not site.other
        ]  # fmt: skip
    reasons += [
        f"{site.namespace}: {name} failed {state.failures} times in a row: {state.reason}"
        for site in view.sites
        if site.leads
        for name, state in sorted(site.states.items())
        if state.failures >= view.job_failures
    ]
    return Health(not reasons, tuple(reasons))
