"""What was found in the test bed, beside what its simulator did: `make testbed-report`.

`python -m bench.testbed [--watch SECONDS] [--namespace NS]` reads ground truth and incidents from the store of
WWWATCH_URL. With --watch it looks every second, and tells how long after its first request an attack was an incident.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.attacks import ATTACKS
from wwwatch.console import print_json, print_table
from wwwatch.errors import StoreError
from wwwatch.settings import load
from wwwatch.store import Store, connect, names

Document = dict[str, Any]
MEDIUM = 47
# Windows reach a little beyond the requests in them.
SLACK = timedelta(minutes=2)
# An attack that began just now had no time to be found.
YOUNG_SECONDS = 60.0
LOOK_SECONDS = 1.0


@dataclass
class Attack:
    """One run of the simulator's. found: ids of incidents that name one of its addresses, worst first."""

    run_id: str
    attack_class: str
    style: str
    start: datetime
    end: datetime
    requests: int = 0
    addresses: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    named: bool = False
    severity: int = 0


@dataclass(frozen=True)
class Comparison:
    """Attacks with what was found of each, and ids of incidents of medium severity or more that no attack explains."""

    attacks: list[Attack]
    false_ids: list[str]


def attacks_of(labels: Iterable[Document]) -> list[Attack]:
    """The runs of the ground truth, by their beginning."""
    found: dict[str, Attack] = {}
    for label in labels:
        told = label["wwwatch"]
        start, end = (datetime.fromisoformat(label["event"][name]) for name in ("start", "end"))
        attack = found.setdefault(
            told["run_id"], Attack(told["run_id"], told["class"], told["style"], start, end)
        )  # fmt: skip
        attack.start, attack.end = min(attack.start, start), max(attack.end, end)
        attack.requests += told["requests"]
        attack.addresses.add(label["source"]["address"])
    return sorted(found.values(), key=lambda attack: attack.start)


def named_addresses(incident: Document) -> set[str]:
    """The clients an incident names."""
    return {incident["wwwatch"]["entity"]["id"], *incident.get("related", {}).get("ip", [])}


def compare(labels: Iterable[Document], incidents: Mapping[str, Document]) -> Comparison:
    """Which attacks are in an incident that overlaps them in time and names one of their addresses."""
    attacks = attacks_of(labels)
    explained: set[str] = set()
    for id_, incident in sorted(incidents.items(), key=lambda item: -item[1]["event"]["severity"]):
        start, end = (datetime.fromisoformat(incident["event"][name]) for name in ("start", "end"))
        clients = named_addresses(incident)
        for attack in attacks:
            if attack.addresses & clients and attack.start - SLACK <= end and start <= attack.end + SLACK:
                attack.found.append(id_)
                attack.named |= incident["wwwatch"]["class"] == attack.attack_class
                attack.severity = max(attack.severity, incident["event"]["severity"])
                explained.add(id_)
    raised = (id_ for id_, incident in incidents.items() if incident["event"]["severity"] >= MEDIUM)
    return Comparison(attacks, [id_ for id_ in raised if id_ not in explained])


def by_class(attacks: Sequence[Attack], first_seen: Mapping[str, datetime]) -> list[Document]:
    """Per class: attacks, how many found, rightly named, raised to medium or more, and seconds to the incident.

    first_seen: when an incident's id was first there; of those not in it nothing is known.
    """
    rows = []
    for name in sorted({attack.attack_class for attack in attacks}):
        mine = [attack for attack in attacks if attack.attack_class == name]
        delays = [
            min((first_seen[id_] - attack.start).total_seconds() for id_ in attack.found if id_ in first_seen)
            for attack in mine
            if any(id_ in first_seen for id_ in attack.found)
        ]
        rows.append(
            {
                "class": name,
                "attacks": len(mine),
                "found": sum(bool(attack.found) for attack in mine),
                "named": sum(attack.named for attack in mine),
                "medium": sum(attack.severity >= MEDIUM for attack in mine),
                "seconds": round(statistics.median(delays), 1) if delays else None,
            }
        )
    return rows


def judged(attacks: Iterable[Attack], now: datetime) -> list[Attack]:
    """Those that a log can show, and that did not begin just now."""
    old_enough = now - timedelta(seconds=YOUNG_SECONDS)
    return [attack for attack in attacks if ATTACKS[attack.style].visible_in_log and attack.start <= old_enough]


def incidents_of(store: Store, namespace: str) -> dict[str, Document]:
    """The incidents that stand, by id."""
    standing = {"bool": {"must_not": [{"term": {"wwwatch.status": "withdrawn"}}]}}
    return dict(store.documents(names.incidents(namespace), standing))


def watch(store: Store, namespace: str, seconds: float) -> dict[str, datetime]:
    """When each incident that appears within these seconds was first there. What is there already is left out."""
    before, seen = set(incidents_of(store, namespace)), dict[str, datetime]()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # An index that is being made answers in part, a moment later whole.
        with suppress(StoreError):
            for id_ in set(incidents_of(store, namespace)) - before:
                seen.setdefault(id_, datetime.now(UTC))
        time.sleep(LOOK_SECONDS)
    return seen


def main() -> None:
    """Compare, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.testbed", description=__doc__)
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--watch", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="one object: classes, attacks, false incidents")
    arguments = parser.parse_args()
    store = connect(load())
    first_seen = watch(store, arguments.namespace, arguments.watch)
    labels = [document for _, document in store.documents(names.labels(arguments.namespace))]
    incidents = incidents_of(store, arguments.namespace)
    comparison = compare(labels, incidents)
    attacks = judged(comparison.attacks, datetime.now(UTC))
    rows = by_class(attacks, first_seen)
    false = [
        {"entity": incidents[id_]["wwwatch"]["entity"]["id"], "reason": incidents[id_]["event"]["reason"]}
        for id_ in comparison.false_ids
    ]
    if arguments.json:
        told = [{"style": a.style, "class": a.attack_class, "requests": a.requests, "addresses": len(a.addresses),
                 "found": bool(a.found), "named": a.named, "severity": a.severity} for a in attacks]  # fmt: skip
        print_json([{"classes": rows, "attacks": told, "false": false}])
        return
    print_table(
        "Attacks, and what was found of them",
        ("at", "style", "requests", "addresses", "found", "named", "severity"),
        [
            (f"{a.start:%H:%M:%S}", a.style, a.requests, len(a.addresses), "yes" if a.found else "no",
             "yes" if a.named else "no", a.severity or "")
            for a in attacks
        ],
        numeric=("requests", "addresses", "severity"),
    )  # fmt: skip
    columns = ("class", "attacks", "found", "named", "medium", "seconds")
    print_table(
        "By class; seconds from the first request to the incident, the median of those watched",
        columns,
        [tuple("" if row[name] is None else row[name] for name in columns) for row in rows],
        numeric=columns[1:],
    )
    print_table("Incidents of medium severity or more that no attack explains", ("entity", "reason"),
                [(one["entity"], one["reason"]) for one in false])  # fmt: skip


if __name__ == "__main__":
    main()
