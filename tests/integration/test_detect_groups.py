"""Groups on the real engine: each attack by many is one incident that names its members; crowds are none."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from detector import watch
from detector.attack_rows import bulk_bodies
from detector.detect import Outcome
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from wwwatch import control
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
MEDIUM, HIGH = 47, 73
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


def test_an_app_and_a_login_page_that_fail_are_low_at_most(store: Store, namespace: str) -> None:
    start = START.timestamp()
    broken = ("app_users", "login_down", "sync_clients", "editors")
    requests = generate(Site.shop(44), start, start + 30 * HOUR, 12, 600, harmless=broken)
    failed = Counter(r.style for r in requests if r.method == "POST" and r.path == "/account/login" and r.status != 302)
    assert min(failed["app_users"], failed["login_down"]) > 200
    ship(store, namespace, requests)
    watch.turn(store, namespace, "test", lambda: NOW)
    found = [document for _, document in store.documents(names.incidents(namespace))]
    assert [d["event"]["reason"] for d in found if d["event"]["severity"] >= MEDIUM] == []
    assert any("most of them used this site before" in d["event"]["reason"] for d in found)


def test_stuffing_without_success_is_not_critical_whoever_else_logs_in(store: Store, namespace: str) -> None:
    """Half of the people load no assets here, mistype and log in, all day long."""
    start = START.timestamp()
    planned = [Planned("stuffing_distributed", start + 9.3 * HOUR, 0.4), Planned("brute_force_slow", start, 0.8)]
    requests = generate(Site.shop(45), start, start + 24 * HOUR, 13, 1500, planned)
    bare = [
        r for r in requests if not (r.label == "normal" and r.path.startswith(("/static", "/img")) and r.time % 2 < 1)
    ]
    ship(store, namespace, bare)
    watch.turn(store, namespace, "test", lambda: NOW)
    raised = [
        document
        for _, document in store.documents(names.incidents(namespace))
        if document["event"]["severity"] >= MEDIUM
    ]
    by_class = {d["wwwatch"]["class"]: d for d in raised}
    assert sorted(d["wwwatch"]["class"] for d in raised) == ["brute_force", "credential_stuffing"]
    stuffing, guesser = by_class["credential_stuffing"], by_class["brute_force"]
    assert stuffing["event"]["severity"] == HIGH
    assert guesser["wwwatch"]["entity"]["type"] == "ip"
    assert guesser["wwwatch"]["entity"]["id"] not in stuffing["related"]["ip"]
    told = int(stuffing["event"]["reason"].split()[0].replace(",", ""))
    assert told == stuffing["wwwatch"]["members"] == len(stuffing["related"]["ip"])


def test_members_on_the_allow_list_make_no_group(store: Store, namespace: str) -> None:
    start = START.timestamp()
    planned = [Planned("stuffing_network", start + 5.2 * HOUR, 0.6)]
    requests = generate(Site.shop(46), start, start + 8 * HOUR, 14, 300, planned)
    for address in {r.address for r in requests if r.label != "normal"}:
        control.allow(store, namespace, control.as_network(address), "our load test", None, NOW)
    ship(store, namespace, requests)
    watch.turn(store, namespace, "test", lambda: NOW)
    found = [document for _, document in store.documents(names.incidents(namespace))]
    assert [d["event"]["reason"] for d in found if d["event"]["severity"] >= MEDIUM] == []


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
