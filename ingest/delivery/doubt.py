"""Documents that may be in the store already, because an answer got lost or a run was cut off.

They are looked up before they are sent again, in every backing index their stream may have written to since: a data
stream forgets its ids when it rolls over. That needs the privilege `read`. Without it they are sent: within one backing
index their ids keep them single (409), and if it is another one by now, those created are counted as possible
duplicates.
"""

import re
from dataclasses import dataclass

import polars as pl

from ingest.items import ids_of
from wwwatch.store import Store, StoreRefused

FIRST_GENERATION = 1


@dataclass(frozen=True)
class Resolved:
    """there: whether each item is known to be in the stream. complete: whether the others are known not to be."""

    there: pl.Series
    complete: bool


def resolve(store: Store, stream: str, since: str, items: pl.Series) -> Resolved:
    """Look items up. since: the backing index the stream wrote to when they may have been sent; empty: not known.

    Raise StoreError as reading does, but not where reading is not allowed.
    """
    ids = ids_of(items)
    try:
        backing = store.backing_indices(stream)
        held: set[str] = set()
        for index in backing[backing.index(since) if since in backing else 0 :]:
            held |= store.held_ids(index, ids.to_list())
    except StoreRefused:
        return Resolved(pl.repeat(value=False, n=len(items), dtype=pl.Boolean, eager=True), complete=False)
    return Resolved(ids.is_in(list(held)), complete=True)


def single(index: str, since: str) -> bool:
    """Whether documents created in a backing index cannot be in an older one, if they were sent since `since` only."""
    return index == since or generation(index) == FIRST_GENERATION


def generation(index: str) -> int:
    """How often a data stream had rolled over when a backing index was made, from 1; 0 if the name does not tell."""
    number = re.search(r"^\.ds-.*-(\d{6,})$", index)
    return int(number[1]) if number else 0
