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
    frozenset({"dos", "scan"}),
)
MOST_MEMBERS = 0.8
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
    """Index of an episode -> index of the group's episode it is part of.

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
    return found


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
