"""Documents that may be in the store already, because an answer got lost or a run was cut off.

Within one backing index their ids keep them single: sent again they are answered 409. A data stream forgets its ids
when it rolls over. So only if it has rolled over since are they looked up, in the backing indices before the present
one, which needs the privilege `read`. Without it they are sent, and those created are counted as possible duplicates.
"""

import re
from dataclasses import dataclass

import polars as pl

from ingest.delivery.outcome import ids_of
from wwwatch.store import Store, StoreRefused

FIRST_GENERATION = 1


@dataclass(frozen=True)
class Resolved:
    """there: whether each item is in the stream already. index: the backing index in which creating the others is
    exact; empty: none is known to be.
    """

    there: pl.Series
    index: str


def resolve(store: Store, stream: str, since: str, items: pl.Series) -> Resolved:
    """Look items up where their ids do not protect them. since: the backing index the stream wrote to when they may
    have been sent; empty: not known. Raise StoreError as reading does.
    """
    nowhere = pl.repeat(value=False, n=len(items), dtype=pl.Boolean, eager=True)
    try:
        backing = store.backing_indices(stream)
        if not backing or backing[-1] == since:
            return Resolved(nowhere, since)
        older = backing[:-1]
        ids = ids_of(items)
        held: set[str] = set()
        for index in older[older.index(since) if since in older else 0 :]:
            held |= store.held_ids(index, ids.to_list())
    except StoreRefused:
        return Resolved(nowhere, since)
    return Resolved(ids.is_in(list(held)), backing[-1])


def exact(index: str, resolved: Resolved) -> bool:
    """Whether documents created in a backing index cannot be in an older one."""
    return index == resolved.index or generation(index) == FIRST_GENERATION


def generation(index: str) -> int:
    """How often a data stream had rolled over when a backing index was made, from 1; 0 if the name does not tell."""
    number = re.search(r"^\.ds-.*-(\d{6,})$", index)
    return int(number[1]) if number else 0
