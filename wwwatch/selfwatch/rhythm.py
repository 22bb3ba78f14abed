"""How long a host may be silent: as long as it is used to at that hour of that kind of day, and half again. Pure.

A site that sleeps at night has been silent for hours at three in the morning of every day; at ten it never was for more
than minutes. So the silence at hand is held against the longest one at about the same time of the days before, at the
site's own clock. Working days are compared with working days, weekends with weekends.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wwwatch.selfwatch.facts import HISTORY_DAYS, SLOT_SECONDS

# Before a week of history every weekend would be a surprise.
LEAST_DAYS = 7
# Silences this near to the time of day count: what happens about now does not happen on the minute.
NEAR = timedelta(hours=2)
USUAL = 1.5
WEEKEND = 5


def longest_usual_silence(active: Collection[int], now: datetime, zone: ZoneInfo) -> timedelta | None:
    """The longest silence at about this time of day on days like this one; None where there is too little history.

    active: slots of SLOT_SECONDS with events, since 1970. A silence that began before a time counts with all its length
    up to then.
    """
    slots = sorted(active)
    today = now.astimezone(zone).date()
    if not slots or _day(slots[0], zone) > today - timedelta(days=LEAST_DAYS):
        return None
    found = [
        _longest_near(slots, moment)
        for days in range(1, HISTORY_DAYS + 1)
        if (day := today - timedelta(days=days)) > _day(slots[0], zone) and _alike(day, today)
        for moment in [_same_time(now, days, zone)]
    ]
    return max(found, default=None)


def _alike(day: date, today: date) -> bool:
    return (day.weekday() >= WEEKEND) == (today.weekday() >= WEEKEND)


def _day(slot: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(slot * SLOT_SECONDS, zone).date()


def _same_time(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    return (now.astimezone(zone) - timedelta(days=days)).replace(tzinfo=zone)


def _longest_near(slots: Sequence[int], moment: datetime) -> timedelta:
    """The longest time since the last active slot, at any time within NEAR of the moment."""
    first = int((moment - NEAR).timestamp()) // SLOT_SECONDS
    last = int((moment + NEAR).timestamp()) // SLOT_SECONDS
    low, high = bisect_left(slots, first), bisect_right(slots, last)
    before = slots[low - 1] if low else first - HISTORY_DAYS * 86_400 // SLOT_SECONDS
    ends = [*slots[low:high], last + 1]
    gaps = [end - begin - 1 for begin, end in zip([before, *ends[:-1]], ends, strict=True)]
    return timedelta(seconds=max(gaps) * SLOT_SECONDS)
