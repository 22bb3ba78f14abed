"""Figures in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import digest_wording, wording
from alerts.figures import Span
from alerts.traffic import POINTS_AT_MOST, step_of, strongest_changes
from tests.unit.alerts_examples import incident

START = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (999_950, "1.0 MB"), (123_456_789, "123 MB")]
)
def test_size(count: int, words: str) -> None:
    assert wording.size(count) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "0.0 %"), (1, 100_000, "<0.1 %"), (65, 1000, "6.5 %"), (9999, 10_000, "99 %"), (7, 7, "100 %")],
)
def test_share_never_rounds_something_to_nothing_or_to_all(part: int, whole: int, words: str) -> None:
    assert wording.share(part, whole) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(112, 100, "+12 %"), (50, 100, "-50 %"), (100, 100, "as before"), (5, 0, "none before"), (2000, 100, "20 times")],
)
def test_change(now: int, before: int, words: str) -> None:
    assert wording.change(now, before) == words


def test_a_host_name_reaches_no_command() -> None:
    command = wording.next_command(incident(entity_id="x$(reboot).example"), "shop")

    assert command.startswith("wwwatch incidents --since 2026-11-21T15:59:00.000Z")
    assert "reboot" not in command


def test_the_day_of_a_digest_is_the_day_its_span_ends_on() -> None:
    whole_day = Span(START, START + timedelta(days=1))

    assert digest_wording.digest_date(whole_day, ZoneInfo("UTC")) == "2026-11-22"
    assert digest_wording.digest_date(whole_day, ZoneInfo("Asia/Tokyo")) == "2026-11-23"


@pytest.mark.parametrize("length", [timedelta(seconds=1), timedelta(days=1), timedelta(days=30), timedelta(days=9000)])
def test_a_plot_of_any_span_has_few_steps(length: timedelta) -> None:
    step = step_of(Span(START, START + length))

    assert length / step <= POINTS_AT_MOST


def test_changes_that_chance_explains_are_not_told() -> None:
    now = {"URL": {"/": 10_500, "/new": 300, "/few": 3}}
    before = {"URL": {"/": 10_000, "/gone": 5_000}}

    assert [(change.name, change.requests) for change in strongest_changes(now, before)] == [
        ("/gone", 0),
        ("/new", 300),
    ]
