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
        self._known: pl.DataFrame | None = None
        self._bytes = 0

    def __call__(self, values: pl.Series) -> pl.DataFrame:
        """The columns for each value, null for null."""
        with self._lock:
            if self._bytes > self._kept_bytes:
                self._forget()
            numbers = values.cast(self._type).to_physical()
            known = self._known
            if known is None or (numbers >= known.height).any():
                known = self._known = self._learn(values, numbers)
        return known[numbers]

    def _learn(self, values: pl.Series, numbers: pl.Series) -> pl.DataFrame:
        """What is known, and the values that were numbered just now: from there on, without a gap."""
        count = 0 if self._known is None else self._known.height
        first = numbers.is_first_distinct() & (numbers >= count)
        fresh = pl.DataFrame({"value": values, "number": numbers}).filter(first).sort("number")["value"]
        self._bytes += int(fresh.str.len_bytes().sum())
        built = self._build(fresh)
        return built if self._known is None else pl.concat([self._known, built], rechunk=True)
