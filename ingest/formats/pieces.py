"""Times that a line holds in pieces, put together as ISO 8601.

Pieces: time_year or time_year_short, time_month or time_month_name and time_day, or time_day_of_year; time_hour, or
time_hour_12 and time_half (AM, PM); time_minute, time_second, time_zone; time_milliseconds or time_microseconds, the
fraction of the second.
"""

from collections.abc import Set

import polars as pl

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FRACTIONS = ("time_microseconds", "time_milliseconds")
YEARS = ("time_year", "time_year_short")
NONE = pl.lit(None, dtype=pl.String)
CENTURY_TURNS_AT = 69  # POSIX: 69 to 99 are of the last century


def is_dated(names: Set[str]) -> bool:
    """Whether values of these names tell a moment."""
    by_month = bool({"time_month", "time_month_name"} & names) and "time_day" in names
    dated = bool(set(YEARS) & names) and (by_month or "time_day_of_year" in names)
    return dated or bool({"time", "epoch"} & names) or {"date", "clock"} <= names


def moment(frame: pl.DataFrame) -> pl.DataFrame:
    """Make one `time` of all that is logged of it. Since 1970 goes first: it has no zone and is the finest."""
    names = frozenset(frame.columns)
    parts = [name for name in frame.columns if name.startswith("time_")]
    if not parts and not {"epoch", "clock"} & names:
        return frame
    sources: list[pl.Expr] = []
    if "epoch" in names:
        sources.append(pl.when(pl.col("epoch") != "-").then(pl.col("epoch")))
    if {"date", "clock"} <= names:
        sources.append(pl.concat_str("date", pl.lit("T"), "clock", pl.lit("Z")))
    if "time" in names:
        # A fraction belongs behind the seconds, before the zone.
        whole = pl.col("time").str.replace(r"^(\S+:[0-9]{2})([^.,0-9].*|)$", "${1}.") + _fraction(names)
        sources += [whole + pl.col("time").str.extract(r":[0-9]{2}([^.,0-9:].*|)$"), pl.col("time")]
    if is_dated(names - {"time", "epoch", "date", "clock"}):
        sources.append(_composed(names))
    if not sources:
        return frame.drop(*parts, "epoch", "date", "clock", strict=False)
    return frame.with_columns(time=pl.coalesce(sources)).drop(*parts, "epoch", "date", "clock", strict=False)


def _fraction(names: Set[str]) -> pl.Expr:
    return pl.coalesce([NONE, *(pl.col(name) for name in FRACTIONS if name in names)])


def _two_digits(name: str, names: Set[str]) -> pl.Expr:
    return pl.col(name).str.strip_chars().str.zfill(2) if name in names else NONE


def _composed(names: Set[str]) -> pl.Expr:
    date = pl.concat_str(_year(names), pl.lit("-"), _month_and_day(names), ignore_nulls=False)
    hour = pl.coalesce(_two_digits("time_hour", names), _half_day(names), pl.lit("00"))
    minute, second = (pl.coalesce(_two_digits(f"time_{name}", names), pl.lit("00")) for name in ("minute", "second"))
    fraction = (pl.lit(".") + _fraction(names)).fill_null("")
    zone = pl.col("time_zone").fill_null("") if "time_zone" in names else pl.lit("")
    return pl.concat_str(
        date, pl.lit("T"), hour, pl.lit(":"), minute, pl.lit(":"), second, fraction, zone, ignore_nulls=False
    )


def _year(names: Set[str]) -> pl.Expr:
    if "time_year" in names:
        return pl.col("time_year")
    short = pl.col("time_year_short")
    last_century = short.cast(pl.Int32, strict=False) >= CENTURY_TURNS_AT
    return pl.when(last_century).then(pl.lit("19") + short).otherwise(pl.lit("20") + short)


def _month_and_day(names: Set[str]) -> pl.Expr:
    named = NONE
    if "time_month_name" in names:
        start = pl.col("time_month_name").str.slice(0, 3).str.to_lowercase()
        named = start.replace_strict(MONTHS, [f"{number:02}" for number in range(1, 13)], default=None)
    month_and_day = pl.concat_str(
        pl.coalesce(_two_digits("time_month", names), named), pl.lit("-"), _two_digits("time_day", names),
        ignore_nulls=False,
    )  # fmt: skip
    if "time_day_of_year" not in names:
        return month_and_day
    ordinal = pl.concat_str(_year(names), pl.lit("-"), pl.col("time_day_of_year"), ignore_nulls=False)
    return pl.coalesce(month_and_day, ordinal.str.to_date("%Y-%j", strict=False).dt.to_string("%m-%d"))


def _half_day(names: Set[str]) -> pl.Expr:
    if "time_hour_12" not in names:
        return NONE
    hour = pl.col("time_hour_12").str.strip_chars().cast(pl.Int32, strict=False) % 12
    afternoon = pl.col("time_half").str.to_uppercase() == "PM" if "time_half" in names else pl.lit(value=False)
    return (hour + pl.when(afternoon).then(12).otherwise(0)).cast(pl.String).str.zfill(2)
