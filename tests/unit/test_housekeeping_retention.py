"""What is to go and what is to stay, decided without a store."""

from datetime import UTC, date, datetime, timedelta

import pytest

from wwwatch.housekeeping.ledger import forgotten_days
from wwwatch.housekeeping.removed import Days
from wwwatch.housekeeping.retention import (
    GIGABYTE,
    ModelFacts,
    StreamPlan,
    expendable_models,
    expired_control,
    expired_documents,
    leftovers,
    plan_stream,
    reference,
)
from wwwatch.retention_settings import RetentionSettings
from wwwatch.store.upkeep import IndexFacts, owner

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AGES = RetentionSettings()
KEPT = timedelta(days=90)


def index(name: str, age_days: float, documents: int = 5, size_gb: float = 0.1, policy: str = "") -> IndexFacts:
    return IndexFacts(name, NOW - timedelta(days=age_days), documents, int(size_gb * GIGABYTE), policy)


def test_an_index_goes_when_its_successor_is_as_old_as_events_are_kept() -> None:
    backing = [index("1", 104), index("2", 97), index("3", 90), index("4", 83), index("5", 1)]
    assert plan_stream(backing, KEPT, AGES, NOW) == StreamPlan(delete=("1", "2"))


def test_the_index_written_to_is_never_deleted_however_old() -> None:
    assert plan_stream([index("1", 4000)], KEPT, AGES, NOW) == StreamPlan(roll_over=True)


@pytest.mark.parametrize(
    ("newest", "rolls"),
    [
        (index("young", 6.9), False),
        (index("old", 7), True),
        (index("large", 0.1, size_gb=30), True),
        (index("old but empty", 70, documents=0), False),
    ],
)
def test_a_stream_begins_its_next_index_by_age_or_size(newest: IndexFacts, rolls: bool) -> None:
    assert plan_stream([newest], KEPT, AGES, NOW).roll_over is rolls


def test_what_is_kept_for_a_day_begins_a_new_index_every_day() -> None:
    assert plan_stream([index("1", 1)], timedelta(days=1), AGES, NOW).roll_over


def test_kept_for_ever_is_still_rolled_over() -> None:
    assert plan_stream([index("1", 900), index("2", 800)], None, AGES, NOW) == StreamPlan(roll_over=True)


def test_the_engines_own_policy_is_never_doubled() -> None:
    """Neither where it holds for the stream, nor for an index of the time when it did."""
    managed = [index("1", 300, policy="wwwatch-events"), index("2", 200, policy="wwwatch-events")]
    assert plan_stream(managed, KEPT, AGES, NOW) == StreamPlan(engine_policy="wwwatch-events")
    given_up = [index("1", 300, policy="theirs"), index("2", 200), index("3", 150), index("4", 1)]
    assert plan_stream(given_up, KEPT, AGES, NOW).delete == ("2",)


def test_a_stream_that_does_not_exist() -> None:
    assert plan_stream([], KEPT, AGES, NOW) == StreamPlan()


def test_the_template_of_highest_priority_owns_a_stream() -> None:
    ours = {
        "name": "wwwatch-access-events",
        "index_template": {"index_patterns": ["logs-nginx.access-*"], "priority": 150},
    }
    theirs = {
        "name": "logs-nginx.access",
        "index_template": {"index_patterns": ["logs-nginx.access-*"], "priority": 200},
    }
    assert owner("logs-nginx.access-shop", [ours]) == "wwwatch-access-events"
    assert owner("logs-nginx.access-shop", [ours, theirs]) == "logs-nginx.access"
    assert owner("logs-other-shop", [ours, theirs]) == ""


def test_age_counts_from_the_newest_event_but_never_from_the_future() -> None:
    old, future = NOW - timedelta(days=4000), NOW + timedelta(days=4000)
    assert reference(NOW, old) == old
    assert reference(NOW, future) == NOW
    assert reference(NOW, None) == NOW


def test_every_derived_index_has_an_age_and_zero_is_for_ever() -> None:
    expiries = expired_documents("shop", AGES, NOW)
    assert {expiry.index for expiry in expiries} == {
        "wwwatch-anomalies-shop", "wwwatch-incidents-shop", "wwwatch-selfwatch-shop",
        "metrics-wwwatch.rollup-shop", "wwwatch-labels-shop",
    }  # fmt: skip
    assert expiries[0].query == {"range": {"@timestamp": {"lt": "2025-04-27T00:00:00.000Z"}}}
    for_ever = RetentionSettings(alerts_days=0, labels_days=0, positions_days=0)
    assert {expiry.what for expiry in expired_documents("shop", for_ever, NOW)} == {"roll-ups"}
    assert {expiry.what for expiry in expired_control("c", "p", for_ever, NOW)} == {"remembered DNS answers"}


def test_models_in_use_stay_whatever_their_age() -> None:
    models = [ModelFacts(f"shop:{n}", "shop", f"{n}", f"2026-01-{n:02}") for n in range(1, 15)]
    models += [ModelFacts("_base:base-1", "_base", "base-1", "2025-01-01")]
    assert expendable_models(models, {"2", "14"}, 10) == ["shop:1", "shop:3", "shop:4"]
    assert expendable_models(models, set(), 20) == []


def test_scratch_of_a_training_that_may_still_run_stays() -> None:
    assert leftovers([index("young", 0.9), index("old", 1.1)], NOW) == ["old"]


def test_days_become_ranges_and_an_odd_day_stays_apart() -> None:
    days = Days().with_days([date(2026, 1, 2), date(2026, 1, 1), date(1970, 1, 1)])
    assert days.ranges == ((date(1970, 1, 1), date(1970, 1, 1)), (date(2026, 1, 1), date(2026, 1, 2)))
    grown = days.with_days([date(2026, 1, 3), date(2026, 1, 2)])
    assert grown.ranges[1] == (date(2026, 1, 1), date(2026, 1, 3))
    assert date(2026, 1, 2) in grown
    assert date(2025, 12, 31) not in grown


def test_a_day_leaves_the_ledger_when_it_holds_nothing_any_more() -> None:
    first, second = date(2026, 1, 1), date(2026, 1, 2)
    assert forgotten_days([first, second], [second]) == [first]
    assert forgotten_days([first], [first, second]) == []
