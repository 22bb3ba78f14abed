"""One batch on its way: what the store answered, sorted out part by part."""

from dataclasses import dataclass, field

import polars as pl

from ingest.delivery.doubt import Resolved, single
from ingest.delivery.outcome import Outcome, insist_complete, settle
from ingest.delivery.waiting import Batch
from wwwatch.store import BulkResult


@dataclass
class Exchange:
    """left: what is not settled of each part of a batch. outcomes: what the rest of each came to."""

    batch: Batch
    left: list[pl.Series]
    outcomes: list[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = [Outcome() for _ in self.left]

    @property
    def items(self) -> pl.Series:
        return pl.concat(self.left) if len(self.left) > 1 else self.left[0]

    @property
    def count(self) -> int:
        return sum(len(items) for items in self.left)

    def settle_there(self, resolved: Resolved) -> None:
        """Documents in doubt that were found in the store. Such batches have one part."""
        self.outcomes[0].duplicate += int(resolved.there.sum())
        self.left[0] = self.left[0].filter(~resolved.there)

    def settle(self, result: BulkResult, resolved: Resolved | None) -> None:
        """Sort out the answer, part by part."""
        insist_complete(result, self.count)
        reasons = dict(result.errors)
        start = 0
        for number, items in enumerate(self.left):
            end = start + len(items)
            told = [reasons.get(place, "") for place in range(start, end)] if reasons else []
            outcome, before = self.outcomes[number], self.outcomes[number].sent
            self.left[number] = settle(items, result.statuses[start:end], told, outcome)
            doubt = self.batch.doubt
            if doubt and resolved and not resolved.complete and not single(result.index, doubt.since):
                outcome.possible_duplicates += outcome.sent - before
            start = end
