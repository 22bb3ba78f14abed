"""Which format a file has, by its first lines."""

import polars as pl

from ingest.formats import w3c
from ingest.formats.log_format import LogFormat
from ingest.formats.names import DETECTED

SAMPLE_LINES = 500


def detect(lines: pl.Series) -> LogFormat | None:
    """The format that takes most of the first lines, None if none takes any. lines: text, one line an element."""
    sample = lines.head(SAMPLE_LINES)
    headers = sample.filter(sample.str.starts_with(w3c.FIELDS))
    best: LogFormat | None = w3c.of_header(headers[0]) if len(headers) else None
    most = taken(sample, best) if best else 0
    for candidate in DETECTED:
        if most == len(sample):
            break
        count = taken(sample, candidate)
        if count > most:
            best, most = candidate, count
    return best if most else None


def taken(lines: pl.Series, log_format: LogFormat) -> int:
    """How many of the lines a format takes."""
    return int(taken_mask(lines, log_format).sum())


def taken_mask(lines: pl.Series, log_format: LogFormat) -> pl.Series:
    """Whether a format takes each of the lines."""
    mask = pl.repeat(value=False, n=len(lines), dtype=pl.Boolean, eager=True)
    for reading in log_format.readings():
        left = (~mask).arg_true()
        rows = left.filter(reading.test(lines.gather(left)))
        mask = mask.scatter(rows, reading.read(lines.gather(rows))[reading.marker].is_not_null())
    return mask
