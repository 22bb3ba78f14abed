"""Dead-man's alarms: what is wrong, what only looks like it, and how it becomes one incident and not twenty."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wwwatch.selfwatch.facts import (
    HISTORY_DAYS,
    SLOT_SECONDS,
    ActiveModel,
    Disk,
    Facts,
    Host,
    Outbox,
    Shipper,
    Unjudged,
)
from wwwatch.selfwatch.incidents import WELL_FOR, changed, key_of
from wwwatch.selfwatch.rhythm import longest_usual_silence
from wwwatch.selfwatch.rules import CRITICAL, HIGH, MEDIUM, TITLES, Reading, readings
from wwwatch.selfwatch_settings import SelfwatchSettings
from wwwatch.service.schedule import State
from wwwatch.store.nodes import used_share

BERLIN = ZoneInfo("Europe/Berlin")
# A Wednesday, ten in the morning in Berlin.
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RUNS = Shipper("web1", NOW - timedelta(seconds=9), ended=False)
Document = dict[str, Any]


def slots(hours: range, days: int = HISTORY_DAYS, weekdays: range = range(7), until: datetime = NOW) -> frozenset[int]:
    """Slots with events at these hours in Berlin, on these days of the week, before a time."""
    last = int(until.timestamp()) // SLOT_SECONDS
    found = set()
    for slot in range(last - days * 86_400 // SLOT_SECONDS, last):
        local = datetime.fromtimestamp(slot * SLOT_SECONDS, BERLIN)
        if local.hour in hours and local.weekday() in weekdays:
            found.add(slot)
    return frozenset(found)


def host(active: frozenset[int]) -> Host:
    return Host("web1", datetime.fromtimestamp((max(active) + 1) * SLOT_SECONDS - 1, UTC), active)


def wrong(facts: Facts, now: datetime = NOW, **settings: Any) -> dict[str, int]:
    """What is wrong: kind -> severity."""
    found, _ = readings(facts, now, SelfwatchSettings(**settings), BERLIN)
    return {reading.kind: reading.severity for reading in found if reading.severity}


def silent(active: frozenset[int], now: datetime, shipper: Shipper | None = None) -> bool:
    seen = replace(shipper, seen_at=now) if shipper and not shipper.ended else shipper
    return "host_silent" in wrong(Facts(hosts=(host(active),), shippers=(seen,) if seen else ()), now)


# ---- a host that is silent


def test_a_busy_host_is_missed_within_minutes() -> None:
    active = slots(range(24))
    assert not silent(active, NOW + 10 * MINUTE)
    assert silent(active, NOW + 30 * MINUTE)


def test_a_site_that_sleeps_at_night_is_missed_in_the_morning_only() -> None:
    """Its last event is of yesterday evening; it usually wakes up at seven."""
    evening = NOW.replace(hour=21) - DAY
    active = slots(range(7, 22), until=evening)
    assert not silent(active, evening + 8 * HOUR)
    assert silent(active, NOW + 3 * HOUR)


def test_weekends_are_held_against_weekends() -> None:
    saturday = NOW + 3 * DAY
    offices = slots(range(8, 19), weekdays=range(5), until=saturday.replace(hour=0))
    assert not silent(offices, saturday)
    around_the_clock = slots(range(24), until=saturday - HOUR)
    assert silent(around_the_clock, saturday)


def test_a_sparse_host_may_pause_as_long_as_it_is_used_to() -> None:
    """An event every two hours."""
    every_two_hours = frozenset(slot for slot in slots(range(24)) if slot % 24 == 0)
    assert not silent(every_two_hours, NOW + 2 * HOUR)
    assert silent(every_two_hours, NOW + 8 * HOUR)


def test_nobody_is_missed_before_a_week_of_history() -> None:
    assert not silent(slots(range(24), days=6), NOW + 12 * HOUR)


def test_the_night_the_clock_changes_is_no_silence() -> None:
    """Events from 07:00 to 22:00 in Berlin; on 29 March the clock goes forward."""
    monday = datetime(2026, 3, 30, 5, 5, tzinfo=UTC)  # 07:05 by the new time
    active = slots(range(7, 22), until=monday - 9 * HOUR)
    assert not silent(active, monday)


def test_logs_shipped_once_a_day_may_be_silent_for_a_day() -> None:
    daily = Shipper("web1", NOW - 20 * HOUR, ended=True, longest_pause_seconds=24 * 3600, runs=13)
    active = slots(range(24), until=NOW - 20 * HOUR)
    assert not silent(active, NOW, daily)
    assert silent(active, NOW + 30 * HOUR, daily)


def test_an_old_log_shipped_once_is_nobody_to_be_missed() -> None:
    once = Shipper("web1", NOW - 20 * HOUR, ended=True)
    assert not silent(slots(range(24), until=NOW - 20 * HOUR), NOW, once)


def test_a_host_out_of_service_can_be_left_out() -> None:
    facts = Facts(hosts=(host(slots(range(24))),), shippers=(RUNS,))
    assert "host_silent" in wrong(facts, NOW + DAY)
    assert wrong(facts, NOW + DAY, ignored_hosts=("web*",)) == {}


def test_usual_silence_counts_with_its_whole_length() -> None:
    active = slots(range(7, 22))
    at_seven = NOW.replace(hour=6)
    assert longest_usual_silence(active, at_seven, BERLIN) == 9 * HOUR
    assert longest_usual_silence(active, NOW.replace(hour=14), BERLIN) == timedelta(0)


# ---- the other kinds


def test_a_shipper_that_died_is_missed_but_not_one_that_ended() -> None:
    dead = replace(RUNS, seen_at=NOW - 6 * MINUTE)
    assert wrong(Facts(shippers=(dead,))) == {"shipper_silent": HIGH}
    assert wrong(Facts(shippers=(replace(dead, ended=True),))) == {}
    assert wrong(Facts(shippers=(RUNS,))) == {}


def test_an_idle_shipper_is_not_behind_however_old_its_newest_event() -> None:
    assert wrong(Facts(shippers=(replace(RUNS, lag_seconds=9e5, behind_bytes=0),))) == {}
    assert wrong(Facts(shippers=(replace(RUNS, lag_seconds=900, behind_bytes=5_000_000),))) == {"shipping_lag": MEDIUM}
    assert wrong(Facts(shippers=(replace(RUNS, lag_seconds=9e5, behind_bytes=5),))) == {"shipping_lag": HIGH}
    assert wrong(Facts(shippers=(replace(RUNS, lag_seconds=9e5, behind_bytes=None),))) == {}


def test_rejects_rise_against_what_is_usual() -> None:
    def of(hour: tuple[int, int], week: tuple[int, int]) -> dict[str, int]:
        return wrong(Facts(shippers=(replace(RUNS, hour=hour, week=week),)))

    assert of((10_000, 500), (1_000_000, 100)) == {"rejects_rising": MEDIUM}
    assert of((10_000, 500), (1_000_000, 30_000)) == {}
    assert of((200, 99), (1_000_000, 100)) == {}
    assert of((10_000, 9_000), (1_000_000, 100)) == {"rejects_rising": HIGH}


def test_events_that_wait_to_be_judged_are_told_by_how_long_they_were_seen_waiting() -> None:
    """Not by their own time: a backlog that just arrived is old but has not waited."""
    minute = int((NOW - 20 * HOUR).timestamp())
    assert wrong(Facts(unjudged=Unjudged({minute: NOW - MINUTE}))) == {}
    assert wrong(Facts(unjudged=Unjudged({minute: NOW - 16 * MINUTE}))) == {"windows_behind": MEDIUM}
    assert wrong(Facts(unjudged=Unjudged({minute: NOW - 2 * HOUR}))) == {"windows_behind": HIGH}


def test_a_model_grows_old_and_the_base_model_is_for_the_first_weeks() -> None:
    trained = ActiveModel("v1", NOW - 59 * DAY, base=False, history_since=NOW - 300 * DAY)
    assert wrong(Facts(model=trained)) == {}
    assert wrong(Facts(model=replace(trained, trained_at=NOW - 61 * DAY))) == {"model_old": MEDIUM}
    base = ActiveModel("base-1", NOW - 300 * DAY, base=True, history_since=NOW - 20 * DAY)
    assert wrong(Facts(model=base)) == {}
    assert wrong(Facts(model=replace(base, history_since=NOW - 22 * DAY))) == {"model_old": MEDIUM}


@pytest.mark.parametrize(("used", "severity"), [(0.84, 0), (0.85, MEDIUM), (0.91, HIGH), (0.97, CRITICAL)])
def test_a_disk_is_as_full_as_the_store_minds(used: float, severity: int) -> None:
    told = wrong(Facts(disks=(Disk("node-0", used, (0.85, 0.90, 0.95)),)))
    assert told.get("disk_full", 0) == severity


def test_watermarks_as_engines_write_them() -> None:
    assert used_share("85%", 100, 0.5) == 0.85
    assert used_share("0.9", 100, 0.5) == 0.9
    assert used_share("10gb", 100 << 30, 0.5) == 0.9
    assert used_share("", 100, 0.5) == 0.5


def test_mails_that_cannot_leave_and_jobs_that_fail() -> None:
    assert wrong(Facts(outbox=Outbox(0, None))) == {}
    assert wrong(Facts(outbox=Outbox(2, NOW - 29 * MINUTE, "refused"))) == {}
    assert wrong(Facts(outbox=Outbox(2, NOW - 31 * MINUTE, "refused"))) == {"mail_failing": HIGH}
    assert wrong(Facts(jobs={"train": State(failures=2)})) == {}
    assert wrong(Facts(jobs={"train": State(failures=3), "detect": State()})) == {"job_failing": MEDIUM}
    assert wrong(Facts(jobs={"detect": State(failures=3)})) == {"job_failing": HIGH}


def test_nothing_follows_from_what_could_not_be_read() -> None:
    assert readings(Facts(), NOW, SelfwatchSettings(), BERLIN) == ([], set())


# ---- incidents


DOWN = Reading("host_silent", "host", "web1", HIGH, NOW - HOUR, "no logs for 60 min", "silent_seconds", 3600, 900)
WELL = Reading("host_silent", "host", "web1")


def look(held: Mapping[str, Document], reading: Reading | None, now: datetime, silenced: bool = False) -> Document:
    """One look; all incidents afterwards."""
    found = changed("shop", held, [reading] if reading else [], {"host_silent"}, now, silenced)
    return dict(held) | found


def status(held: Mapping[str, Document]) -> list[str]:
    return [document["wwwatch"]["status"] for document in held.values()]


def test_an_incident_is_opened_once_and_looking_again_writes_nothing() -> None:
    held = look({}, DOWN, NOW)
    assert status(held) == ["open"]
    (document,) = held.values()
    assert document["rule"] == {"id": "wwwatch.self.host_silent", "name": TITLES["host_silent"], "version": "1"}
    assert document["host"]["name"] == "web1"
    assert key_of(document) == DOWN.key
    assert changed("shop", held, [replace(DOWN, observed=3660)], {"host_silent"}, NOW + MINUTE) == {}
    assert look({}, DOWN, NOW + MINUTE).keys() == held.keys()


def test_it_escalates_and_never_goes_back() -> None:
    held = look(look({}, replace(DOWN, severity=MEDIUM), NOW), DOWN, NOW + MINUTE)
    assert status(held) == ["escalated"]
    eased = look(held, replace(DOWN, severity=MEDIUM), NOW + 2 * MINUTE)
    assert eased == held


def test_it_closes_when_it_was_well_for_a_while_and_coming_and_going_is_one() -> None:
    held = look(look({}, DOWN, NOW), WELL, NOW + MINUTE)
    assert status(held) == ["open"]
    held = look(held, DOWN, NOW + 5 * MINUTE)
    held = look(held, WELL, NOW + 6 * MINUTE)
    assert status(look(held, WELL, NOW + 5 * MINUTE + WELL_FOR)) == ["open"]
    held = look(held, WELL, NOW + 6 * MINUTE + WELL_FOR)
    assert status(held) == ["closed"]
    (document,) = held.values()
    assert document["event"]["end"] == "2026-03-11T09:06:00.000Z"


def test_what_is_not_watched_any_more_is_closed_but_not_what_could_not_be_looked_at() -> None:
    held = look({}, DOWN, NOW)
    assert changed("shop", held, [], set(), NOW + DAY) == {}
    assert status(look(held, None, NOW + DAY)) == ["closed"]


def test_what_was_said_to_be_false_is_not_opened_again_before_it_was_well() -> None:
    ((id_, document),) = look({}, DOWN, NOW).items()
    said = {"status": "closed", "verdict": {"hostile": False, "note": "taken out of service"}}
    held = {id_: document | {"wwwatch": document["wwwatch"] | said}}
    assert look(held, DOWN, NOW + HOUR) == held
    recovered = look(held, WELL, NOW + 2 * HOUR)
    assert recovered[id_]["wwwatch"]["recovered"] is True


def test_nothing_is_opened_in_maintenance() -> None:
    assert look({}, DOWN, NOW, silenced=True) == {}
    held = look({}, replace(DOWN, severity=MEDIUM), NOW)
    assert look(held, DOWN, NOW + MINUTE, silenced=True) == held
