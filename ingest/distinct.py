"""Work done once per distinct value of a column: sites are asked for the same things, by the same clients, all day."""

from collections.abc import Callable
from threading import Lock

import polars as pl

KEPT_BYTES = 4 << 20

Build = Callable[[pl.Series], pl.DataFrame]


class Remembered:
    """Columns made of the distinct values of another column, kept from chunk to chunk. Safe to use from threads.

    build: distinct values, none null -> one row each, in their order. Memory stays bounded whatever is asked for: when
    the values take more than kept_bytes, all is forgotten.
    """

    def __init__(self, build: Build, kept_bytes: int = KEPT_BYTES) -> None:
        self._build, self._kept_bytes = build, kept_bytes
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        # Polars numbers the values of a category for as long as a column of its type is alive.
        self._type = pl.Categorical(pl.Categories.random("wwwatch"))
        self._alive = pl.Series([], dtype=self._type)
        self._known = self._build(pl.Series([], dtype=pl.String))
        self._bytes = 0

    def __call__(self, values: pl.Series) -> pl.DataFrame:
        """The columns for each value, null for null."""
        with self._lock:
            if self._bytes > self._kept_bytes:
                self._forget()
            numbers = values.cast(self._type).to_physical()
            if (numbers >= self._known.height).any():
                self._learn(values, numbers)
            known = self._known
        return known.select(pl.all().gather(numbers))

    def _learn(self, values: pl.Series, numbers: pl.Series) -> None:
        """Build for the values that were numbered just now: from the end of what is known on, without a gap."""
        first = numbers.is_first_distinct() & (numbers >= self._known.height)
        fresh = pl.DataFrame({"value": values, "number": numbers}).filter(first).sort("number")["value"]
        self._known = pl.concat([self._known, self._build(fresh)], rechunk=True)
        self._bytes += int(fresh.str.len_bytes().sum())


def per_value(values: pl.Series, build: Build) -> pl.DataFrame:
    """The columns for each value, null for null, worked out once per distinct value and forgotten."""
    distinct = values.unique().drop_nulls()
    known = build(distinct).with_columns(distinct.alias(""))
    return values.to_frame("").join(known, on="", how="left", maintain_order="left").drop("")
