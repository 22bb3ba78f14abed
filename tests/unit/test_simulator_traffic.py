"""A site's traffic: the same seed gives the same, people and attackers are who they say they are."""

import hashlib
import random
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest

from simulator import lines, traffic
from simulator.attacks import ATTACKS
from simulator.machines import MACHINES, usual
from simulator.planning import spread
from simulator.request import CLASSES, NORMAL, Request
from simulator.site import Site
from simulator.traffic import Planned, generate, stream
from simulator.truth import ground_truth, label_documents
from simulator.words import INNOCENT_LOOKALIKES

START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()  # a Monday
HOUR = 3600.0
DAY = 24 * HOUR
ATTACK = Planned("brute_force_wordpress", START + 2 * HOUR, 0.4)
SCAN = Planned("scan_backups_distributed", START + 3 * HOUR, 0.3)
SITES = {"shop": Site.shop, "wordpress": Site.wordpress, "static": Site.static}


@pytest.fixture(scope="module", params=list(SITES))
def site(request: pytest.FixtureRequest) -> Site:
    return SITES[request.param](1)


@pytest.fixture(scope="module")
def shop_day() -> list[Request]:
    return generate(Site.shop(1), START, START + DAY, 5, 800, [ATTACK, SCAN], tuple(MACHINES))


def digest(requests: list[Request]) -> str:
    return hashlib.sha256("\n".join(map(lines.combined, requests)).encode()).hexdigest()


def test_same_seed_gives_same_traffic(site: Site) -> None:
    first = generate(site, START, START + 6 * HOUR, 5, 200, [ATTACK])

    assert first == generate(site, START, START + 6 * HOUR, 5, 200, [ATTACK])
    assert first != generate(site, START, START + 6 * HOUR, 6, 200, [ATTACK])


def test_another_process_with_another_hash_seed_gives_same_traffic() -> None:
    program = (
        "from tests.unit.test_simulator_traffic import *\n"
        "styles = [Planned(name, START + 600, 0.1) for name in ATTACKS]\n"
        "print(digest(generate(Site.shop(2), START, START + 7200, 9, 300, styles, tuple(MACHINES))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert len(found) == 1


def test_requests_are_in_order_of_time_and_inside_the_span(shop_day: list[Request]) -> None:
    times = [request.time for request in shop_day]

    assert times == sorted(times)
    assert min(times) >= START
    assert max(times) < START + DAY


def test_chunks_of_time_change_nothing(monkeypatch: pytest.MonkeyPatch, shop_day: list[Request]) -> None:
    monkeypatch.setattr(traffic, "CHUNK_SECONDS", 1234.0)

    small = list(stream(Site.shop(1), START, START + DAY, 5, 800, [ATTACK, SCAN], tuple(MACHINES)))

    assert Counter(small) == Counter(shop_day)
    assert [request.time for request in small] == [request.time for request in shop_day]


def test_an_attack_changes_nothing_about_the_others() -> None:
    site = Site.shop(1)
    quiet = generate(site, START, START + 6 * HOUR, 5, 200)
    attacked = generate(site, START, START + 6 * HOUR, 5, 200, [SCAN])

    assert [request for request in attacked if request.label == NORMAL] == quiet


def test_regulars_and_crawlers_of_one_day_come_again_the_next() -> None:
    site = Site.shop(1)
    days = [
        {
            (request.address, request.style)
            for request in generate(site, START + day * DAY, START + (day + 1) * DAY, 5, 200)
        }
        for day in (0, 1)
    ]

    again = Counter(style for _, style in days[0] & days[1])

    assert again["person"] > 8
    assert again["search_crawlers"] > 3


def test_only_attacks_are_labelled_as_attacks(shop_day: list[Request]) -> None:
    for request in shop_day:
        if request.style in ATTACKS:
            assert request.label == ATTACKS[request.style].attack_class
        else:
            assert request.label == NORMAL
            assert request.style == "person" or request.style in MACHINES


def test_harmless_machines_of_all_kinds_come() -> None:
    found: set[str] = set()
    for make in SITES.values():
        found |= {request.style for request in generate(make(1), START, START + 2 * DAY, 5, 300, (), tuple(MACHINES))}

    assert found - {"person"} == set(MACHINES)
    assert set(usual()) < set(MACHINES)


def test_ground_truth_matches_the_requests(shop_day: list[Request]) -> None:
    truths = ground_truth(shop_day)

    hostile = [request for request in shop_day if request.label != NORMAL]
    counted = Counter((request.actor, request.address) for request in hostile)
    assert {(truth.run_id, truth.address): truth.requests for truth in truths} == counted
    for truth in truths:
        times = [
            request.time for request in hostile if (request.actor, request.address) == (truth.run_id, truth.address)
        ]
        assert (truth.start, truth.end) == (min(times), max(times))
    assert {truth.attack_class for truth in truths} == {"brute_force", "scan"}
    assert len({truth.run_id for truth in truths}) == 2


def test_truth_record_and_label_document_say_the_same() -> None:
    run = generate(Site.wordpress(1), START, START + DAY, 5, 0, [ATTACK])
    (truth,) = ground_truth(run)

    record = truth.record()
    ((identity, document),) = label_documents([truth], "blog")

    assert list(record) == ["address", "class", "style", "start", "end", "requests", "run_id"]
    assert record["start"] == document["event"]["start"] == document["@timestamp"] == "2026-03-02T02:00:00.000Z"
    assert (record["class"], record["requests"]) == ("brute_force", len(run))
    assert document["wwwatch"] == {
        "namespace": "blog",
        "class": "brute_force",
        "style": "brute_force_wordpress",
        "run_id": record["run_id"],
        "requests": len(run),
    }
    assert document["source"] == {"ip": record["address"], "address": record["address"]}
    assert next(iter(label_documents([truth], "blog")))[0] == identity


def test_the_same_attack_planned_twice_is_two_runs() -> None:
    truths = ground_truth(generate(Site.wordpress(1), START, START + DAY, 5, 0, [ATTACK, ATTACK]))

    assert len({truth.run_id for truth in truths}) == 2
    assert len({truth.address for truth in truths}) == 2


def test_people_come_by_day_and_on_weekdays() -> None:
    week = generate(Site.static(1), START, START + 7 * DAY, 5, 400, (), ())
    visits = Counter(datetime.fromtimestamp(request.time, UTC).hour for request in week)
    people = {(request.actor, datetime.fromtimestamp(request.time, UTC).weekday()) for request in week}
    by_day = Counter(day for _, day in people)

    assert visits[19] > 3 * visits[2]
    assert (by_day[0] + by_day[1] + by_day[2]) / 3 > (by_day[5] + by_day[6]) / 2


def test_visitors_scale_the_traffic() -> None:
    site = Site.shop(1)

    few, many = (len({r.actor for r in generate(site, START, START + DAY, 5, n, (), ())}) for n in (100, 1000))

    assert 5 < many / few < 15


def test_people_look_like_people(site: Site) -> None:
    day = generate(site, START, START + DAY, 5, 1000, (), ())
    pages = [request for request in day if not request.referrer]
    mistypes = [r for r in day if r.method == "POST" and any(r.path == login.path for login in site.layout.logins)]
    by_status = Counter(request.status for request in day)

    assert 0.02 < len(pages) / len(day) < 0.25
    assert by_status[304] > 0.01 * len(day)
    assert 0.003 < by_status[404] / len(day) < 0.05
    assert by_status[206] > 0
    assert len({request.user_agent for request in day}) > 50
    if site.layout.logins[0].kind in ("form", "wordpress"):
        login = site.layout.logins[0]
        failed = sum(request.status == login.failure.status for request in mistypes)
        assert 0.05 < failed / len(mistypes) < 0.4


def test_lookalikes_of_attacks_are_among_people_and_their_icons_are_missing() -> None:
    month = generate(Site.shop(1), START, START + 5 * DAY, 5, 2000, (), ())
    targets = {request.target for request in month}

    found = [words for words in INNOCENT_LOOKALIKES if f"/search?q={words}" in targets]
    assert len(found) > len(INNOCENT_LOOKALIKES) // 2
    assert any("union" in words for words in found)
    missing = {request.path for request in month if request.status == 404}
    assert {"/apple-touch-icon.png", "/.well-known/change-password"} <= missing


def test_an_unchanged_file_has_no_body() -> None:
    day = generate(Site.shop(1), START, START + DAY, 5, 300, (), tuple(MACHINES))

    assert {request.response_bytes for request in day if request.status == 304} == {0}


def test_one_office_has_many_people_behind_one_address() -> None:
    day = generate(Site.shop(1), START, START + DAY, 5, 1000, (), ())
    people = defaultdict(set)
    for request in day:
        people[request.address].add(request.user_agent)

    assert max(len(agents) for agents in people.values()) > 8


def test_a_flood_brings_the_server_to_its_knees_for_everybody() -> None:
    flood = Planned("dos_distributed", START + 12 * HOUR, 0.8)

    day = generate(Site.shop(1), START, START + DAY, 5, 2000, [flood])

    before = [request for request in day if request.time < flood.start]
    assert not any(request.status in (503, 504) for request in before)
    during = [request for request in day if request.status in (503, 504, 499) and request.time >= flood.start]
    assert {request.label for request in during} == {"dos", NORMAL}


def test_redirecting_site_only_redirects_people() -> None:
    day = generate(Site.static(1).redirecting_all(), START, START + DAY, 5, 200, (), ())

    assert {request.status for request in day} == {301}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attacks": [Planned("nonsense", START)]}, "No attack style is called 'nonsense'"),
        ({"attacks": [Planned("scan_users", START, 1.5)]}, "between 0 and 1, not 1.5"),
        ({"harmless": ["nobody"]}, "No machine is called 'nobody'"),
        ({"end": START - 1}, "cannot end"),
        ({"visitors_per_day": -1}, "fewer than none"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {
        "site": Site.shop(1),
        "start": START,
        "end": START + 60,
        "seed": 1,
        "visitors_per_day": 10,
    }
    with pytest.raises(ValueError, match=message):
        generate(**(arguments | change))  # type: ignore[arg-type]


def test_spread_puts_every_style_into_the_span() -> None:
    planned = spread(list(ATTACKS), START, START + DAY, 3)

    assert {plan.style for plan in planned} == set(ATTACKS)
    assert all(START <= plan.start < START + DAY for plan in planned)
    assert planned == spread(list(ATTACKS), START, START + DAY, 3)
    assert {ATTACKS[plan.style].attack_class for plan in planned} == set(CLASSES)
    assert spread(["scan_users"], START, START + DAY, 3, 0.9)[0].strength == 0.9


def test_every_attack_style_begins_within_the_span_it_was_planned_for() -> None:
    for name, style in ATTACKS.items():
        run = list(style.requests(random.Random(1), Site.wordpress(1), START, 0.4, "run"))
        assert min(request.time for request in run) >= START, name
