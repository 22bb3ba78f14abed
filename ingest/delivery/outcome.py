"""What becomes of documents: each is stored, there already, refused for ever, or to be tried again."""

from dataclasses import dataclass, field

import polars as pl

from wwwatch.errors import WwwatchError
from wwwatch.store import BulkResult, StoreError, StoreRefused

STORED = (200, 201)
EXISTS = 409
TRY_AGAIN = (429, 503)
REFUSED = 400
FORBIDDEN = 403
BLOCKED = "cluster_block_exception"  # a full disk, some versions answer 403: it opens again
REFUSAL = "mapping"
TOO_LARGE = "too_large"


class Stopped(WwwatchError):  # noqa: N818 - reads as the condition it names
    """The run is ending; what was not with the store yet is given up. Shipping again delivers it."""


@dataclass(frozen=True)
class Refused:
    """A document the store will never take. item: its action and source lines."""

    item: str
    reason: str
    message: str


@dataclass
class Outcome:
    """What became of documents: every one of them is counted once, as sent, duplicate or refused.

    possible_duplicates: how many of those sent may have been there before, in an older backing index this key may
    not read.
    """

    sent: int = 0
    duplicate: int = 0
    refused: list[Refused] = field(default_factory=list)
    possible_duplicates: int = 0


def settle(items: pl.Series, statuses: list[int], reasons: list[str], outcome: Outcome) -> pl.Series:
    """Count what is settled, return what is to be tried again. Raise StoreError for what nobody foresaw.

    statuses: one for each item. reasons: the same, why the failed ones failed; or empty.
    """
    sent = statuses.count(201) + statuses.count(200)
    outcome.sent += sent
    if sent == len(statuses):
        return items.clear()
    again: list[int] = []
    for place, status in enumerate(statuses):
        if status in STORED:
            continue
        reason = reasons[place] if reasons else ""
        if status == EXISTS:
            outcome.duplicate += 1
        elif status in TRY_AGAIN or (status == FORBIDDEN and reason.startswith(BLOCKED)):
            again.append(place)
        elif status == REFUSED:
            outcome.refused.append(Refused(items[place], REFUSAL, reason))
        elif status == FORBIDDEN:
            raise StoreRefused(
                f"The store does not allow this: {reason}",
                "Give the user or key the privileges of docs/shipping.md.",
            )
        else:
            raise StoreError(f"The store refused a document (HTTP {status}): {reason or 'no reason given'}")
    return items.gather(again)


def insist_complete(result: BulkResult, count: int) -> None:
    """Raise StoreError unless the store answered for each document."""
    if len(result.statuses) != count:
        raise StoreError(f"The store answered for {len(result.statuses)} documents of {count}.")
