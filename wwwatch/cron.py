"""Times as cron writes them, in the time zone of a site: `30 6 * * mon-fri`. Pure; `now` and the zone are given.

Daylight saving: a time that does not exist on its day (02:30 when the clock goes from 02:00 to 03:00) happens as long
after midnight as on any other day, which the clock then calls 03:30; one that exists twice happens the first time.
What is due every hour is due in both hours of the same name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, smallest, largest value, and names for values from the smallest on. Sunday is 0 and 7, as everywhere.
FIELDS: tuple[tuple[str, int, int, Sequence[str]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of week", 0, 7, WEEKDAYS),
)
# 29 February of a leap year comes eight years later at the latest (1900, 2100 are none).
LONGEST_WAIT = timedelta(days=8 * 366)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cron:
    """A parsed expression. weekdays: 0 is Sunday. either_day: of month and of week are both given; one is enough."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def __str__(self) -> str:
        return self.text

    def on(self, day: date) -> bool:
        """Whether anything is due on this day."""
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (of_month or of_week if self.either_day else of_month and of_week)


def parse(text: str) -> Cron:
    """Read five fields: minute, hour, day of month, month, day of week. Raise ValueError saying what is wrong."""
    parts = text.lower().split()
    if len(parts) != len(FIELDS):
        raise ValueError(f"{text!r} has {len(parts)} fields; cron has five: minute hour day month weekday")
    minutes, hours, days, months, weekdays = (
        frozenset(_values(part, *field)) for part, field in zip(parts, FIELDS, strict=True)
    )
    either = parts[2] != "*" and parts[4] != "*"
    cron = Cron(
        " ".join(parts), minutes, hours, days, months, frozenset(value % 7 for value in weekdays), either_day=either
    )
    if next(_moments(cron, date(2000, 1, 1), ZoneInfo("UTC"), DAY), None) is None:
        raise ValueError(f"{text!r} names a day that never comes")
    return cron


def _values(part: str, name: str, low: int, high: int, names: Sequence[str]) -> set[int]:
    """`*`, `5`, `1-5`, `*/10`, `mon,wed`, and lists of these."""
    found: set[int] = set()
    for item in part.split(","):
        span, slash, step_text = item.partition("/")
        step = _number(step_text, name, 1, high, ()) if slash else 1
        if span == "*":
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, name, low, high, names)
            last = _number(last_text, name, low, high, names) if dash else high if slash else first
        if first > last:
            raise ValueError(f"{item!r} of the {name} ends before it begins")
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, name: str, low: int, high: int, names: Sequence[str]) -> int:
    if text in names:
        return low + list(names).index(text)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        told = f", or {names[0]} to {names[-1]}" if names else ""
        raise ValueError(f"{text!r} is no {name}: {low} to {high}{told}")
    return int(text)


def following(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime:
    """The first due time later than `after`, UTC."""
    return next(m for m in _moments(cron, after.astimezone(zone).date() - DAY, zone, DAY) if m > after)


def latest(cron: Cron, now: datetime, zone: ZoneInfo) -> datetime:
    """The last due time that is not later than `now`, UTC."""
    return next(m for m in _moments(cron, now.astimezone(zone).date() + DAY, zone, -DAY) if m <= now)


def _moments(cron: Cron, day: date, zone: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    """Due times day by day, forwards or backwards, from a day on."""
    forwards = step > timedelta(0)
    for _ in range(LONGEST_WAIT // DAY):
        if cron.on(day):
            moments = _of_day(cron, day, zone)
            yield from moments if forwards else reversed(moments)
        day += step


@lru_cache(maxsize=1024)
def _of_day(cron: Cron, day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    hourly = len(cron.hours) == 24
    return tuple(sorted(set(_in_utc(_walls(cron, day), zone, hourly))))


def _walls(cron: Cron, day: date) -> Iterator[datetime]:
    return (datetime.combine(day, time(h, m)) for h in sorted(cron.hours) for m in sorted(cron.minutes))


def _in_utc(walls: Iterable[datetime], zone: ZoneInfo, both: bool) -> Iterator[datetime]:
    for wall in walls:
        for fold in (0, 1) if both else (0,):
            yield wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
