"""Lines to values, by the formats that take them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ingest.formats import w3c
from ingest.formats.escapes import undone
from ingest.formats.log_format import LogFormat, Reading
from ingest.formats.values import canonical
from ingest.times import UNTIMED

_ESCAPED = r"[\\\x00-\x1f\x7f]"


@dataclass(frozen=True)
class Matched:
    """Lines sorted out.

    taken: the columns of the frame, the values, and `dirty` (text that needs escaping in JSON), in order. left: lines
    that no format takes. counts: lines taken, by format. fields: the last `#Fields` line, None without any.
    """

    taken: pl.DataFrame
    left: pl.DataFrame
    counts: Counter[str]
    fields: str | None = None


def match(frame: pl.DataFrame, formats: Sequence[LogFormat], line: str, order: str) -> Matched:
    """Match a frame of lines. formats: to be tried in order. line, order: names of the columns of text and row.

    A `#Fields` line says how those after it are read, if one of the formats is of that kind.
    """
    matched = _match(frame, formats, line, order)
    if any(isinstance(item, w3c.W3cFormat) for item in formats):
        headers = matched.left.filter(pl.col(line).str.starts_with(w3c.FIELDS))
        if headers.height:
            return _by_sections(frame, formats, headers, line, order)
    return matched


def _by_sections(
    frame: pl.DataFrame, formats: Sequence[LogFormat], headers: pl.DataFrame, line: str, order: str
) -> Matched:
    starts = headers[order].to_list()
    others = [item for item in formats if not isinstance(item, w3c.W3cFormat)]
    sections = [_match(frame.filter(pl.col(order) < starts[0]), formats, line, order)]
    for start, end, header in zip(starts, [*starts[1:], None], headers[line], strict=True):
        rows = pl.col(order) >= start
        rows = rows if end is None else rows & (pl.col(order) < end)
        sections.append(_match(frame.filter(rows), [w3c.of_header(header), *others], line, order))
    taken = [item.taken for item in sections if item.taken.height] or [sections[0].taken]
    return Matched(
        pl.concat(taken, how="diagonal"),
        pl.concat([item.left for item in sections]),
        sum((item.counts for item in sections), Counter()),
        headers[line][-1],
    )


def _match(frame: pl.DataFrame, formats: Sequence[LogFormat], line: str, order: str) -> Matched:
    found: list[pl.DataFrame] = []
    left, counts = frame, Counter[str]()
    for log_format in formats:
        for reading in log_format.readings() if left.height else ():
            if not left.height:
                break
            taken, left = _read(left, reading, line, first=not found)
            if log_format.timeless:
                known = [pl.col("time")] if "time" in taken.columns else []
                taken = taken.with_columns(time=pl.coalesce(*known, pl.lit(UNTIMED)))
            found.append(taken)
            counts[log_format.name] += taken.height
    some = [item for item in found if item.height]
    if not some:
        return Matched(frame.clear().with_columns(dirty=pl.lit(value=True)), left, counts)
    return Matched(some[0] if len(some) == 1 else pl.concat(some, how="diagonal").sort(order), left, +counts)


def _read(left: pl.DataFrame, reading: Reading, line: str, first: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines a reading takes, with their values; and the others."""
    tried, untried = left, None
    if not first:
        # Testing is far cheaper than taking apart, and most lines that come here are not for this reading.
        likely = reading.test(left[line])
        tried, untried = left.filter(likely), left.filter(~likely)
    values = reading.read(tried[line])
    hit = values[reading.marker].is_not_null()
    both = pl.concat([tried, values], how="horizontal")
    if not hit.all():
        both, missed = both.filter(hit), tried.filter(~hit)
        untried = missed if untried is None else pl.concat([untried, missed])
    if reading.undo:
        both = both.with_columns(undone(both[name], reading.undo) for name in values.columns)
    if not reading.plain:
        both = canonical(both)
    # What a clean reading takes holds nothing but quotes that JSON escapes, and those in the line only.
    dirty = pl.col(line).str.contains(_ESCAPED) if reading.clean is None else pl.lit(not reading.clean)
    both = both.with_columns(dirty.alias("dirty"))
    return both, left.clear() if untried is None else untried
