"""Who may work, and at what pace: decisions without a store."""

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from detector.detect import Outcome, windows_of
from detector.lease import standing
from detector.ledger import QUICK, SLOW, STEADY, Due
from detector.watch import follow, paced
from detector.windows import Span
from wwwatch.moments import iso
from wwwatch.store import Versioned

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
