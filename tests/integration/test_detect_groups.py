"""Groups on the real engine: each attack by many is one incident that names its members; crowds are none."""

from datetime import UTC, datetime

import pytest

from detector import watch
from detector.attack_rows import bulk_bodies
from detector.detect import Outcome
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
MEDIUM = 47
ATTACKS = {
    "stuffing_distributed": 3.2,
    "dos_distributed_quiet": 9.4,
    "scan_distributed": 14.1,
    "scraping_distributed": 18.3,
}


def ship(store: Store, namespace: str, requests: list[Request]) -> None:
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(requests, stream):
        assert set(store.bulk(stream, body).statuses) <= {201, 409}
    store.refresh(stream)


@pytest.mark.slow
def test_each_attack_by_many_is_one_incident_that_names_its_members(store: Store, namespace: str) -> None:
    start = START.timestamp()
    planned = [Planned(name, start + hour * HOUR, 0.5) for name, hour in ATTACKS.items()]
    requests = generate(Site.shop(41), start, start + 24 * HOUR, 7, 500, planned)
    ship(store, namespace, requests)
    outcome = watch.turn(store, namespace, "test", lambda: NOW)
    assert outcome.groups >= len(ATTACKS)
    found = [document for _, document in store.documents(names.incidents(namespace))]
    raised = [document for document in found if document["event"]["severity"] >= MEDIUM]
    attackers: dict[str, set[str]] = {}
    for request in requests:
        if request.label != "normal":
            attackers.setdefault(request.style, set()).add(request.address)
    classes = {style: next(r.label for r in requests if r.style == style) for style in attackers}
    for style, addresses in attackers.items():
        mine = [d for d in raised if addresses & set(d.get("related", {}).get("ip", []))]
        assert [(d["wwwatch"]["class"], d["wwwatch"]["entity"]["type"] != "ip") for d in mine] == [
            (classes[style], True)
        ], style
        named = set(mine[0]["related"]["ip"])
        assert len(named & addresses) >= 0.9 * len(addresses), style
        assert len(named - addresses) <= 0.1 * len(named), style
        assert mine[0]["wwwatch"]["members"] >= 0.9 * len(addresses)
        assert mine[0]["event"]["original"]
    assert len(raised) == len(attackers)


def test_crowds_of_people_are_no_groups(store: Store, namespace: str) -> None:
    start = START.timestamp()
    crowds = ("flash_crowd", "office_rush", "editors")
    requests = generate(Site.wordpress(42), start, start + 14 * HOUR, 8, 900, harmless=crowds)
    assert {"flash_crowd", "office_rush"} <= {request.style for request in requests}
    ship(store, namespace, requests)
    assert watch.turn(store, namespace, "test", lambda: NOW).groups == 0


def test_of_two_detectors_one_works_and_the_other_says_so(store: Store, namespace: str) -> None:
    start = START.timestamp()
    ship(store, namespace, generate(Site.shop(43), start, start + HOUR, 9, 200))
    seen: list[Outcome] = []

    def while_at_work(step: int = 1, total: int | None = None, description: str | None = None) -> None:
        if not seen:
            seen.append(watch.turn(store, namespace, "second", lambda: NOW))

    first = watch.turn(store, namespace, "first", lambda: NOW, advance=while_at_work)
    assert first.minutes > 0
    assert seen[0].minutes == 0
    assert seen[0].busy.startswith("first, until ")
    store.refresh(names.windows(namespace))
    after = watch.turn(store, namespace, "second", lambda: NOW)
    assert (after.minutes, after.busy) == (0, "")
