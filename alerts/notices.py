"""Which alerts to give: incidents, what was told before, the budget and the time in; notices out. Pure.

An incident is told when it opens, when it becomes graver and when it is over. Incidents of one kind that follow each
other without an hour's pause are one attack, whoever joins it: it gets a few alerts a day, in which new ones are told
together. What no alert tells is remembered with the reason, for the digest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts.memory import Given, Memory, Notice, Told
from wwwatch.questions import SEVERITIES

OPENED, ESCALATED, CLOSED = "opened", "escalated", "closed"
ATTACK, HOUR = "attack", "hour"
# Classes that one attack shows as.
KINDS = {
    "brute_force": "guessing", "credential_stuffing": "guessing", "dos": "load", "scraping": "load", "unusual": "load",
    "scan": "probing", "injection": "probing",
}  # fmt: skip
PAUSE = timedelta(hours=1)
BUDGET_HOUR, BUDGET_DAY = timedelta(hours=1), timedelta(days=1)
NAMED_AT_MOST = 20


@dataclass(frozen=True)
class Case:
    """An incident as this decision needs it. over: closed or withdrawn. judged: a person said what it is."""

    id: str
    attack_class: str
    severity: int
    start: datetime
    end: datetime
    requests: int
    over: bool = False
    withdrawn: bool = False
    judged: bool = False
    dismissed: bool = False

    @property
    def attack(self) -> str:
        """The kind of attack; a class of its own, such as a self incident's, is its own kind."""
        return KINDS.get(self.attack_class, self.attack_class)


@dataclass(frozen=True)
class Budget:
    """How much is told and when not. severity, quiet_severity: as event.severity. quiet: hours of the site's day."""

    severity: int = SEVERITIES["medium"]
    mails_an_hour: int = 6
    mails_an_attack: int = 3
    quiet: tuple[time, time] | None = None
    quiet_severity: int = SEVERITIES["critical"]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def quiet_until(self, now: datetime) -> datetime | None:
        """When the quiet hours that hold now end; None outside of them."""
        if self.quiet is None:
            return None
        start, end = self.quiet
        local = now.astimezone(self.zone)
        clock = local.time()
        inside = start <= clock < end if start < end else clock >= start or clock < end
        if not inside:
            return None
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, self.zone)


@dataclass(frozen=True)
class Attack:
    """Incidents of one kind without a pause. since, until: also of the alerts on it, which may reach further."""

    cases: tuple[Case, ...]
    since: datetime
    until: datetime

    @property
    def severity(self) -> int:
        """The gravest of its incidents."""
        return max(case.severity for case in self.cases)

    def given(self, memory: Memory, now: datetime) -> tuple[Given, ...]:
        """The alerts on it within a day."""
        kind = self.cases[0].attack
        mine = (one for one in memory.given if one.attack == kind and one.at > now - BUDGET_DAY)
        return tuple(one for one in mine if one.since <= self.until and one.until >= self.since)


def decide(cases: Iterable[Case], memory: Memory, budget: Budget, now: datetime) -> Memory:
    """The memory after deciding on these incidents; the notices to give are its `undone`.

    cases: the incidents of the last day and those that were told and are not closed. now: the clock.
    """
    grave = [case for case in cases if case.severity >= budget.severity]
    memory = memory.kept(now)
    for attack in attacks(grave, memory.given):
        memory = _raised(attack, memory, budget, now)
        memory = _ended(attack, memory, budget, now)
    return memory


def attacks(cases: Sequence[Case], given: Sequence[Given]) -> list[Attack]:
    """Join what is of one kind and follows each other without a PAUSE; the gravest attack first."""
    found = []
    for kind in sorted({case.attack for case in cases}):
        spans: list[tuple[datetime, datetime, Case | None]] = [(c.start, c.end, c) for c in cases if c.attack == kind]
        spans += [(one.since, one.until, None) for one in given if one.attack == kind]
        spans.sort(key=lambda span: span[:2])
        runs: list[tuple[datetime, datetime, list[Case]]] = []
        for start, end, member in spans:
            if runs and start - runs[-1][1] <= PAUSE:
                since, until, members = runs[-1]
                runs[-1] = (since, max(until, end), members)
            else:
                members = []
                runs.append((start, end, members))
            if member:
                members.append(member)
        found += [Attack(tuple(members), since, until) for since, until, members in runs if members]
    return sorted(found, key=lambda attack: (-attack.severity, attack.since))


def _raised(attack: Attack, memory: Memory, budget: Budget, now: datetime) -> Memory:
    """What opened or became graver, told together."""
    fresh = [
        case
        for case in attack.cases
        if not case.withdrawn
        and not case.dismissed
        and (case.id not in memory.told or case.severity > memory.told[case.id].severity)
    ]
    if not fresh:
        return memory
    fresh.sort(key=lambda case: (-case.severity, -case.requests, case.start, case.id))
    lead = fresh[0]
    event = ESCALATED if lead.id in memory.told and memory.told[lead.id].mailed else OPENED
    return _told(event, fresh, attack, memory, budget, now)


def _ended(attack: Attack, memory: Memory, budget: Budget, now: datetime) -> Memory:
    """The end of an attack, told once, of those that were told: not while any of it goes on."""
    if not all(case.over for case in attack.cases):
        return memory
    ended = [
        case
        for case in attack.cases
        if (told := memory.told.get(case.id)) and told.mailed and not told.closed and not case.judged
    ]
    if not ended:
        return memory
    ended.sort(key=lambda case: (-case.severity, -case.requests, case.start, case.id))
    return _told(CLOSED, ended, attack, memory, budget, now)


def _told(event: str, cases: Sequence[Case], attack: Attack, memory: Memory, budget: Budget, now: datetime) -> Memory:
    """The memory with these told by one notice or, where the budget is used up, with why they are not."""
    lead = cases[0]
    given = attack.given(memory, now)
    withheld = _withheld(event, lead.severity, given, memory, budget, now)
    told = dict(memory.told)
    for case in cases:
        before = told.get(case.id)
        told[case.id] = Told(
            severity=case.severity,
            # One that was over when it was first told needs no second alert to say so.
            closed=case.over if event != CLOSED else True,
            mailed=not withheld or bool(before and before.mailed),
            at=now,
            end=case.end,
            withheld=withheld,
        )
    if withheld:
        return replace(memory, told=MappingProxyType(told))
    since, until = min(case.start for case in cases), max(case.end for case in cases)
    one = Given(now, lead.attack, lead.severity, since, until)
    notice = Notice(
        event=event,
        lead=lead.id,
        items=tuple(case.id for case in cases[:NAMED_AT_MOST]),
        count=len(cases),
        severity=lead.severity,
        at=now,
        due_at=now if lead.severity >= budget.quiet_severity else budget.quiet_until(now) or now,
    )
    after = replace(memory, told=MappingProxyType(told), given=(*memory.given, one))
    # The alert that uses the budget up says so.
    last = _withheld(OPENED, lead.severity, (*given, one), after, budget, now) if event != CLOSED else ""
    return replace(after, undone=(*memory.undone, replace(notice, last=last)))


def _withheld(event: str, severity: int, given: Sequence[Given], memory: Memory, budget: Budget, now: datetime) -> str:
    """Which budget forbids an alert; empty if none does.

    The last alert of an attack is kept for its first critical incident or, without one, for its end; the last third
    of an hour's for critical ones.
    """
    critical = severity >= SEVERITIES["critical"]
    this_hour = sum(one.at > now - BUDGET_HOUR for one in memory.given)
    if this_hour >= budget.mails_an_hour - (0 if critical else budget.mails_an_hour // 3):
        return HOUR
    first_critical = critical and not any(one.severity >= SEVERITIES["critical"] for one in given)
    kept_back = 0 if event == CLOSED or first_critical else 1
    return ATTACK if len(given) >= max(1, budget.mails_an_attack - kept_back) else ""
