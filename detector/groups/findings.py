"""From a window's candidates to findings: the smallest entity that explains what happened, and its members."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from detector.groups import people, rules
from detector.groups.candidates import (
    AGENT,
    ASN,
    LOGIN,
    LONGEST_RELATED,
    NET,
    SITE,
    Candidate,
    candidates,
    measured,
    members,
)
from detector.groups.evidence import BARE, HUNTS
from detector.groups.screen import Screened
from detector.groups.wording import figures_told, reason
from detector.scoring import Finding
from detector.signs import Document, Signs
from wwwatch.store import Store

# A part that holds this much of the whole explains it.
EXPLAINS = 0.8
SMALLEST_FIRST = (NET, ASN, AGENT, LOGIN)


@dataclass(frozen=True)
class GroupFinding(Finding):
    """A group in one window, judged: a finding that brings its members, its reason and its events.

    members: addresses or host names, at most `candidates.LONGEST_RELATED`. clients: how many there are. query: its
    events, without the window. told: what carried the decision, see `explanation.explain`.
    """

    members: tuple[str, ...]
    clients: int
    reason: str
    query: Document
    told: list[dict[str, float | str]] = field(default_factory=list)


Accepted = tuple[Candidate, rules.Verdict]


def find(
    store: Store,
    index: str,
    namespace: str,
    found: Screened,
    window_seconds: int,
    signs: Signs,
    usual: float | None,
) -> list[GroupFinding]:
    """The groups behind one kind of evidence in one window."""
    findings: list[GroupFinding] = []
    for number, split in enumerate(candidates(store, index, namespace, found, window_seconds, signs)):
        carried = found.evidence == BARE.name and number > 0
        accepted = [(one, verdict) for one in split if (verdict := rules.judge(one, usual, carried, with_people=True))]
        for candidate, _ in smallest(accepted):
            if finding := _finding(store, index, candidate, usual, carried, signs):
                findings.append(finding)
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


def _finding(
    store: Store, index: str, candidate: Candidate, usual: float | None, carried: bool, signs: Signs
) -> GroupFinding | None:
    """A candidate without the people among its members, judged again; None if it is a group no more."""
    names = members(store, index, candidate, signs)
    persons = people.among(store, index, candidate.window, names, signs)
    if persons is None:
        marked = candidate.evidence == HUNTS.name and candidate.figures["hostile"] >= 0.5 * candidate.figures["events"]
        if usual is None and not marked:
            return None
        persons = set()
    left = [name for name in names if name not in persons]
    if len(left) < (1 - people.MOST_PEOPLE) * len(names):
        return None
    group = measured(store, index, candidate, left, signs)
    verdict = rules.judge(group, usual, carried) if group else None
    if group is None or verdict is None:
        return None
    figures = group.figures
    return GroupFinding(
        entity_type=group.entity_type,
        entity_id=group.entity_id,
        window_start=group.window.start,
        window_seconds=group.window_seconds,
        first_seen=figures["first"],
        last_seen=figures["last"],
        attack_class=verdict.attack_class,
        score=round(1.0 - 0.5 / verdict.excess, 4),
        confidence=round(len(left) / len(names), 4),
        severity=verdict.severity,
        counts={**figures, "requests": figures["events"]},
        members=tuple(left),
        clients=int(max(len(left), candidate.figures["clients"] if len(names) == LONGEST_RELATED else 0)),
        reason=reason(group, verdict, usual),
        query=group.query,
        told=figures_told(group, verdict, usual),
    )
