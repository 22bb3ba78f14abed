"""Lines to a frame of ECS fields, vectorised.

The columns of an event frame are named as ECS names fields (`http.response.status_code`); `ingest.documents` writes
any such frame. Values that repeat (clients, agents, targets, times) are worked out once per distinct value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zlib import crc32

import polars as pl

from ingest import addresses, requests, tags, times
from ingest.distinct import Remembered
from ingest.formats import LogFormat, w3c
from ingest.formats.matching import match
from ingest.reader import Chunk

# Columns of a frame that are no fields.
ROW, CHECK, LINE, DIRTY = "row", "check", "line", "dirty"
FAILURE_STATUS = 400
FIELD_OF = {
    "address": "source.address",
    "user": "user.name",
    "method": "http.request.method",
    "version": "http.version",
    "referrer": "http.request.referrer",
    "target": "url.original",
    "domain": "url.domain",
    "agent": "user_agent.original",
}
DASHED = ("user", "referrer", "agent")  # where a dash stands for nothing
TAKEN_APART = ("time", "status", "bytes", "request", requests.GARBAGE, "target_host")

FORMAT, TIME, EMPTY, TOO_LONG, NOT_UTF8, DIRECTIVE = "format", "time", "empty", "too_long", "not_utf8", "directive"


@dataclass(frozen=True)
class Parsed:
    """A chunk, sorted out. Every line of it is a row of one of the two frames.

    events: a column for each ECS field that occurs, and row, `log.offset`, check (CRC-32 of the raw line), line (its
    text) and dirty (text that needs escaping in JSON). rejects: row, `log.offset`, check, reason. taken_by: lines that
    each format took. fields: the last `#Fields` line in it.
    """

    events: pl.DataFrame
    rejects: pl.DataFrame
    taken_by: Mapping[str, int]
    fields: str | None = None


def frame_of(chunk: Chunk) -> pl.DataFrame:
    """One row a line: row, `log.offset` (bytes), check, line (text; bytes that are not UTF-8 as `\\xhh`)."""
    raw = pl.Series(chunk.lines, dtype=pl.Binary)
    sizes = raw.bin.size().cast(pl.Int64)
    if chunk.lengths:
        sizes = sizes.scatter(list(chunk.lengths), list(chunk.lengths.values()))
    checks = list(map(crc32, chunk.lines))
    for row, check in chunk.checks.items():
        checks[row] = check
    if chunk.offsets is None:
        offsets = (sizes + 1).cum_sum() - sizes + (chunk.offset - 1)
    else:
        offsets = pl.Series(chunk.offsets, dtype=pl.Int64)
    return pl.DataFrame(
        {
            ROW: pl.int_range(len(raw), dtype=pl.UInt32, eager=True),
            "log.offset": offsets,
            CHECK: pl.Series(checks, dtype=pl.UInt32),
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


def parse(chunk: Chunk, formats: Sequence[LogFormat], timezone: str = "UTC", read_at: str | None = None) -> Parsed:
    """Sort the lines of a chunk into events and rejects.

    formats: to be tried in order; the first is the usual one. timezone: of times that name none. read_at: ISO 8601,
    the time of lines whose format logs none.
    """
    frame = frame_of(chunk)
    reasons: list[pl.DataFrame] = []
    if chunk.lengths:
        cut = pl.col(ROW).is_in(list(chunk.lengths))
        reasons.append(_rejected(frame.filter(cut), TOO_LONG))
        frame = frame.filter(~cut)
    matched = match(frame, formats, LINE, ROW)
    if matched.left.height:
        reasons += _reasons(matched.left, chunk)
    taken = _complete(matched.taken)
    taken = taken.hstack(_times_in(timezone)(taken["time"]))
    if taken["@timestamp"].null_count():
        untimed = pl.col("time") == times.UNTIMED
        taken = taken.with_columns(
            pl.when(untimed).then(pl.lit(read_at, dtype=pl.String)).otherwise("@timestamp").alias("@timestamp")
        )
        timeless = taken["@timestamp"].is_null()
        reasons.append(_rejected(taken.filter(timeless), TIME))
        taken = taken.filter(~timeless)
    rejects = pl.concat(reasons).sort(ROW) if reasons else _rejected(frame.clear(), FORMAT)
    return Parsed(_fields(taken), rejects, matched.counts, matched.fields)


def _reasons(left: pl.DataFrame, chunk: Chunk) -> list[pl.DataFrame]:
    """The lines that no format takes, with why."""
    blank = left[LINE].str.strip_chars() == ""
    directive = left[LINE].str.contains(w3c.DIRECTIVE)
    unreadable = pl.Series([not _is_utf8(chunk.lines[row]) for row in left[ROW]], dtype=pl.Boolean)
    return [
        _rejected(left.filter(blank), EMPTY),
        _rejected(left.filter(directive), DIRECTIVE),
        _rejected(left.filter(~blank & ~directive & unreadable), NOT_UTF8),
        _rejected(left.filter(~blank & ~directive & ~unreadable), FORMAT),
    ]


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that all frames have, empty, where the format has no such value."""
    needed = ("address", "time", "method", "target", "version", "request", "domain", "status", "bytes")
    missing = [name for name in needed if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def _rejected(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select(ROW, "log.offset", CHECK, pl.lit(reason).alias("reason"))


def _fields(frame: pl.DataFrame) -> pl.DataFrame:
    """Groups of the format to ECS fields and tags."""
    if frame["request"].null_count() < frame.height:
        frame = requests.split_request_lines(frame)
    frame = frame.with_columns(
        pl.col("status").cast(pl.Int16, strict=False).alias("http.response.status_code"),
        pl.col("bytes").cast(pl.Int64, strict=False).alias("http.response.body.bytes"),
    )
    frame = frame.hstack(_of_addresses(frame["address"])).hstack(_of_targets(frame["target"]))
    return tags.add(frame).select(_ecs(tuple(frame.columns)))


@cache
def _ecs(columns: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """The values of a line under their ECS names, and the columns that are named so already."""
    status = pl.col("http.response.status_code")
    outcome = (
        pl.when(status < FAILURE_STATUS).then(pl.lit("success")).when(status.is_not_null()).then(pl.lit("failure"))
    )
    fields = (
        (_present(name) if name in DASHED else pl.col(name)).alias(FIELD_OF.get(name, name))
        for name in columns
        if name not in TAKEN_APART
    )
    return *fields, outcome.alias("event.outcome"), pl.col("tags")


def _present(name: str) -> pl.Expr:
    """A column without the dash, the empty text and the empty quotes that stand for nothing."""
    column = pl.col(name)
    return pl.when((column != "-") & (column != "") & (column != '""')).then(column)


@cache
def _times_in(timezone: str) -> Remembered:
    return Remembered(lambda texts: times.fields(texts, timezone), kept_bytes=1 << 16)  # they hardly come again


_of_addresses = Remembered(addresses.fields)
_of_targets = Remembered(requests.fields)
