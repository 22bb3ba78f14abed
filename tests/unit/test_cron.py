"""Times as cron writes them: the days they name, and the two nights a year on which the clock lies."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwwatch.cron import following, latest, parse

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(text: str, first: str, count: int, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    """The next due times, as the wall clock tells them."""
    cron, now, found = parse(text), at(first), []
    for _ in range(count):
        now = following(cron, now, zone)
        found.append(f"{now.astimezone(zone):%m-%d %H:%M %Z}")
    return found


def test_fields_lists_spans_steps_and_names() -> None:
    assert days("0 6 * * *", "2026-03-02", 2) == ["03-02 06:00 UTC", "03-03 06:00 UTC"]
    halves = ["03-02 08:00 UTC", "03-02 08:30 UTC", "03-02 09:00 UTC", "03-02 09:30 UTC"]
    assert days("*/30 8-9 * * *", "2026-03-02", 4) == halves
    assert days("0 7 * * MON,fri", "2026-03-02", 3) == ["03-02 07:00 UTC", "03-06 07:00 UTC", "03-09 07:00 UTC"]
    assert days("5 0 * * 0", "2026-03-02", 1) == days("5 0 * * 7", "2026-03-02", 1) == ["03-08 00:05 UTC"]
    assert days("0 0 1 jan *", "2026-03-02", 1) == ["01-01 00:00 UTC"]
    assert days("10/20 * * * *", "2026-03-02", 3) == ["03-02 00:10 UTC", "03-02 00:30 UTC", "03-02 00:50 UTC"]


def test_day_of_month_and_day_of_week_are_either_or() -> None:
    assert days("0 0 13 * fri", "2026-03-02", 3) == ["03-06 00:00 UTC", "03-13 00:00 UTC", "03-20 00:00 UTC"]


def test_a_leap_day_is_found_eight_years_ahead() -> None:
    assert following(parse("0 0 29 2 *"), at("2096-03-01"), UTC_ZONE) == at("2104-02-29")


def test_a_time_that_does_not_exist_comes_as_long_after_midnight_as_ever() -> None:
    found = days("30 2 * * *", "2026-03-27T12:00", 3, BERLIN)
    assert found == ["03-28 02:30 CET", "03-29 03:30 CEST", "03-30 02:30 CEST"]


def test_a_time_that_exists_twice_comes_once() -> None:
    assert days("30 2 * * *", "2026-10-24T12:00", 2, BERLIN) == ["10-25 02:30 CEST", "10-26 02:30 CET"]


def test_what_is_due_every_hour_skips_no_hour_of_the_long_night_and_repeats_none_of_the_short_one() -> None:
    for night, hours in (("2026-10-24T22:00", 25), ("2026-03-28T23:00", 23)):
        cron, now, end = parse("15 * * * *"), at(night), at(night) + timedelta(hours=hours)
        found = []
        while (now := following(cron, now, BERLIN)) < end:
            found.append(now)
        assert len(found) == hours
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


@given(
    st.sampled_from(["0 6 * * *", "30 2 * * *", "*/7 1-3 * * *", "0 0 1,15 * sun", "59 23 31 12 *"]),
    st.integers(0, 20 * 365 * 86400).map(lambda seconds: at("2020-01-01") + timedelta(seconds=seconds)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_nothing_lies_between_the_latest_and_the_following(text: str, now: datetime, zone_name: str) -> None:
    cron, zone = parse(text), ZoneInfo(zone_name)
    before, after = latest(cron, now, zone), following(cron, now, zone)
    assert before <= now < after
    assert following(cron, before, zone) == after
    assert latest(cron, after, zone) == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6:00", "has 1 fields"),
        ("0 24 * * *", "'24' is no hour: 0 to 23"),
        ("0 6 * * funday", "'funday' is no day of week: 0 to 7, or sun to sat"),
        ("0 6 * * fri-mon", "ends before it begins"),
        ("0 6 30 2 *", "a day that never comes"),
        ("*/0 * * * *", "'0' is no minute"),
    ],
)
def test_what_is_no_cron_expression_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        parse(text)
