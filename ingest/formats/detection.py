"""Which format a file has, by its first lines."""

import polars as pl

from ingest.formats.log_format import LogFormat
from ingest.formats.names import FORMATS

SAMPLE_LINES = 500


def detect(lines: pl.Series) -> LogFormat | None:
    """The format that takes most of the first lines, None if none takes any. lines: text, one line an element."""
    sample = lines.head(SAMPLE_LINES)
    best, most = None, 0
    for candidate in FORMATS.values():
        taken = int(match_any(sample, candidate).sum())
        if taken > most:
            best, most = candidate, taken
    return best


def match_any(lines: pl.Series, log_format: LogFormat) -> pl.Series:
    """For each line, whether one of the format's expressions takes it."""
    taken = lines.str.contains(log_format.strict).fill_null(value=False)
    for expression in log_format.tolerant:
        if taken.all():
            break
        taken = taken | lines.str.contains(expression).fill_null(value=False)
    return taken
