"""Batches of documents into the store: each of them stored once, or known why not."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import orjson
import polars as pl

from wwwatch.store import BulkResult, Store, StoreBusy, StoreError, StoreTooLarge, StoreUnreachable

BATCH_BYTES = 768 << 10
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
PATIENCE_SECONDS = 60.0  # without any progress; then the run ends and another one resumes it

STORED = (200, 201)
EXISTS = 409
TRY_AGAIN = (429, 503)
REFUSED = 400
REFUSAL = "mapping"
TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Refused:
    """A document the store will never take. item: its action and source lines."""

    item: str
    reason: str
    message: str


@dataclass
class Outcome:
    """What became of the documents of a batch: every one of them is counted once."""

    sent: int = 0
    duplicate: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True)
class Patience:
    """How to wait. sleep takes seconds; jitter returns 0 to 1; both are injected for tests."""

    limit_seconds: float = PATIENCE_SECONDS
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


def split(items: pl.Series, batch_bytes: int = BATCH_BYTES) -> list[pl.Series]:
    """Items (action and source lines as text) in batches of about batch_bytes, at least one item each."""
    if not len(items):
        return []
    batch_of = (items.str.len_bytes().cast(pl.Int64).cum_sum() - 1) // batch_bytes
    starts = [0, *(batch_of != batch_of.shift()).fill_null(value=False).arg_true().to_list(), len(items)]
    return [items.slice(start, end - start) for start, end in pairwise(starts) if end > start]


def body_of(items: pl.Series) -> bytes:
    """The body of a bulk request."""
    text: str = items.str.join("\n").item()
    return text.encode() + b"\n"


class Delivery:
    """Delivers batches to one store. Safe to use from several threads."""

    def __init__(self, store: Store, patience: Patience | None = None) -> None:
        self._store = store
        self._patience = patience or Patience()

    def deliver(self, stream: str, items: pl.Series, in_doubt: bool = False) -> Outcome:
        """Store every item or find out why not. Nothing is lost: if the store stays away, StoreUnreachable or
        StoreBusy is raised, and delivering the same items again is safe.

        items: action (`create`, with id) and source lines as text. in_doubt: they may be there already, from before
        a crash; a data stream knows its ids only within one backing index, so they are looked up first.
        """
        outcome = Outcome()
        pauses, waited = 0, 0.0
        while len(items):
            try:
                if in_doubt:
                    items = self._missing(stream, items, outcome)
                    in_doubt = False
                    continue
                result = self._store.bulk(stream, body_of(items))
            except StoreTooLarge as error:
                return self._halved(stream, items, outcome, error)
            except (StoreUnreachable, StoreBusy) as error:
                # A connection that broke says nothing about what was stored before it did.
                in_doubt = in_doubt or isinstance(error, StoreUnreachable)
                reason: StoreError = error
            else:
                left = _sort_out(items, result, outcome)
                if len(left) < len(items):
                    pauses, waited = 0, 0.0
                items = left
                if not len(items):
                    break
                reason = StoreBusy(
                    f"The store keeps refusing documents: {result.errors[0][1] if result.errors else ''}"
                )
            if waited >= self._patience.limit_seconds:
                raise reason
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**pauses) * (
                0.5 + 0.5 * self._patience.jitter()
            )
            self._patience.sleep(pause)
            pauses, waited = pauses + 1, waited + pause
        return outcome

    def _missing(self, stream: str, items: pl.Series, outcome: Outcome) -> pl.Series:
        """The items the stream does not hold, in any backing index."""
        self._store.refresh(stream)
        ids = items.str.extract(r'^\{"create":\{"_id":"([^"]+)"')
        known = self._store.existing_ids(stream, ids.to_list())
        there = ids.is_in(list(known))
        outcome.duplicate += int(there.sum())
        return items.filter(~there)

    def _halved(self, stream: str, items: pl.Series, outcome: Outcome, error: StoreTooLarge) -> Outcome:
        if len(items) == 1:
            outcome.refused.append(Refused(items[0], TOO_LARGE, error.message))
            return outcome
        middle = len(items) // 2
        for half in (items.slice(0, middle), items.slice(middle)):
            part = self.deliver(stream, half)
            outcome.sent += part.sent
            outcome.duplicate += part.duplicate
            outcome.refused += part.refused
        return outcome


def _sort_out(items: pl.Series, result: BulkResult, outcome: Outcome) -> pl.Series:
    """Count what is settled, return what is to be tried again. Raise StoreError for what nobody foresaw."""
    if len(result.statuses) != len(items):
        raise StoreError(f"The store answered for {len(result.statuses)} documents of {len(items)}.")
    reasons = dict(result.errors)
    again: list[int] = []
    for number, status in enumerate(result.statuses):
        if status in STORED:
            outcome.sent += 1
        elif status == EXISTS:
            outcome.duplicate += 1
        elif status in TRY_AGAIN:
            again.append(number)
        elif status == REFUSED:
            outcome.refused.append(Refused(items[number], REFUSAL, reasons.get(number, "")))
        else:
            raise StoreError(f"The store refused a document (HTTP {status}): {reasons.get(number, 'no reason given')}")
    return items.gather(again)


def source_of(item: str) -> dict[str, dict[str, object]]:
    """The document of an item."""
    document: dict[str, dict[str, object]] = orjson.loads(item.split("\n", 1)[1])
    return document


def id_of(item: str) -> str:
    """The id in the action line of an item."""
    action: dict[str, dict[str, str]] = orjson.loads(item.split("\n", 1)[0])
    return action["create"]["_id"]
