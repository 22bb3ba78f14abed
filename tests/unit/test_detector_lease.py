"""Who may work, and at what pace: decisions without a store."""

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from detector.detect import Outcome, windows_of
from detector.lease import LeaseLostError, standing
from detector.ledger import QUICK, SLOW, STEADY, Due
from detector.watch import follow, paced
from detector.windows import Span
from wwwatch.moments import iso
from wwwatch.store import StoreRefused, StoreUnreachable, Versioned

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def lease(holder: str, expires_at: datetime) -> Versioned:
    document: dict[str, Any] = {"wwwatch": {"holder": holder, "expires_at": iso(expires_at)}}
    return Versioned(document, 1, 1)


def test_a_lease_stands_until_it_runs_out_and_never_in_its_holders_way() -> None:
    theirs = lease("other", NOW + timedelta(seconds=1))
    taken = standing(theirs, "me", NOW)
    assert taken is not None
    assert taken.holder == "other"
    assert standing(theirs, "me", NOW + timedelta(seconds=1)) is None
    assert standing(theirs, "other", NOW) is None
    assert standing(None, "me", NOW) is None
    assert standing(theirs, "me", NOW, predecessor="other") is None
    assert standing(theirs, "me", NOW, predecessor="another") == taken


def test_each_length_of_window_has_its_pace() -> None:
    assert paced({}, NOW) == [QUICK, STEADY, SLOW]
    last = dict.fromkeys((QUICK, STEADY, SLOW), NOW)
    assert paced(last, NOW + timedelta(seconds=5)) == [QUICK]
    assert paced(last, NOW + timedelta(minutes=1)) == [QUICK, STEADY]
    assert paced(last, NOW + timedelta(hours=1)) == [QUICK, STEADY, SLOW]


def test_following_keeps_the_pace_and_stops_after_the_turn_in_hand() -> None:
    seconds = iter(range(0, 1000, 20))
    stopped, asked = Event(), []

    def judge(levels: list[str]) -> Outcome:
        asked.append(levels)
        if len(asked) == 3:
            stopped.set()
        return Outcome("m", busy="somebody" if len(asked) == 1 else "")

    turns = follow(judge, lambda: NOW + timedelta(seconds=next(seconds)), timedelta(seconds=1), stopped)
    assert len(list(turns)) == 3
    # A turn that found another at work has judged nothing, so the next one asks for everything again.
    assert asked == [[QUICK, STEADY, SLOW], [QUICK, STEADY, SLOW], [QUICK]]


def test_a_minute_is_due_at_the_levels_that_have_seen_less_of_it() -> None:
    due = Due({0: 5, 60: 7}, {QUICK: {0: 5, 60: 7}, STEADY: {0: 5, 60: 6}})
    assert due.at(QUICK) == []
    assert due.at(STEADY) == [60]
    assert due.at(SLOW) == [0, 60]


def test_days_overlap_by_half() -> None:
    day = 86400
    judged, begun = windows_of([day + 3600], day)
    assert judged == [Span(day // 2, day + day // 2), Span(day, 2 * day)]
    assert begun == [Span(day // 2, day), Span(day, day + day // 2)]


def test_a_turn_that_fails_is_told_and_tried_again_until_patience_ends() -> None:
    minutes = iter(range(0, 10_000, 10))
    asked: list[list[str]] = []

    def judge(levels: list[str]) -> Outcome:
        asked.append(levels)
        if len(asked) == 2:
            return Outcome("m")
        raise StoreUnreachable("the store is away")

    turns = follow(judge, lambda: NOW + timedelta(minutes=next(minutes)), timedelta(seconds=1), Event())
    first, second, third = next(turns)[0], next(turns)[0], next(turns)[0]
    assert (first.failed, second.failed, third.failed) == ("the store is away", "", "the store is away")
    # What failed has judged nothing: the next turn asks for all of it again.
    assert asked[:2] == [[QUICK, STEADY, SLOW], [QUICK, STEADY, SLOW]]
    with pytest.raises(StoreUnreachable):
        list(turns)
    assert 4 <= len(asked) <= 6  # an hour of nothing but failures


def test_a_store_that_refuses_us_ends_following_at_once_and_another_detector_does_not() -> None:
    told = iter([LeaseLostError("taken over"), StoreRefused("no such key")])

    def judge(_: list[str]) -> Outcome:
        raise next(told)

    turns = follow(judge, lambda: NOW, timedelta(seconds=0), Event())
    assert next(turns)[0].failed == "taken over"
    with pytest.raises(StoreRefused):
        next(turns)
