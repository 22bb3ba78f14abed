"""Groups: what is one, what is a crowd, which entity explains it, and what is told as part of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from detector.classes import Severity
from detector.groups import rules
from detector.groups.campaigns import Part, owners
from detector.groups.candidates import Candidate, aimed
from detector.groups.findings import smallest
from detector.groups.people import loud
from detector.groups.screen import Screened
from detector.groups.usual import peaks, usual, usual_of_a_day
from detector.groups.wording import reason
from detector.windows import Span
from wwwatch.signs import MISSING

HOUR = 3600
START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def candidate(evidence: str, seconds: int = 600, kind: str = "site", id_: str = "shop", **figures: float) -> Candidate:
    """A thousand events of 500 clients that do the same, changed by figures."""
    plain = dict.fromkeys(
        ("failures", "successes", "missing", "hostile", "injections", "login_pages", "server_errors", "queries"), 0.0
    )
    plain |= {"events": 1000.0, "clients": 500.0, "top_client": 3.0, "paths": 1.0, "top_path": 1000.0, "users": 0.0}
    plain |= {"first": 10.0, "last": 590.0, "hits": 0.0}
    return Candidate(kind, id_, evidence, Span(0, seconds), plain | figures, ("/login",), {"match_all": {}})


def changed(one: Candidate, figures: dict[str, float]) -> Candidate:
    """The same with other figures."""
    return replace(one, figures={**one.figures, **figures})


STUFFED = candidate("logins", failures=1000.0)
FLOODED = candidate("bare", seconds=60, events=5000.0, top_path=4900.0, clients=2000.0)
HUNTED = candidate("hunts", kind="agent", id_="Firefox/40.1", events=52.0, clients=26.0, hostile=26.0, paths=2.0)
CARRIED = candidate("bare", clients=40.0, paths=300.0, top_path=9.0, top_client=40.0)


@pytest.mark.parametrize(
    ("group", "usual", "carried", "attack_class"),
    [
        (STUFFED, 3.0, False, "credential_stuffing"),
        (STUFFED, None, False, "credential_stuffing"),
        (changed(STUFFED, {"clients": 50.0}), 3.0, False, "brute_force"),  # 20 tries each
        (FLOODED, 20.0, False, "dos"),
        (HUNTED, 5.0, False, "scan"),
        (changed(HUNTED, {"injections": 40.0}), 5.0, False, "injection"),
        (CARRIED, 20.0, True, "scraping"),
    ],
)
def test_what_attacks_together_is_named(
    group: Candidate, usual: float | None, carried: bool, attack_class: str
) -> None:
    verdict = rules.judge(group, usual, carried)
    assert verdict is not None
    assert verdict.attack_class == attack_class
    assert verdict.severity >= Severity.MEDIUM


@pytest.mark.parametrize(
    ("group", "usual", "carried", "why"),
    [
        (changed(STUFFED, {"failures": 100.0, "successes": 900.0}), 3.0, False, "a launch"),
        (STUFFED, 300.0, False, "failures are usual here"),
        (changed(STUFFED, {"top_client": 600.0}), 3.0, False, "one client explains it"),
        (changed(FLOODED, {"top_path": 90.0, "paths": 800.0}), 20.0, False, "many pages"),
        (FLOODED, 2000.0, False, "usual at this hour"),
        (changed(HUNTED, {"hostile": 2.0}), None, False, "old links, not probes"),
        (replace(HUNTED, entity_type="site"), 1.0, False, "background of the whole site has no common hand"),
        (changed(CARRIED, {"paths": 3.0, "top_path": 900.0}), 5.0, True, "clients of an API"),
    ],
)
def test_what_only_looks_like_it_is_not(group: Candidate, usual: float | None, carried: bool, why: str) -> None:
    assert rules.judge(group, usual, carried) is None, why


def test_stuffing_that_gets_in_is_critical() -> None:
    verdict = rules.judge(changed(STUFFED, {"successes": 15.0, "hits": 15.0}), 3.0)
    assert verdict is not None
    assert verdict.severity == Severity.CRITICAL


def test_others_who_log_in_meanwhile_do_not_make_it_critical() -> None:
    verdict = rules.judge(changed(STUFFED, {"successes": 15.0}), 3.0)
    assert verdict is not None
    assert verdict.severity == Severity.HIGH


def test_a_day_without_history_needs_twice_the_failures() -> None:
    day = candidate("logins", seconds=24 * HOUR, failures=100.0, events=100.0, clients=60.0)
    assert rules.judge(day, None) is None
    assert rules.judge(day, 3.0) is not None
    assert rules.judge(changed(day, {"failures": 130.0, "events": 130.0}), None) is not None


def test_one_page_with_ever_new_queries_is_a_flood_if_fast_and_scraping_if_slow() -> None:
    few = candidate("bare", clients=12.0, events=3000.0, queries=2990.0, top_path=3000.0, top_client=300.0)
    fast, slow = (
        changed(few, {"last": 130.0}),
        changed(few, {"events": 700.0, "top_path": 700.0, "top_client": 80.0, "queries": 690.0}),
    )
    assert [verdict and verdict.attack_class for verdict in (rules.judge(fast, 5.0), rules.judge(fast, 5.0, True))] == [
        "dos", None,
    ]  # fmt: skip
    assert [verdict and verdict.attack_class for verdict in (rules.judge(slow, 5.0), rules.judge(slow, 5.0, True))] == [
        None, "scraping",
    ]  # fmt: skip


def test_pages_that_nobody_reads_are_a_flood_if_fast_and_scraping_if_slow() -> None:
    pages = candidate("pages", seconds=60, events=2000.0, paths=80.0, top_path=300.0, last=55.0)
    slow = candidate("pages", seconds=HOUR, events=2000.0, paths=80.0, top_path=90.0, last=3500.0)
    assert [verdict and verdict.attack_class for verdict in (rules.judge(pages, 40.0), rules.judge(slow, 40.0))] == [
        "dos", "scraping",
    ]  # fmt: skip
    assert rules.judge(pages, None) is None, "all pages are much: without a usual they tell nothing"
    assert rules.judge(pages, 600.0) is None
    assert rules.judge(changed(pages, {"clients": 12.0}), 40.0) is None


def test_all_pages_are_looked_at_only_far_above_the_usual() -> None:
    busy, bare = Screened("pages", 0, 900, 50, 900), Screened("bare", 0, 900, 50, 900)
    assert [rules.worth_a_look(busy, usual) for usual in (None, 800.0, 100.0)] == [False, False, True]
    assert rules.worth_a_look(bare, None)


def test_who_does_far_more_than_the_others_acts_alone() -> None:
    assert loud({"a": 900, "b": 3, "c": 2, "d": 10}) == {"a"}
    assert loud({"a": 30, "b": 25, "c": 12}) == set()
    assert loud({}) == set()


def test_a_flood_is_what_goes_at_its_target() -> None:
    path = aimed(candidate("bare", top_path=400.0, paths=30.0)).query
    queries = aimed(candidate("bare", queries=900.0)).query
    missing = aimed(candidate("bare", top_path=2.0, paths=990.0, missing=980.0)).query
    assert [query["bool"]["filter"][1] for query in (path, queries, missing)] == [
        {"terms": {"url.path": ["/login"]}},
        {"exists": {"field": "url.query"}},
        MISSING,
    ]


def test_the_smallest_entity_that_explains_it_is_named() -> None:
    verdict = rules.Verdict("dos", Severity.HIGH, 9.0)
    whole, most = candidate("bare"), candidate("bare", kind="net", id_="192.0.2.0/24", events=850.0)
    half = candidate("bare", kind="agent", id_="curl", events=500.0)
    assert smallest([(whole, verdict), (half, verdict), (most, verdict)]) == [(most, verdict)]
    assert smallest([(whole, verdict), (half, verdict)]) == [(whole, verdict)]
    assert smallest([(half, verdict)]) == [(half, verdict)]
    assert smallest([]) == []


def test_usual_is_the_median_around_and_of_the_hours_before() -> None:
    around = [Screened("bare", 600 * n, 50 + n, 9, 50 + n) for n in range(13)]
    assert usual("bare", 0, 600, around, {}) == 56.5
    assert usual("bare", 0, 600, around[:5], {}) is None
    hour = 400 * 24 * HOUR
    hours = {hour - back * HOUR: {"bare:600": back} for back in range(1, 25)}
    assert usual("bare", hour, 600, [], hours) == 12.5
    weeks = {hour - 7 * 24 * HOUR * week: {"bare:600": 4000} for week in range(1, 5)}
    assert usual("bare", hour + 600, 600, [], hours | weeks) == 4000


def test_peaks_are_the_fullest_windows_of_each_hour() -> None:
    windows = [(600, Screened("bare", start, events, 1, events)) for start, events in ((0, 5), (600, 9), (HOUR, 2))]
    assert peaks(windows) == {0: {"bare:600": 9}, HOUR: {"bare:600": 2}}


def test_a_usual_day_is_the_median_of_the_sums_of_the_days_before() -> None:
    start = 400 * 24 * HOUR
    hours = {
        start - back * 24 * HOUR + hour * HOUR: {f"logins:{HOUR}": 2 if back != 2 else 50}
        for back in (1, 2, 3) for hour in range(24)
    }  # fmt: skip
    assert usual_of_a_day("logins", start, hours) == 48
    few = {hour: peaks for hour, peaks in hours.items() if start - 11 * HOUR <= hour}
    assert usual_of_a_day("logins", start, few) is None


def part(id_: str, members: int = 0, attack_class: str = "scan", severity: int = 47, hours: int = 0) -> Part:
    start = START + timedelta(hours=hours)
    kind = "agent" if members else "ip"
    named = frozenset(f"192.0.2.{n}" for n in range(members))
    return Part(kind, id_, attack_class, start, start + timedelta(hours=1), severity, named)


def test_what_members_did_is_part_of_the_groups_incident() -> None:
    group = part("curl", members=20)
    member, graver = part("192.0.2.3"), part("192.0.2.4", severity=99)
    stranger, later = part("198.51.100.1"), part("192.0.2.5", hours=9)
    other = part("192.0.2.6", attack_class="scraping")
    assert owners([group, member, graver, stranger, later, other]) == {1: 0}


def test_groups_with_the_same_members_are_one_campaign() -> None:
    flood = part("shop", members=100, attack_class="dos", severity=73)
    scan = part("curl", members=90, attack_class="scan")
    assert owners([scan, flood, part("192.0.2.7")]) == {0: 1, 2: 1}


def test_what_one_client_did_at_one_time_is_one_incident() -> None:
    scan, flood = part("192.0.2.3"), part("192.0.2.3", attack_class="dos")
    assert owners([flood, scan]) == {0: 1}, "of equally grave ones what says most"
    assert owners([replace(flood, severity=99), scan]) == {1: 0}, "else the gravest"
    assert owners([part("192.0.2.3", attack_class="dos", hours=9), scan]) == {}
    assert owners([part("192.0.2.3", attack_class="brute_force"), part("192.0.2.3", attack_class="scraping")]) == {}
    assert owners([part("192.0.2.4", attack_class="dos"), scan]) == {}
    group = part("curl", members=20)
    assert owners([group, flood, scan]) == {1: 0, 2: 0}, "and with it part of its group's"


def test_stuffing_that_fetches_the_form_is_no_scan() -> None:
    stuffing, scan = part("/login", members=99, attack_class="credential_stuffing"), part("shop", members=100)
    assert owners([scan, stuffing]) == {0: 1}


def test_networks_that_do_the_same_to_one_page_are_one_campaign() -> None:
    first = replace(part("192.0.2.0/24", members=30), targets=frozenset({"/login"}))
    other = replace(first, entity_id="198.51.100.0/24", members=frozenset({"198.51.100.1", "198.51.100.2"}))
    assert owners([first, other]) == {1: 0}
    assert owners([first, replace(other, targets=frozenset({"/other"}))]) == {}
    assert owners([first, replace(other, attack_class="dos")]) == {}


def test_a_reason_says_how_many_did_what_where_and_what_is_usual() -> None:
    group = changed(STUFFED, {"successes": 3.0, "hits": 1.0})
    verdict = rules.judge(group, 3.0)
    assert verdict is not None
    assert reason(group, verdict, 3.0) == (
        "500 addresses: 1,000 failed logins and 1 successful login on /login, about 2.0 tries each, in 10 minutes; "
        "usual here: 3"
    )
