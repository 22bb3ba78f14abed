"""Which alerts are given: the budget, quiet hours, and what is told of many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.memory import Memory, Notice
from alerts.notices import ATTACK, CLOSED, ESCALATED, HOUR, OPENED, Budget, Case, decide
from wwwatch.questions import SEVERITIES

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MEDIUM, HIGH, CRITICAL = (SEVERITIES[name] for name in ("medium", "high", "critical"))
MINUTE, HOURS = timedelta(minutes=1), timedelta(hours=1)
BUDGET = Budget()


def case(name: str, severity: int = HIGH, attack_class: str = "brute_force", **changed: object) -> Case:
    values: dict[str, object] = {"start": NOW - 5 * MINUTE, "end": NOW, "requests": 100}
    return Case(name, attack_class, severity, **(values | changed))  # type: ignore[arg-type]


def passes(turns: Iterable[Sequence[Case]], budget: Budget = BUDGET, every: timedelta = MINUTE) -> list[Notice]:
    """All notices of passes that each see these cases; each takes its own into the outbox."""
    return [notice for notices in run(turns, budget, every)[0] for notice in notices]


def run(
    turns: Iterable[Sequence[Case]], budget: Budget = BUDGET, every: timedelta = MINUTE
) -> tuple[list[tuple[Notice, ...]], Memory]:
    memory, now, found = Memory(), NOW, []
    for cases in turns:
        memory = decide(cases, memory, budget, now)
        found.append(memory.undone)
        memory = replace(memory, undone=())
        now += every
    return found, memory


def test_an_incident_is_told_once_when_it_opens() -> None:
    notices = passes([[case("a")]] * 5)

    assert [(notice.event, notice.items) for notice in notices] == [(OPENED, ("a",))]


def test_it_is_told_again_when_it_becomes_graver_and_when_it_is_over() -> None:
    notices = passes([[case("a")], [case("a", CRITICAL)], [case("a", CRITICAL, over=True)]])

    assert [(notice.event, notice.severity) for notice in notices] == [
        (OPENED, HIGH),
        (ESCALATED, CRITICAL),
        (CLOSED, CRITICAL),
    ]
    assert len({notice.id for notice in notices}) == 3


def test_one_that_is_over_when_it_is_found_is_told_once() -> None:
    assert [notice.event for notice in passes([[case("a", over=True)]] * 3)] == [OPENED]


def test_low_ones_are_never_told() -> None:
    assert passes([[case("a", SEVERITIES["low"])]]) == []


@pytest.mark.parametrize("changed", [{"dismissed": True, "judged": True}, {"withdrawn": True, "over": True}])
def test_what_was_said_to_be_false_or_taken_back_is_not_told(changed: Any) -> None:
    assert passes([[replace(case("a"), **changed)]]) == []


def test_the_end_of_what_a_person_judged_is_known_to_them() -> None:
    assert [notice.event for notice in passes([[case("a")], [case("a", over=True, judged=True)]])] == [OPENED]


def test_what_is_found_together_is_told_together_the_gravest_first() -> None:
    (notice,) = passes([[case("a"), case("b", CRITICAL), case("c", HIGH, requests=900)]])

    assert notice.items == ("b", "c", "a")
    assert (notice.count, notice.severity) == (3, CRITICAL)


def test_kinds_of_attack_are_told_apart() -> None:
    assert len(passes([[case("a"), case("b", attack_class="dos"), case("c", attack_class="scan")]])) == 3


@pytest.mark.parametrize(("addresses", "at_once"), [(60, 1), (200, 7), (10_000, 5_000), (10_000, 10_000)])
def test_an_attack_by_ten_thousand_addresses_makes_at_most_three_alerts(addresses: int, at_once: int) -> None:
    """However they come: a few at a time or all together, some graver than others, and over one by one."""
    everyone = [case(f"{n:05}", (MEDIUM, HIGH, CRITICAL)[n % 3], requests=n) for n in range(addresses)]
    turns = [everyone[: number + at_once] for number in range(0, len(everyone), at_once)]
    graver = [replace(one, severity=CRITICAL) for one in everyone]
    half_over = [replace(one, over=number % 2 == 0) for number, one in enumerate(graver)]
    turns += [graver, half_over, [replace(one, over=True) for one in graver]] * 2

    found, memory = run(turns, every=timedelta(seconds=5))
    notices = [notice for some in found for notice in some]

    assert 1 <= len(notices) <= 3
    assert notices[-1].event == CLOSED or notices[-1].severity == CRITICAL
    named = sum(told.mailed for told in memory.told.values())
    withheld = memory.withheld(NOW - HOURS, NOW + HOURS)
    assert named + sum(withheld.values()) == len(everyone), "each is named in an alert or counted for the digest"


def test_the_first_critical_one_of_an_attack_is_told_though_others_used_the_budget() -> None:
    many = [case(str(number)) for number in range(50)]
    turns = [many[:number] for number in range(1, 50, 5)] + [[*many, case("grave", CRITICAL)]]

    notices = passes(turns)

    assert [notice.lead for notice in notices if notice.severity == CRITICAL] == ["grave"]
    assert len(notices) == 3


def test_an_attack_that_comes_back_after_a_pause_is_told_as_a_new_one() -> None:
    later = case("b", start=NOW + 2 * HOURS, end=NOW + 2 * HOURS + MINUTE)
    old = case("a", over=True)

    assert [notice.event for notice in passes([[case("a")], [old], [old, later]])] == [OPENED, CLOSED, OPENED]


def test_the_hours_cap_keeps_a_third_for_critical_ones_and_counts_the_rest() -> None:
    kinds = [case(f"k{number}", MEDIUM, f"wwwatch.self.{number}") for number in range(10)]
    grave = [case(f"g{number}", CRITICAL, f"wwwatch.self.g{number}") for number in range(10)]

    found, memory = run([kinds, [*kinds, *grave]])

    assert [len(notices) for notices in found] == [4, 2]
    assert memory.withheld(NOW - HOURS, NOW + HOURS) == {HOUR: 14}
    assert found[1][-1].last == HOUR


def test_after_an_hour_there_is_budget_again() -> None:
    first = [case(f"a{number}", MEDIUM, f"wwwatch.self.{number}") for number in range(6)]
    second = [case(f"b{number}", MEDIUM, f"wwwatch.self.b{number}") for number in range(6)]

    assert [len(notices) for notices in run([first, second], every=HOURS + MINUTE)[0]] == [4, 4]


def test_quiet_hours_hold_back_all_but_what_is_grave() -> None:
    night = replace(BUDGET, quiet=(time(22), time(7)), zone=ZoneInfo("Europe/Berlin"))
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 00:30 in Berlin
    cases = [case("a", start=at, end=at), case("b", CRITICAL, "dos", start=at, end=at)]

    held = {notice.lead: notice.due_at for notice in decide(cases, Memory(), night, at).undone}

    assert held == {"a": datetime(2026, 11, 23, 6, 0, tzinfo=UTC), "b": at}


@pytest.mark.parametrize(
    ("quiet", "local", "until"),
    [
        ((22, 7), "21:59", None),
        ((22, 7), "22:00", "2026-11-23T07:00"),
        ((22, 7), "06:59", "2026-11-22T07:00"),
        ((22, 7), "07:00", None),
        ((1, 5), "04:59", "2026-11-22T05:00"),
        ((1, 5), "00:59", None),
    ],
)
def test_the_hours_of_the_sites_day(quiet: tuple[int, int], local: str, until: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    budget = Budget(quiet=(time(quiet[0]), time(quiet[1])), zone=zone)
    now = datetime.fromisoformat(f"2026-11-22T{local}").replace(tzinfo=zone)

    ends = budget.quiet_until(now)

    assert ends == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=zone))


severities = st.sampled_from([SEVERITIES["low"], MEDIUM, HIGH, CRITICAL])
one_case = st.builds(
    case,
    st.sampled_from([f"i{number}" for number in range(30)]),
    severities,
    st.sampled_from(["brute_force", "credential_stuffing"]),
    over=st.booleans(),
    withdrawn=st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(st.lists(one_case, max_size=8, unique_by=lambda one: one.id), max_size=25))
def test_whatever_happens_the_budget_holds_and_nothing_is_told_twice(turns: list[list[Case]]) -> None:
    found, memory = run(turns)
    notices = [notice for some in found for notice in some]

    assert len(notices) <= BUDGET.mails_an_attack
    assert len({notice.id for notice in notices}) == len(notices)
    grave = {one.id for turn in turns for one in turn if one.severity >= MEDIUM and not one.withdrawn}
    assert set(memory.told) == grave, "of each there is a decision"
    assert all(told.mailed or told.withheld in {ATTACK, HOUR} for told in memory.told.values())
