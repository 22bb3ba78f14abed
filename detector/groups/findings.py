"""From a window's candidates to findings: the smallest entity that explains what happened, and its members."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from detector.classes import Severity
from detector.groups import people, rules
from detector.groups.candidates import (
    AGENT,
    ASN,
    LOGIN,
    LONGEST_RELATED,
    NET,
    SITE,
    Candidate,
    aimed,
    candidates,
    measured,
    members,
)
from detector.groups.evidence import BARE, HUNTS, LOGINS, PAGES
from detector.groups.outage import usual_successes
from detector.groups.screen import Screened
from detector.groups.wording import figures_told, reason
from detector.scoring import Finding
from detector.windows import Span
from wwwatch.signs import Document, Signs
from wwwatch.store import Store

# A part that holds this much of the whole explains it.
EXPLAINS = 0.8
FEW = 0.2
SMALLEST_FIRST = (NET, ASN, AGENT, LOGIN)


@dataclass(frozen=True)
class GroupFinding(Finding):
    """A group in one window, judged: a finding that brings its members, its reason and its events.

    members: addresses or host names, at most `candidates.LONGEST_RELATED`. clients: how many there are. query: its
    events, without the window. target: the path most of them ask for. told: what carried the decision, see
    `explanation.explain`.
    """

    members: tuple[str, ...]
    clients: int
    reason: str
    query: Document
    target: str
    told: list[dict[str, float | str]] = field(default_factory=list)

    @property
    def clients_named(self) -> Sequence[str]:
        """Its members."""
        return self.members


Accepted = tuple[Candidate, rules.Verdict]
# Of these clients, in this window: who is not to be raised whatever they do.
Spared = Callable[[Sequence[str], Span], set[str]]


def nobody(_clients: Sequence[str], _window: Span) -> set[str]:
    """Nobody is spared."""
    return set()


def find(
    store: Store,
    index: str,
    namespace: str,
    found: Screened,
    window_seconds: int,
    signs: Signs,
    usual: float | None,
    spared: Spared = nobody,
) -> list[GroupFinding]:
    """The groups behind one kind of evidence in one window. spared: see `Known.spared`."""
    findings: list[GroupFinding] = []
    for number, split in enumerate(candidates(store, index, namespace, found, window_seconds, signs)):
        carried = number > 0
        accepted = [(one, verdict) for one in split if (verdict := rules.judge(one, usual, carried, with_people=True))]
        for candidate, _ in smallest(accepted):
            one = candidate if carried or candidate.evidence != BARE.name else aimed(candidate)
            judged = _judged(store, index, one, usual, carried, signs, spared)
            if judged is not None:
                findings.append(_finding(judged, usual))
    return findings


def smallest(accepted: Sequence[Accepted]) -> list[Accepted]:
    """Of nested explanations the smallest that holds nearly all of it; of parts without a whole, the kind with most.

    Sorted so that the same candidates give the same findings.
    """
    by_kind = {
        kind: sorted((a for a in accepted if a[0].entity_type == kind), key=lambda a: -a[0].figures["events"])
        for kind in (*SMALLEST_FIRST, SITE)
    }
    whole = by_kind[SITE]
    if whole:
        total = whole[0][0].figures["events"]
        for kind in SMALLEST_FIRST:
            if by_kind[kind] and by_kind[kind][0][0].figures["events"] >= EXPLAINS * total:
                return by_kind[kind][:1]
        return by_kind[LOGIN] or whole
    logins = by_kind[LOGIN]
    for kind in (NET, ASN, AGENT):
        if logins and by_kind[kind] and _events(by_kind[kind][:1]) >= EXPLAINS * _events(logins):
            return by_kind[kind][:1]
    if logins:
        return logins
    return max((by_kind[kind] for kind in SMALLEST_FIRST), key=_events)


def _events(accepted: Sequence[Accepted]) -> float:
    return sum(candidate.figures["events"] for candidate, _ in accepted)


@dataclass(frozen=True)
class Judged:
    """A candidate as its attackers alone make it. names: they. of: how many members it had with all others.

    clients: how many attackers there are, also beyond those that are named. note: what speaks against an attack.
    """

    group: Candidate
    verdict: rules.Verdict
    names: tuple[str, ...]
    of: int
    clients: int
    note: str = ""


def _apart(
    store: Store, index: str, candidate: Candidate, held: Mapping[str, int], usual: float | None, signs: Signs
) -> set[str] | None:
    """Its members that are people, were always here, or act by themselves; None where nothing can be told of them."""
    apart = people.loud(held) if candidate.evidence in (LOGINS.name, HUNTS.name) else set()
    persons = people.among(store, index, candidate.window, list(held), signs)
    if persons is None:
        marked = candidate.evidence == HUNTS.name and candidate.figures["hostile"] >= 0.5 * candidate.figures["events"]
        if candidate.evidence == PAGES.name or (usual is None and not marked):
            return None
        persons = set()
    if candidate.evidence in (BARE.name, PAGES.name):
        regulars = people.regulars(store, index, candidate.window, list(held), signs)
        # Where most of a flood came long ago, too, it is one that goes on; a few are monitors and robots beside it.
        if candidate.evidence == PAGES.name or len(regulars) <= FEW * len(held):
            persons |= regulars
    return apart | persons


def _judged(
    store: Store, index: str, candidate: Candidate, usual: float | None, carried: bool, signs: Signs, spared: Spared
) -> Judged | None:
    """A candidate without those of its members that are no part of it, judged again; None if it is a group no more."""
    held = members(store, index, candidate, signs)
    clients = candidate.figures["clients"] if len(held) == LONGEST_RELATED else len(held)
    apart = _apart(store, index, candidate, held, usual, signs)
    if apart is None:
        return None
    apart |= spared(list(held), candidate.window)
    left = [name for name in held if name not in apart]
    if len(left) < (1 - people.MOST_PEOPLE) * len(held):
        return None
    hits, note = 0, ""
    if candidate.evidence == LOGINS.name:
        before = people.usual_clients(store, index, candidate.window, left, signs)
        strangers = [name for name in left if name not in before]
        got_in = people.passed(store, index, candidate.window, strangers, signs)
        if len(strangers) < (1 - people.MOST_PEOPLE) * len(left):
            note = "most of them used this site before: rather an app or a page that fails than stolen passwords"
        else:
            left, hits = [name for name in strangers if name not in got_in.people], got_in.hits
    group = measured(store, index, candidate, left, signs)
    if group is None:
        return None
    group = replace(group, figures={**group.figures, "hits": float(hits)})
    verdict = rules.judge(group, usual, carried)
    if verdict is None:
        return None
    if candidate.evidence == LOGINS.name and not note and not hits:
        passing = usual_successes(store, index, candidate.window, group.top_path, signs)
        if passing is not None:
            note = (
                f"nobody gets in there now, {passing:,.0f} usually do: rather a login that fails than stolen passwords"
            )
    if note:
        verdict = replace(verdict, severity=Severity.LOW)
    named = int(max(len(left), clients - len(held) + len(left)))
    return Judged(group, verdict, tuple(left), len(held), named, note)


def _finding(judged: Judged, usual: float | None) -> GroupFinding:
    group, verdict, figures = judged.group, judged.verdict, judged.group.figures
    told = reason(group, verdict, usual)
    return GroupFinding(
        entity_type=group.entity_type,
        entity_id=group.entity_id,
        window_start=group.window.start,
        window_seconds=group.window_seconds,
        first_seen=figures["first"],
        last_seen=figures["last"],
        attack_class=verdict.attack_class,
        score=round(1.0 - 0.5 / verdict.excess, 4),
        confidence=round(len(judged.names) / judged.of, 4),
        severity=verdict.severity,
        counts={**figures, "requests": figures["events"]},
        members=judged.names,
        clients=judged.clients,
        reason=f"{told}; {judged.note}" if judged.note else told,
        query=group.query,
        target=group.top_path,
        told=figures_told(group, verdict, usual),
    )
