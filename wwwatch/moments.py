"""Moments as people write them on a command line: ISO 8601, or relative to now."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

RELATIVE = re.compile(r"^-(\d+)([smhdw])$")
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_moment(text: str, now: datetime) -> datetime:
    """Turn `2026-11-23T10:00:00+01:00`, `2026-11-23`, `-24h` or `now` into an aware UTC datetime.

    A time without zone is UTC. Raise ValueError for anything else.
    """
    text = text.strip()
    if text == "now":
        return now
    if match := RELATIVE.match(text):
        return now - timedelta(seconds=int(match[1]) * UNIT_SECONDS[match[2]])
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the store holds it: `2026-11-23T10:00:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Moment(click.ParamType[datetime]):
    """A click parameter type for parse_moment."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_moment(value, datetime.now(UTC))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time. Write ISO 8601 (2026-11-23T10:00:00Z) or relative (-24h).", param, ctx)


class Length(click.ParamType[timedelta]):
    """A click parameter type for a length of time: `90m`, `24h`, `7d`."""

    name = "LENGTH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = RELATIVE.match(f"-{value}")
        if match is None or not int(match[1]):
            return self.fail(f"{value!r} is no length of time. Write 90m, 24h, 7d or 2w.", param, ctx)
        try:
            return timedelta(seconds=int(match[1]) * UNIT_SECONDS[match[2]])
        except OverflowError:
            return self.fail(f"{value!r} is too long.", param, ctx)


since_option = click.option("--since", type=Moment(), help="From this time on: ISO 8601, or relative such as -24h.")
until_option = click.option("--until", type=Moment(), help="Up to this time (not included).")
