"""Which jobs are due, and what becomes of one that was missed, failed or overtaken: without threads or a store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
from hypothesis import given
from hypothesis import strategies as st

from wwwatch import cron
from wwwatch.service.leadership import LASTS_SECONDS, Seen, may_take
from wwwatch.service.schedule import Job, State, due, failed, next_at, pause, postponed, started, succeeded
from wwwatch.store import Versioned

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
DIGEST = Job("digest", "", "", cron.parse("0 6 * * *"), "made up")
TRAIN = Job("train", "", "", cron.parse("0 3 * * sun"))
DETECT = Job("detect", "", "", timedelta(seconds=5))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asked(job: Job, state: State, now: datetime) -> datetime | None:
    return due(job, state, now, UTC_ZONE).at


def settled(job: Job, at: datetime) -> State:
    return succeeded(started(State(), at), at, at, {})


def test_nothing_was_missed_before_the_first_start() -> None:
    first = due(DIGEST, State(), NOW, UTC_ZONE)
    assert first.at is None
    assert asked(DIGEST, first.state, NOW + 59 * HOUR / 60) is None
    assert asked(DIGEST, first.state, NOW + HOUR) == NOW + HOUR


def test_a_missed_digest_is_made_up_for_once_at_the_newest_time() -> None:
    state = settled(DIGEST, NOW)
    back = NOW + 3 * DAY + 9 * HOUR
    assert asked(DIGEST, state, back) == NOW + 3 * DAY + HOUR
    done = succeeded(started(state, back), NOW + 3 * DAY + HOUR, back, {"mails": 1})
    assert asked(DIGEST, done, back + HOUR) is None
    assert asked(DIGEST, done, back + DAY) == NOW + 4 * DAY + HOUR


def test_a_missed_training_is_left_out_but_a_late_one_is_not() -> None:
    sunday = datetime(2026, 3, 8, 3, tzinfo=UTC)
    state = settled(TRAIN, NOW)
    assert asked(TRAIN, state, sunday + timedelta(minutes=14)) == sunday
    left_out = due(TRAIN, state, sunday + HOUR, UTC_ZONE)
    assert left_out.at is None
    assert asked(TRAIN, left_out.state, sunday + 7 * DAY) == sunday + 7 * DAY


def test_a_training_that_failed_is_tried_again_however_late() -> None:
    sunday = datetime(2026, 3, 8, 3, tzinfo=UTC)
    state = failed(TRAIN, settled(TRAIN, NOW), sunday, "no memory")
    assert asked(TRAIN, state, sunday + timedelta(seconds=59)) is None
    assert asked(TRAIN, state, sunday + 2 * HOUR) == sunday


def test_an_interval_counts_from_the_start_and_survives_a_clock_set_back() -> None:
    state = settled(DETECT, NOW)
    assert asked(DETECT, state, NOW + timedelta(seconds=4)) is None
    assert asked(DETECT, state, NOW + timedelta(seconds=5)) == NOW + timedelta(seconds=5)
    assert asked(DETECT, state, NOW - DAY) == NOW - DAY


def test_failures_are_counted_and_pauses_double_to_a_limit() -> None:
    assert [pause(DIGEST, number).total_seconds() for number in (1, 2, 3, 50)] == [60, 120, 240, 3600]
    state = settled(DIGEST, NOW)
    for number in range(1, 4):
        state = failed(DIGEST, state, NOW + number * HOUR, "refused")
        assert state.failures == number
        assert state.failing_since == NOW + HOUR
    assert succeeded(state, NOW + HOUR, NOW + 9 * HOUR, {}).failures == 0


def test_a_store_that_is_away_is_no_failure() -> None:
    state = postponed(DIGEST, settled(DIGEST, NOW), NOW + HOUR, "away")
    assert state.failures == 0
    assert asked(DIGEST, state, NOW + HOUR + timedelta(minutes=1)) == NOW + HOUR


def test_a_retry_set_by_a_clock_that_was_ahead_is_not_waited_for() -> None:
    ahead = failed(DIGEST, settled(DIGEST, NOW), NOW + 300 * DAY, "x")
    assert asked(DIGEST, ahead, NOW + DAY) == NOW + HOUR


def test_people_are_told_when_a_job_comes_next() -> None:
    state = settled(DIGEST, NOW)
    assert next_at(DIGEST, state, NOW, UTC_ZONE) == NOW + HOUR
    retried = next_at(DIGEST, failed(DIGEST, state, NOW + HOUR, "x"), NOW + HOUR, UTC_ZONE)
    assert retried == NOW + HOUR + timedelta(minutes=1)
    assert next_at(DETECT, settled(DETECT, NOW), NOW, UTC_ZONE) == NOW + timedelta(seconds=5)


def test_a_state_is_kept_as_json() -> None:
    state = failed(DIGEST, settled(DIGEST, NOW), NOW + HOUR, "refused")
    assert State.read(orjson.loads(orjson.dumps(state.stored()))) == state
    assert State.read(state.stored() | {"of a later version": 1}) == state


@given(
    st.sampled_from([DIGEST, TRAIN]),
    st.lists(st.tuples(st.integers(1, 90_000), st.sampled_from(["done", "failed", "killed", "away"])), max_size=60),
)
def test_whatever_happens_a_time_on_the_clock_is_done_once_at_most(job: Job, turns: list[tuple[int, str]]) -> None:
    """Ticks at odd times, failures, kills (the state as it was stored) and outages."""
    end: dict[str, Callable[[State, datetime, datetime], State]] = {
        "done": lambda state, at, now: succeeded(state, at, now, {}),
        "failed": lambda state, _, now: failed(job, state, now, "x"),
        "killed": lambda state, _, __: State.read(state.stored()),
        "away": lambda state, _, now: postponed(job, state, now, "x"),
    }
    state, now, done = State(), NOW, []
    for seconds, what in turns:
        now += timedelta(seconds=seconds)
        decided = due(job, state, now, UTC_ZONE)
        state = decided.state
        if decided.at:
            assert decided.at <= now
            state = end[what](started(state, now), decided.at, now)
            done += [decided.at] if what == "done" else []
    assert done == sorted(set(done))


def test_a_lease_is_taken_over_only_when_it_stood_still_by_our_own_clock() -> None:
    theirs = Versioned({"wwwatch": {"holder": "other"}}, 7, 1)
    assert not may_take(theirs, "me", None, 1000.0)
    assert not may_take(theirs, "me", Seen((7, 1), 1000.0), 1000.0 + LASTS_SECONDS - 0.1)
    assert may_take(theirs, "me", Seen((7, 1), 1000.0), 1000.0 + LASTS_SECONDS)
    assert not may_take(theirs, "me", Seen((6, 1), 1000.0), 2000.0)
    assert may_take(None, "me", None, 0.0)
    assert may_take(Versioned({"wwwatch": {"holder": ""}}, 7, 1), "me", None, 0.0)
