"""Lines to a frame of ECS fields, vectorised.

The columns of an event frame are named as ECS names fields (`http.response.status_code`); `ingest.documents` writes
any such frame. Values that repeat (clients, agents, targets, times) are worked out once per distinct value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import polars as pl

from ingest import addresses, requests, tags
from ingest.distinct import Remembered
from ingest.formats import LogFormat
from ingest.reader import Chunk

# Columns of a frame that are no fields.
ROW, CHECK, LINE, DIRTY = "row", "check", "line", "dirty"
TIME_LAYOUT = "%d/%b/%Y:%H:%M:%S %z"
FOUR_DIGIT_YEAR = r"/[1-9][0-9]{3}:"  # others are no dates to the store
ISO_LAYOUT = "%Y-%m-%dT%H:%M:%S%.3fZ"
FAILURE_STATUS = 400

FORMAT, TIME, EMPTY, TOO_LONG, NOT_UTF8 = "format", "time", "empty", "too_long", "not_utf8"


@dataclass(frozen=True)
class Parsed:
    """A chunk, sorted out. Every line of it is a row of one of the two frames.

    events: a column for each ECS field that occurs, and row, `log.offset`, check (CRC-32 of the raw line), line (its
    text) and dirty (text that needs escaping in JSON). rejects: row, `log.offset`, check, reason.
    """

    events: pl.DataFrame
    rejects: pl.DataFrame


def frame_of(chunk: Chunk) -> pl.DataFrame:
    """One row a line: row, `log.offset` (bytes), check, line (text; bytes that are not UTF-8 as `\\xhh`)."""
    raw = pl.Series(chunk.lines, dtype=pl.Binary)
    sizes = raw.bin.size().cast(pl.Int64)
    if chunk.lengths:
        sizes = sizes.scatter(list(chunk.lengths), list(chunk.lengths.values()))
    return pl.DataFrame(
        {
            ROW: pl.int_range(len(raw), dtype=pl.UInt32, eager=True),
            "log.offset": (sizes + 1).cum_sum() - sizes + (chunk.offset - 1),
            CHECK: pl.Series(list(map(crc32, chunk.lines)), dtype=pl.UInt32),
            LINE: _texts(raw),
        }
    )


def _texts(raw: pl.Series) -> pl.Series:
    """The lines as text, without the carriage return that ends lines of some systems."""
    try:
        texts = raw.cast(pl.String)
    except pl.exceptions.ComputeError:
        # Servers write such bytes as \xhh; so do we.
        texts = pl.Series([line.decode("utf-8", "backslashreplace") for line in raw], dtype=pl.String)
    return texts.str.strip_suffix("\r")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse(chunk: Chunk, formats: Sequence[LogFormat]) -> Parsed:
    """Sort the lines of a chunk into events and rejects. formats: to be tried in order; the first is the usual one."""
    frame = frame_of(chunk)
    reasons: list[pl.DataFrame] = []
    if chunk.lengths:
        cut = pl.col(ROW).is_in(list(chunk.lengths))
        reasons.append(_rejected(frame.filter(cut), TOO_LONG))
        frame = frame.filter(~cut)
    taken, left = _match(frame, formats)
    if left.height:
        blank = left[LINE].str.strip_chars() == ""
        unreadable = pl.Series([not _is_utf8(chunk.lines[row]) for row in left[ROW]], dtype=pl.Boolean)
        reasons += [
            _rejected(left.filter(blank), EMPTY),
            _rejected(left.filter(~blank & unreadable), NOT_UTF8),
            _rejected(left.filter(~blank & ~unreadable), FORMAT),
        ]
    taken = taken.hstack(_of_times(taken["time"]))
    timeless = taken["@timestamp"].is_null()
    if timeless.any():
        reasons.append(_rejected(taken.filter(timeless), TIME))
        taken = taken.filter(~timeless)
    rejects = pl.concat(reasons).sort(ROW) if reasons else _rejected(frame.clear(), FORMAT)
    return Parsed(_fields(taken), rejects)


def _rejected(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select(ROW, "log.offset", CHECK, pl.lit(reason).alias("reason"))


def _match(frame: pl.DataFrame, formats: Sequence[LogFormat]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines that a format takes, with its groups as columns; and the lines that none takes."""
    found: list[pl.DataFrame] = []
    left = frame
    for number, log_format in enumerate(formats):
        for expression in (log_format.strict, *log_format.tolerant):
            if number and not left.height:
                break
            groups = left[LINE].str.extract_groups(expression).struct.unnest()
            hit = groups["address"].is_not_null()
            # What the strict expression takes holds nothing but quotes that JSON escapes, and those in the line only.
            both = pl.concat([left, groups], how="horizontal")
            both = both.with_columns(pl.lit(expression is not log_format.strict).alias(DIRTY))
            found.append(both if hit.all() else both.filter(hit))
            left = left.clear() if hit.all() else left.filter(~hit)
    some = [item for item in found if item.height] or found[:1]
    taken = some[0] if len(some) == 1 else pl.concat(some, how="diagonal").sort(ROW)
    return taken, left


def _moments(times: pl.Series) -> pl.DataFrame:
    """Access log times to ISO 8601 in UTC; null where it is none. A leap second counts as the one before."""
    steady = times.str.replace(":60 ", ":59 ", literal=True)
    steady = steady.set(~steady.str.contains(FOUR_DIGIT_YEAR), None)
    moments = steady.str.to_datetime(TIME_LAYOUT, time_zone="UTC", time_unit="ms", strict=False)
    return pl.DataFrame({"@timestamp": moments.dt.to_string(ISO_LAYOUT)})


def _fields(frame: pl.DataFrame) -> pl.DataFrame:
    """Groups of the format to ECS fields and tags."""
    missing = [name for name in ("method", "target", "version", "request", "domain") if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)
    if "request" not in missing:
        frame = requests.split_request_lines(frame)
    frame = frame.with_columns(
        pl.col("status").cast(pl.Int16, strict=False).alias("http.response.status_code"),
        pl.col("bytes").cast(pl.Int64, strict=False).alias("http.response.body.bytes"),
    )
    frame = tags.add(frame.hstack(_of_addresses(frame["address"])).hstack(_of_targets(frame["target"])))
    status = pl.col("http.response.status_code")
    outcome = (
        pl.when(status < FAILURE_STATUS).then(pl.lit("success")).when(status.is_not_null()).then(pl.lit("failure"))
    )
    texts = [_present(name) for name in ("user", "referrer", "agent") if name in frame.columns]
    return frame.with_columns(outcome.alias("event.outcome"), *texts).rename(
        {
            name: field
            for name, field in {
                "address": "source.address",
                "user": "user.name",
                "method": "http.request.method",
                "version": "http.version",
                "referrer": "http.request.referrer",
                "target": "url.original",
                "domain": "url.domain",
                "agent": "user_agent.original",
            }.items()
            if name in frame.columns
        }
    )


def _present(name: str) -> pl.Expr:
    """A column without the dash, the empty text and the empty quotes that stand for nothing."""
    column = pl.col(name)
    return pl.when((column != "-") & (column != "") & (column != '""')).then(column).alias(name)


_of_times = Remembered(_moments, kept_bytes=1 << 16)  # they hardly come again
_of_addresses = Remembered(addresses.fields)
_of_targets = Remembered(requests.fields)
