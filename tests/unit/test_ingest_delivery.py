"""The bulk loop against a scripted store: what is retried, what is counted, what is never lost."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import polars as pl
import pytest

from ingest.counts import Counts
from ingest.delivery import Delivery, Patience, id_of, split
from wwwatch.store import BulkResult, Store, StoreBusy, StoreError, StoreTooLarge, StoreUnreachable

Answer = Callable[[list[str]], list[int]]


class ScriptedStore:
    """Answers each request with the next of the given answers, then takes everything. Holds what it took."""

    def __init__(
        self, answers: Sequence[Answer | Exception] = (), held: Sequence[str] = (), away: Exception | None = None
    ) -> None:
        self.away = away
        self.answers, self.held, self.requests = list(answers), list(held), list[list[str]]()
        self.refreshed = 0

    def bulk(self, _index: str, body: bytes) -> BulkResult:
        lines = body.decode().splitlines()
        ids = [id_of(line) for line in lines[::2]]
        self.requests.append(ids)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        statuses = answer(ids) if answer else [409 if id_ in self.held else 201 for id_ in ids]
        self.held += [id_ for id_, status in zip(ids, statuses, strict=False) if status == 201]
        return BulkResult(statuses, [(n, f"because {s}") for n, s in enumerate(statuses) if s > 201], 1)

    def refresh(self, _index: str) -> None:
        if self.away:
            raise self.away
        self.refreshed += 1

    def existing_ids(self, _index: str, ids: Sequence[str]) -> set[str]:
        assert self.refreshed, "ids are looked up behind a refresh only"
        return set(ids) & set(self.held)


def items(*names: str) -> pl.Series:
    return pl.Series([f'{{"create":{{"_id":"{name}"}}}}\n{{"event":"{name}"}}' for name in names])


def delivery(store: ScriptedStore, pauses: list[float] | None = None, limit: float = 60.0) -> Delivery:
    kept = pauses if pauses is not None else []
    return Delivery(cast(Store, store), Patience(limit, kept.append, lambda: 1.0))


def test_everything_taken_at_once() -> None:
    store = ScriptedStore()
    outcome = delivery(store).deliver("s", items("a", "b"))
    assert (outcome.sent, outcome.duplicate, outcome.refused) == (2, 0, [])
    assert store.refreshed == 0


def test_each_status_means_something_else() -> None:
    store = ScriptedStore([lambda _: [201, 409, 429, 503, 400]])
    pauses: list[float] = []
    outcome = delivery(store, pauses).deliver("s", items("a", "b", "c", "d", "e"))
    assert (outcome.sent, outcome.duplicate) == (3, 1)
    [refused] = outcome.refused
    assert (id_of(refused.item), refused.reason, refused.message) == ("e", "mapping", "because 400")
    assert store.requests[1:] == [["c", "d"]]
    assert pauses == [0.5]


def test_pauses_grow_to_a_limit_and_start_again_after_progress() -> None:
    busy = StoreBusy("busy")
    store = ScriptedStore([busy] * 6 + [lambda ids: [201] + [429] * (len(ids) - 1), busy])
    pauses: list[float] = []
    outcome = delivery(store, pauses).deliver("s", items("a", "b"))
    assert outcome.sent == 2
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 0.5, 1.0]


@pytest.mark.parametrize("error", [StoreBusy("full"), StoreUnreachable("away")])
def test_patience_ends(error: StoreError) -> None:
    store = ScriptedStore([error] * 100, away=error)
    pauses: list[float] = []
    with pytest.raises(type(error)):
        delivery(store, pauses, limit=20).deliver("s", items("a"))
    assert 20 <= sum(pauses) <= 30


def test_broken_connection_is_resolved_by_looking_up_ids() -> None:
    store = ScriptedStore([StoreUnreachable("cut")], held=["a", "c"])
    outcome = delivery(store).deliver("s", items("a", "b", "c"))
    assert (outcome.sent, outcome.duplicate) == (1, 2)
    assert store.requests == [["a", "b", "c"], ["b"]]


def test_busy_store_took_nothing_so_nothing_is_looked_up() -> None:
    store = ScriptedStore([StoreBusy("429")])
    assert delivery(store).deliver("s", items("a")).sent == 1
    assert store.refreshed == 0


def test_items_in_doubt_are_looked_up_before_they_are_sent() -> None:
    store = ScriptedStore(held=["a"])
    outcome = delivery(store).deliver("s", items("a", "b"), in_doubt=True)
    assert (outcome.sent, outcome.duplicate) == (1, 1)
    assert store.requests == [["b"]]
    assert delivery(store).deliver("s", items("a", "b"), in_doubt=True).duplicate == 2
    assert len(store.requests) == 1


def test_too_large_requests_are_halved() -> None:
    class Small(ScriptedStore):
        def bulk(self, _index: str, body: bytes) -> BulkResult:
            if len(body) > 100:
                raise StoreTooLarge("too large")
            return super().bulk(_index, body)

    store = Small()
    big = pl.Series(['{"create":{"_id":"big"}}\n{"event":"%s"}' % ("x" * 200)])
    outcome = delivery(store).deliver("s", pl.concat([items(*"abcdefg"), big]))
    assert outcome.sent == 7
    assert sorted(store.held) == list("abcdefg")
    assert [refused.reason for refused in outcome.refused] == ["too_large"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_unforeseen_statuses_stop_the_run(status: int) -> None:
    with pytest.raises(StoreError, match=f"HTTP {status}"):
        delivery(ScriptedStore([lambda ids: [status] * len(ids)])).deliver("s", items("a"))


def test_an_answer_for_other_documents_is_none() -> None:
    with pytest.raises(StoreError, match="answered for 1 documents of 2"):
        delivery(ScriptedStore([lambda _: [201]])).deliver("s", items("a", "b"))


@pytest.mark.parametrize("batch_bytes", [1, 40, 100, 10_000])
def test_split_loses_nothing(batch_bytes: int) -> None:
    whole = items(*(f"n{number}" for number in range(50)))
    parts = split(whole, batch_bytes)
    assert [item for part in parts for item in part] == whole.to_list()
    assert all(len(part) for part in parts)
    assert split(whole.head(0)) == []


def test_counts_add_up_or_say_what_is_missing() -> None:
    counts = Counts(read=10, sent=4, duplicate=3, files=1)
    counts.rejected.update(["format", "format"])
    told: dict[str, Any] = counts.as_json(1.23456)
    assert told["undelivered"] == 1
    assert told["read"] == told["sent"] + told["duplicate"] + sum(told["rejected"].values()) + told["undelivered"]
    assert "2 rejected (format 2)" in counts.as_text(1)
    assert "1 not delivered" in counts.as_text(1)
