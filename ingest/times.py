"""Times of access logs to ISO 8601 in UTC, whatever server wrote them."""

import polars as pl

ISO_LAYOUT = "%Y-%m-%dT%H:%M:%S%.3fZ"
UNTIMED = "@"  # the time of a line whose format logs none
# `10/Oct/2000:13:55:36 -0700` is the usual one. A year of other than four digits is no date to the store.
_USUAL = r"^[0-9]{1,2}/[A-Za-z]{3}/[1-9][0-9]{3}:[0-9:]{8} [+-][0-9]{4}$"
_USUAL_LAYOUT = "%d/%b/%Y:%H:%M:%S %z"
# The same with a fraction or without zone, or ISO 8601 and what is near it.
_CALENDAR = (
    r"^(?<date>[0-9]{1,2}/[A-Za-z]{3}/[1-9][0-9]{3}|[1-9][0-9]{3}[-/][0-9]{2}[-/][0-9]{2})"
    r"[:T ](?<clock>[0-9]{1,2}:[0-9]{2}:[0-9]{2})(?:[.,](?<fraction>[0-9]{1,9}))?"
    r" ?(?<zone>Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)? ?$"
)
_EPOCH = r"^(?<whole>[0-9]{1,19})(?:\.(?<fraction>[0-9]*))?$"
# Digits of a whole number since 1970 that tell its unit, for the years 1973 to 5138.
_MILLISECONDS_FROM, _MICROSECONDS_FROM, _NANOSECONDS_FROM = 10**11, 10**14, 10**17
LATEST_MS = 253_402_300_799_999  # the end of the year 9999
HOUR = pl.duration(hours=1)


def fields(times: pl.Series, timezone: str = "UTC") -> pl.DataFrame:
    """`@timestamp` of each time; null where it is none. A leap second counts as the one before.

    timezone: of times that name none. An hour that occurs twice is taken as the first, one that does not occur as if
    the clock had not been moved.
    """
    steady = (
        times.str.replace(r":60([ .,Z+-]|$)", ":59${1}") if times.str.contains(":60", literal=True).any() else times
    )
    usual = steady.str.contains(_USUAL)
    moments = steady.set(~usual, None).str.to_datetime(
        _USUAL_LAYOUT, time_zone="UTC", time_unit="ms", strict=False
    )  # fmt: skip
    if not usual.all():
        rest = steady.set(usual, None)
        moments = moments.zip_with(usual, _calendar(rest, timezone))
        moments = moments.zip_with(moments.is_not_null(), _epoch(rest))
    moments = moments.set(moments.dt.epoch("ms") > LATEST_MS, None)
    return pl.DataFrame({"@timestamp": moments.dt.to_string(ISO_LAYOUT)})


def _calendar(times: pl.Series, timezone: str) -> pl.Series:
    parts = times.str.extract_groups(_CALENDAR).struct.unnest()
    date = parts["date"].str.replace_all("/", "-", literal=True)
    text = date + "T" + parts["clock"] + "." + parts["fraction"].fill_null("0")
    zone = parts["zone"].str.replace(r"^(Z|UTC|GMT)$", "+0000").str.replace(":", "", literal=True)
    frame = pl.DataFrame({"text": text, "zone": zone})
    local = pl.coalesce(
        pl.col("text").str.to_datetime(layout, time_unit="ms", strict=False)
        for layout in ("%Y-%m-%dT%H:%M:%S%.f", "%d-%b-%YT%H:%M:%S%.f")
    )
    hours, minutes = (
        pl.col("zone").str.slice(1, 2).cast(pl.Int32),
        pl.col("zone").str.slice(3, 2).cast(pl.Int32, strict=False),
    )
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    offset = pl.duration(minutes=sign * (hours * 60 + minutes.fill_null(0)))
    there = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    moved = (local - HOUR).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null") + HOUR
    return frame.select(
        pl.when(pl.col("zone").is_not_null())
        .then((local - offset).dt.replace_time_zone("UTC"))
        .otherwise(pl.coalesce(there, moved).dt.convert_time_zone("UTC"))
        .alias("moment")
    )["moment"]


def _epoch(times: pl.Series) -> pl.Series:
    parts = times.str.extract_groups(_EPOCH)
    whole, fraction = pl.col("whole").cast(pl.Int64, strict=False), pl.col("fraction")
    thousandths = (fraction.fill_null("") + "000").str.slice(0, 3).cast(pl.Int64)
    milliseconds = (
        pl.when(whole < _MILLISECONDS_FROM).then(whole * 1000 + thousandths)
        .when(whole < _MICROSECONDS_FROM).then(whole)
        .when(whole < _NANOSECONDS_FROM).then(whole // 10**3)
        .otherwise(whole // 10**6)
    )  # fmt: skip
    sound = pl.when(milliseconds <= LATEST_MS).then(milliseconds)
    return parts.struct.unnest().select(sound.cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"))["whole"]
