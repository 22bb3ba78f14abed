"""The spans of digests: no minute left out, none told twice."""

from datetime import UTC, datetime, timedelta

from alerts.figures import Span
from alerts.jobs import DAY, WEEK, span_of

SIX = datetime(2026, 3, 30, 4, tzinfo=UTC)  # 06:00 in Berlin, the day after the clock went forward


def test_a_digest_begins_where_the_one_before_ended() -> None:
    assert span_of(SIX, SIX - DAY, DAY) == Span(SIX - DAY, SIX)
    short = SIX - timedelta(hours=23)
    assert span_of(SIX, short, DAY) == Span(short, SIX)


def test_one_that_makes_up_for_missed_ones_tells_of_all_of_them() -> None:
    assert span_of(SIX, SIX - 3 * DAY, DAY) == Span(SIX - 3 * DAY, SIX)
    assert span_of(SIX, SIX - 90 * DAY, DAY) == Span(SIX - DAY, SIX)
    assert span_of(SIX, SIX - 2 * WEEK, WEEK) == Span(SIX - 2 * WEEK, SIX)


def test_the_first_tells_of_its_usual_length() -> None:
    assert span_of(SIX, SIX - timedelta(hours=1), DAY) == Span(SIX - DAY, SIX)
    assert span_of(SIX, None, WEEK) == Span(SIX - WEEK, SIX)
