"""When people come: the hours of the day and the days of the week."""

from datetime import UTC, datetime
from random import Random

HOUR_SECONDS = 3600
DAY_SECONDS = 86400

# Share of a day's visits in each hour, UTC, as multiples of the average.
HOURS = (
    0.35,
    0.25,
    0.2,
    0.2,
    0.25,
    0.4,
    0.7,
    1.0,
    1.25,
    1.4,
    1.45,
    1.4,
    1.4,
    1.35,
    1.35,
    1.3,
    1.3,
    1.35,
    1.5,
    1.65,
    1.6,
    1.3,
    0.9,
    0.55,
)
# Monday to Sunday.
WEEKDAYS = (1.08, 1.08, 1.05, 1.03, 0.97, 0.86, 0.93)
OFFICE_HOURS = range(8, 18)


def rhythm(time: float) -> float:
    """How busy this hour is, as a multiple of the average hour."""
    moment = datetime.fromtimestamp(time, UTC)
    return HOURS[moment.hour] * WEEKDAYS[moment.weekday()]


def is_office_time(time: float) -> bool:
    """A working day, and neither morning nor evening."""
    moment = datetime.fromtimestamp(time, UTC)
    return moment.weekday() < 5 and moment.hour in OFFICE_HOURS


def hours(start: float, end: float) -> list[float]:
    """The beginnings of the full hours of [start, end); the first may lie before start."""
    first = int(start // HOUR_SECONDS) * HOUR_SECONDS
    return [float(hour) for hour in range(first, int(-(-end // HOUR_SECONDS)) * HOUR_SECONDS, HOUR_SECONDS)]


def moments(rng: Random, start: float, end: float, every_seconds: float, jitter: float = 0.0) -> list[float]:
    """A timer's moments: regular, each off by up to `jitter` of the interval. The phase is drawn once."""
    found = []
    time = start + rng.random() * every_seconds
    while time < end:
        found.append(min(end - 0.001, time + rng.random() * jitter * every_seconds))
        time += every_seconds
    return found
