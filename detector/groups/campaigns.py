"""One cause, one incident: what single members of a group did is part of the group's incident. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]

CLIENT = "ip"
# A group takes in what its members did in the same hour.
SLACK = timedelta(hours=1)
# Classes that one cause shows as: guessing is guessing, and a flood of pages looks like scraping to one window.
FAMILIES = (
    frozenset({"brute_force", "credential_stuffing"}),
    frozenset({"scan", "injection", "brute_force", "credential_stuffing"}),
    frozenset({"dos", "scraping", "unusual"}),
    frozenset({"dos", "scan", "injection"}),
)
MOST_MEMBERS = 0.8
# From what tells an attacker's purpose to what only tells how much it asked for.
SAYS_MOST = ("credential_stuffing", "brute_force", "injection", "scan", "dos", "scraping", "unusual")
# What attackers do to get at something else: who fetches login forms to send them is not scanning.
MEANS = frozenset({"scan", "unusual"})


@dataclass(frozen=True)
class Part:
    """What an episode is, for deciding where it belongs: `members` and `targets` are empty for a client's.

    targets: the path that most members asked for, of each window.
    """

    entity_type: str
    entity_id: str
    attack_class: str
    start: datetime
    end: datetime
    severity: int
    members: frozenset[str]
    targets: frozenset[str] = frozenset()


def part(entity_type: str, entity_id: str, attack_class: str, anomalies: Iterable[Document]) -> Part:
    """Sum up an episode's anomalies."""
    documents = list(anomalies)
    group = entity_type != CLIENT
    return Part(
        entity_type,
        entity_id,
        attack_class,
        min(datetime.fromisoformat(d["event"]["start"]) for d in documents),
        max(datetime.fromisoformat(d["event"]["end"]) for d in documents),
        max(int(d["event"]["severity"]) for d in documents),
        frozenset(address for d in documents for address in d.get("related", {}).get("ip", []) if group),
        frozenset(path for d in documents if group and (path := d.get("url", {}).get("path"))),
    )


def owners(parts: Sequence[Part]) -> Mapping[int, int]:
    """Index of an episode -> index of the episode it is part of.

    A client belongs to a group that names it, in time, in kind, unless it did graver things by itself. A group belongs
    to another that holds most of its members at the same time, whatever their class, or that does the same to the same
    target at the same time, as when an attack comes from several networks: one campaign shows in many ways. Ties go to
    the graver, then to what is no mere means to something else, then to the larger, then to the earlier group.
    """
    groups = sorted(
        (number for number, one in enumerate(parts) if one.members),
        key=lambda number: (
            -parts[number].severity,
            parts[number].attack_class in MEANS,
            -len(parts[number].members),
            parts[number].start,
            number,
        ),
    )
    found: dict[int, int] = {}
    for place, number in enumerate(groups):
        above = (group for group in groups[:place] if group not in found and _same_cause(parts[group], parts[number]))
        if (group := next(above, None)) is not None:
            found[number] = group
    found |= _of_one_client(parts)
    by_member: dict[str, list[int]] = {}
    for group in groups:
        if group not in found:
            for member in parts[group].members:
                by_member.setdefault(member, []).append(group)
    for number, one in enumerate(parts):
        if one.entity_type == CLIENT:
            theirs = (group for group in by_member.get(one.entity_id, ()) if _explains(parts[group], one))
            if (group := next(theirs, None)) is not None:
                found[number] = group
    return {number: _root(found, owner) for number, owner in found.items()}


def _root(found: Mapping[int, int], owner: int) -> int:
    """The episode that is part of no other: a client's may be part of its graver one, which is part of a group's."""
    while owner in found:
        owner = found[owner]
    return owner


def _of_one_client(parts: Sequence[Part]) -> dict[int, int]:
    """What one client did at one time is one cause: a fast scan is a flood to the minute's window, too.

    The gravest tells; of equally grave ones what says most of what the client is after.
    """
    by_client: dict[str, list[int]] = {}
    for number, one in enumerate(parts):
        if one.entity_type == CLIENT:
            by_client.setdefault(one.entity_id, []).append(number)
    found: dict[int, int] = {}
    for numbers in by_client.values():
        ranked = sorted(numbers, key=lambda n: (-parts[n].severity, SAYS_MOST.index(parts[n].attack_class), n))
        for place, number in enumerate(ranked):
            above = (n for n in ranked[:place] if n not in found and _same_deed(parts[n], parts[number]))
            if (owner := next(above, None)) is not None:
                found[number] = owner
    return found


def _same_deed(owner: Part, one: Part) -> bool:
    """Classes of one client that belong together; of one class its episodes are its own."""
    return owner.attack_class != one.attack_class and _meet(owner, one) and _akin(owner.attack_class, one.attack_class)


def _same_cause(group: Part, one: Part) -> bool:
    same_people = len(one.members & group.members) >= MOST_MEMBERS * min(len(one.members), len(group.members))
    same_deed = one.attack_class == group.attack_class and bool(one.targets & group.targets)
    return _meet(group, one) and (same_people or same_deed)


def _explains(group: Part, one: Part) -> bool:
    return _meet(group, one) and one.severity <= group.severity and _akin(group.attack_class, one.attack_class)


def _meet(group: Part, one: Part) -> bool:
    return one.start <= group.end + SLACK and one.end >= group.start - SLACK


def _akin(one: str, other: str) -> bool:
    return any(one in family and other in family for family in FAMILIES)
