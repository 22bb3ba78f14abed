"""Columns of texts from elsewhere, which may need escaping in JSON where the line itself does not."""

import polars as pl

from ingest.parse import DIRTY

UNSAFE = "unsafe"
_ESCAPED = r'["\\\x00-\x1f]'


def marked(built: pl.DataFrame) -> pl.DataFrame:
    """Add unsafe: whether a row holds text that needs escaping."""
    texts = [pl.col(name).str.contains(_ESCAPED) for name, kind in built.schema.items() if kind == pl.String]
    return built.with_columns(pl.any_horizontal(texts).fill_null(value=False).alias(UNSAFE))


def added(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The frame with columns more, in the same order of rows. known: of `marked`."""
    unsafe = known[UNSAFE].fill_null(value=False)
    frame = frame.with_columns(known.drop(UNSAFE))
    return frame.with_columns(pl.col(DIRTY) | unsafe) if unsafe.any() else frame
