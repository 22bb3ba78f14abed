"""Windows and the ledger's arithmetic."""

from datetime import UTC, datetime

from detector.ledger import Due, grown
from detector.windows import Span, aligned, spans, touched


def test_touched_windows_are_aligned_and_unique() -> None:
    assert touched([0, 60, 599, 600, 7200], 600) == [0, 600, 7200]


def test_neighbouring_windows_are_joined_up_to_a_length() -> None:
    assert spans([0, 600, 1200, 4200], 600, 1200) == [Span(0, 1200), Span(1200, 1800), Span(4200, 4800)]


def test_a_small_gap_is_bridged() -> None:
    assert spans([0, 1200], 600, 86400, gap_seconds=600) == [Span(0, 1800)]
    assert spans([0, 1800], 600, 86400, gap_seconds=600) == [Span(0, 600), Span(1800, 2400)]


def test_span_of_whole_windows() -> None:
    since, until = datetime(2026, 1, 1, 0, 5, tzinfo=UTC), datetime(2026, 1, 1, 0, 20, 0, 1, tzinfo=UTC)
    span = aligned(since, until, 600)
    assert (span.since, span.until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 30, tzinfo=UTC))


def test_due_is_what_is_new_or_has_grown() -> None:
    assert grown({0: 5, 60: 7, 120: 1}, {0: 5, 60: 6}) == {60: 7, 120: 1}


def test_a_minute_that_shrank_is_left_alone() -> None:
    """Retention takes events away; that is no reason to judge the rest again."""
    assert grown({0: 3}, {0: 5}) == {}


def test_due_minutes_by_day_oldest_first() -> None:
    days = Due({86400: 1, 60: 2, 0: 3}).by_day()
    assert [list(day.counts.items()) for day in days] == [[(0, 3), (60, 2)], [(86400, 1)]]
