"""The bulk loop against a scripted store: what is retried, what is counted, what is never lost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any, cast

import polars as pl
import pytest

from ingest.counts import Counts
from ingest.delivery import Delivery, Outcome, Pressure, Stopped, split
from ingest.items import id_of
from wwwatch.store import BulkResult, Store, StoreBusy, StoreError, StoreRefused, StoreTooLarge, StoreUnreachable

Answer = Callable[[list[str]], list[int]]
FIRST, SECOND = ".ds-s-000001", ".ds-s-000002"
SECONDS = 20


class ScriptedStore:
    """Answers each request with the next of the given answers, then takes everything.

    held: ids by backing index, of which the last one is written to. readable: whether this key may read.
    """

    def __init__(
        self,
        answers: Sequence[Answer | Exception] = (),
        held: dict[str, list[str]] | None = None,
        away: Exception | None = None,
        readable: bool = True,
    ) -> None:
        self.away, self.readable = away, readable
        self.answers, self.held, self.requests = list(answers), held or {FIRST: []}, list[list[str]]()
        self.lock = Lock()
        self.looked_up = 0

    def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
        ids = [id_of(line) for line in body.decode().splitlines()[::2]]
        with self.lock:
            self.requests.append(ids)
            answer = self.answers.pop(0) if self.answers else None
            if isinstance(answer, Exception):
                raise answer
            if self.away:
                raise self.away
            index, held = list(self.held.items())[-1]
            statuses = answer(ids) if answer else [409 if id_ in held else 201 for id_ in ids]
            held += [id_ for id_, status in zip(ids, statuses, strict=False) if status == 201]
        errors = [(n, f"because {s}") for n, s in enumerate(statuses) if s > 201]
        return BulkResult(statuses, errors, 1, index if tell_index else "")

    def backing_indices(self, _stream: str) -> list[str]:
        return list(self.held)

    def held_ids(self, index: str, ids: Sequence[str]) -> set[str]:
        if not self.readable:
            raise StoreRefused("not allowed to read")
        self.looked_up += 1
        return set(ids) & set(self.held[index])


def items(*names: str) -> pl.Series:
    return pl.Series([f'{{"create":{{"_id":"{name}"}}}}\n{{"event":"{name}"}}' for name in names])


@contextmanager
def delivering(store: ScriptedStore, patience_seconds: float = 60.0) -> Iterator[Delivery]:
    delivery = Delivery(cast(Store, store), patience_seconds, Pressure(first_pause_seconds=0.001))
    try:
        yield delivery
    finally:
        delivery.close()


def deliver(store: ScriptedStore, sent: pl.Series, in_doubt: bool = False, since: str = "") -> Outcome:
    with delivering(store) as delivery:
        return delivery.submit("s", sent, in_doubt, since).result(SECONDS)


def test_everything_taken_at_once() -> None:
    store = ScriptedStore()
    assert deliver(store, items("a", "b")) == Outcome(sent=2)
    assert store.looked_up == 0
    assert deliver(store, items()) == Outcome()


def test_each_status_means_something_else() -> None:
    store = ScriptedStore([lambda _: [201, 409, 429, 503, 400]])
    outcome = deliver(store, items("a", "b", "c", "d", "e"))
    assert (outcome.sent, outcome.duplicate) == (3, 1)
    [refused] = outcome.refused
    assert (id_of(refused.item), refused.reason, refused.message) == ("e", "mapping", "because 400")
    assert store.requests[1:] == [["c", "d"]]


@pytest.mark.parametrize("error", [StoreBusy("full"), StoreUnreachable("away")])
def test_patience_ends_and_a_later_try_delivers(error: StoreError) -> None:
    store = ScriptedStore(away=error)
    with delivering(store, patience_seconds=0.05) as delivery:
        with pytest.raises(type(error)):
            delivery.submit("s", items("a")).result(SECONDS)
        assert len(store.requests) > 1
        store.away = None
        assert delivery.submit("s", items("a"), in_doubt=True).result(SECONDS).sent == 1


def test_an_answer_that_got_lost_is_harmless_within_one_backing_index() -> None:
    store = ScriptedStore([StoreUnreachable("cut")], held={FIRST: ["a", "c"]})
    outcome = deliver(store, items("a", "b", "c"))
    assert (outcome.sent, outcome.duplicate, outcome.possible_duplicates) == (1, 2, 0)
    assert store.requests == [["a", "b", "c"], ["b"]]


def test_an_answer_that_got_lost_is_looked_up_when_the_stream_rolled_over_in_between() -> None:
    class Rolling(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            result = super().bulk(_index, body, tell_index)
            if len(self.requests) == 2:
                self.held[SECOND] = []
                raise StoreUnreachable("stored, but the answer got lost")
            return result

    store = Rolling()
    with delivering(store) as delivery:
        assert delivery.submit("s", items("a")).result(SECONDS) == Outcome(sent=1)
        assert delivery.submit("s", items("b", "c")).result(SECONDS) == Outcome(duplicate=2)
    assert store.held == {FIRST: ["a", "b", "c"], SECOND: []}


def test_a_rollover_between_looking_up_and_sending_does_no_harm() -> None:
    class Rolling(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            self.held[SECOND] = []
            return super().bulk(_index, body, tell_index)

    store = Rolling(held={FIRST: ["a"]})
    assert deliver(store, items("a", "b"), in_doubt=True, since=FIRST) == Outcome(sent=1, duplicate=1)
    assert store.held == {FIRST: ["a"], SECOND: ["b"]}


@pytest.mark.parametrize("since", ["", FIRST, "deleted"])
def test_in_doubt_after_a_rollover_with_read(since: str) -> None:
    store = ScriptedStore(held={FIRST: ["a"], SECOND: ["b"]})
    outcome = deliver(store, items("a", "b", "c"), in_doubt=True, since=since)
    assert outcome == Outcome(sent=1, duplicate=2)
    assert store.held == {FIRST: ["a"], SECOND: ["b", "c"]}


def test_in_doubt_without_a_rollover_needs_no_read() -> None:
    store = ScriptedStore(held={FIRST: ["x"], SECOND: ["a"]}, readable=False)
    assert deliver(store, items("a", "b"), in_doubt=True, since=SECOND) == Outcome(sent=1, duplicate=1)
    store = ScriptedStore(held={FIRST: ["a"]}, readable=False)
    assert deliver(store, items("a", "b"), in_doubt=True) == Outcome(sent=1, duplicate=1)


@pytest.mark.parametrize("since", ["", FIRST])
def test_in_doubt_after_a_rollover_without_read_is_counted(since: str) -> None:
    store = ScriptedStore(held={FIRST: ["a"], SECOND: ["b"]}, readable=False)
    outcome = deliver(store, items("a", "b", "c"), in_doubt=True, since=since)
    assert outcome == Outcome(sent=2, duplicate=1, possible_duplicates=2)


def test_in_doubt_with_a_key_that_may_only_create_trusts_the_answers_index() -> None:
    class CreateOnly(ScriptedStore):
        def backing_indices(self, _stream: str) -> list[str]:
            raise StoreRefused("not allowed")

    assert deliver(CreateOnly(), items("a"), in_doubt=True).possible_duplicates == 0
    rolled = {FIRST: list[str](), SECOND: list[str]()}
    assert deliver(CreateOnly(held=rolled), items("a"), in_doubt=True, since=SECOND).possible_duplicates == 0
    assert deliver(CreateOnly(held=rolled), items("b"), in_doubt=True, since=FIRST).possible_duplicates == 1


def test_busy_store_took_nothing_so_nothing_is_in_doubt() -> None:
    store = ScriptedStore([StoreBusy("429")], held={FIRST: [], SECOND: []})
    assert deliver(store, items("a")).sent == 1
    assert store.looked_up == 0


def test_too_large_requests_are_halved() -> None:
    class Small(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            if len(body) > 100:
                raise StoreTooLarge("too large")
            return super().bulk(_index, body, tell_index)

    store = Small()
    big = pl.Series(['{"create":{"_id":"big"}}\n{"event":"%s"}' % ("x" * 200)])
    outcome = deliver(store, pl.concat([items(*"abcdefg"), big]))
    assert outcome.sent == 7
    assert sorted(store.held[FIRST]) == list("abcdefg")
    assert [refused.reason for refused in outcome.refused] == ["too_large"]


@pytest.mark.parametrize(("status", "error"), [(403, StoreRefused), (404, StoreError), (500, StoreError)])
def test_unforeseen_statuses_stop_the_run(status: int, error: type[StoreError]) -> None:
    with pytest.raises(error, match="because"):
        deliver(ScriptedStore([lambda ids: [status] * len(ids)]), items("a"))


def test_an_index_blocked_by_a_full_disk_is_waited_for() -> None:
    class Blocked(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            if not self.requests:
                self.requests.append(["a"])
                return BulkResult([403], [(0, "cluster_block_exception: index [s] blocked")], 1)
            return super().bulk(_index, body, tell_index)

    assert deliver(Blocked(), items("a")) == Outcome(sent=1)


def test_an_answer_for_other_documents_is_none() -> None:
    with pytest.raises(StoreError, match="answered for 1 documents of 2"):
        deliver(ScriptedStore([lambda _: [201]]), items("a", "b"))


def test_small_pieces_join_while_requests_are_under_way_and_each_is_answered_for() -> None:
    release, begun = Event(), Event()

    class Slow(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            begun.set()
            assert release.wait(SECONDS)
            return super().bulk(_index, body, tell_index)

    store = Slow(held={FIRST: ["n7"]})
    with delivering(store) as delivery:
        first = [delivery.submit("s", items(name)) for name in ("x", "y")]
        assert begun.wait(SECONDS)
        small = [delivery.submit("s", items(f"n{number}")) for number in range(20)]
        release.set()
        assert all(future.result(SECONDS).sent == 1 for future in first)
        outcomes = [future.result(SECONDS) for future in small]
    assert [outcome.duplicate for outcome in outcomes] == [int(number == 7) for number in range(20)]
    assert len(store.requests) <= 4


def test_what_is_abandoned_is_not_sent_and_what_is_under_way_is_awaited() -> None:
    release, begun = Event(), Event()

    class Slow(ScriptedStore):
        def bulk(self, _index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            begun.set()
            assert release.wait(SECONDS)
            return super().bulk(_index, body, tell_index)

    store = Slow()
    with delivering(store) as delivery:
        large = pl.concat([items(f"n{n}") for n in range(4)] + [items("x" * (400 << 10) + str(n)) for n in range(20)])
        under_way = delivery.submit("s", large)
        waiting = delivery.submit("s", items("never"))
        assert begun.wait(SECONDS)
        delivery.abandon([under_way, waiting])
        with pytest.raises(Stopped):
            waiting.result(0)
        assert not under_way.done()
        release.set()
        with pytest.raises(Stopped):
            under_way.result(SECONDS)
        assert delivery.submit("s", items("next")).result(SECONDS).sent == 1
    assert "never" not in store.held[FIRST]


def test_statistics_tell_what_happened() -> None:
    store = ScriptedStore([StoreBusy("429"), StoreUnreachable("cut")])
    with delivering(store) as delivery:
        delivery.submit("s", items("a")).result(SECONDS)
        told = delivery.statistics()
    assert (told.requests, told.retries, told.busy, told.unreachable) == (3, 2, 1, 1)
    assert told.waiting_bytes == 0
    assert told.latency_ms is not None


@pytest.mark.parametrize("batch_bytes", [1, 40, 100, 10_000])
def test_split_loses_nothing(batch_bytes: int) -> None:
    whole = items(*(f"n{number}" for number in range(50)))
    parts = split(whole, batch_bytes)
    assert [item for part in parts for item in part] == whole.to_list()
    assert all(len(part) for part in parts)
    assert split(whole.head(0), batch_bytes) == []


def test_counts_add_up_or_say_what_is_missing() -> None:
    counts = Counts(read=10, sent=4, duplicate=3, files=1, possible_duplicates=2)
    counts.rejected.update(["format", "format"])
    told: dict[str, Any] = counts.as_json(1.23456)
    assert told["undelivered"] == 1
    assert told["read"] == told["sent"] + told["duplicate"] + sum(told["rejected"].values()) + told["undelivered"]
    assert told["possible_duplicates"] == 2
    assert "2 rejected (format 2)" in counts.as_text(1)
    assert "1 not delivered" in counts.as_text(1)
