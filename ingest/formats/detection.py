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
    left = lines
    for reading in log_format.readings():
        likely = reading.test(left)
        tried = left.filter(likely)
        left = left.filter(~likely).extend(tried.filter(reading.read(tried)[reading.marker].is_null()))
    return len(lines) - len(left)
