"""Delivery against a real engine: several hosts, compression, rollover, and what other hosts in between answer."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from elastic_transport import Urllib3HttpNode

from ingest.delivery import Delivery, Outcome
from wwwatch.settings import load
from wwwatch.store import Store, names

DEAD = "http://127.0.0.1:9"


def items(count: int, start: int = 0) -> pl.Series:
    return pl.Series(
        f'{{"create":{{"_id":"id{n}"}}}}\n{{"@timestamp":"2026-01-01T00:00:00Z","url":{{"path":"/page/{n}"}}}}'
        for n in range(start, start + count)
    )


@pytest.fixture
def stream(store: Store, namespace: str) -> str:
    return names.access_stream("nginx.access", namespace)


def delivered(store: Store, stream: str, sent: pl.Series, in_doubt: bool = False, since: str = "") -> Outcome:
    delivery = Delivery(store)
    try:
        return delivery.submit(stream, sent, in_doubt, since).result(60)
    finally:
        delivery.close()


def stored(store: Store, stream: str) -> int:
    store.refresh(stream)
    return store.count(stream)


@pytest.mark.parametrize("order", ["{dead},{alive}", "{alive},{dead}"])
def test_a_dead_host_is_passed_over(engine_url: str, store: Store, stream: str, tmp_path: Path, order: str) -> None:
    both = Store.from_settings(load(environ={}), order.format(dead=DEAD, alive=engine_url))
    for number in range(5):
        assert delivered(both, stream, items(10, start=10 * number)) == Outcome(sent=10)
    both.close()
    assert stored(store, stream) == 50


def test_compressed_requests_are_taken(
    engine_url: str, store: Store, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[bool, int]] = []
    sent = Urllib3HttpNode.perform_request

    def watched(node: Any, method: str, target: str, body: bytes | None, headers: Any, *rest: Any) -> Any:
        sizes.append((headers.get("content-encoding") == "gzip", len(body or b"")))
        return sent(node, method, target, body, headers, *rest)

    monkeypatch.setattr(Urllib3HttpNode, "perform_request", watched)
    compressing = Store.from_settings(load(environ={"WWWATCH_COMPRESS": "true"}), engine_url)
    assert delivered(compressing, stream, items(2000)) == Outcome(sent=2000)
    compressing.close()
    plain_bytes = int(items(2000).str.len_bytes().sum())
    compressed, size = max(sizes, key=lambda item: item[1])
    assert compressed
    assert size < plain_bytes / 5
    assert stored(store, stream) == 2000


def test_in_doubt_across_a_rollover(store: Store, stream: str) -> None:
    assert delivered(store, stream, items(100)) == Outcome(sent=100)
    [first] = store.backing_indices(stream)
    store.admin("POST", f"/{stream}/_rollover")
    assert store.backing_indices(stream)[0] == first
    # Not refreshed in between: what was written just now is found all the same.
    assert delivered(store, stream, items(50, start=100), in_doubt=True, since=first) == Outcome(sent=50)
    assert delivered(store, stream, items(200), in_doubt=True, since=first) == Outcome(sent=50, duplicate=150)
    assert delivered(store, stream, items(200), in_doubt=True) == Outcome(duplicate=200)
    assert stored(store, stream) == 200


def test_the_backing_index_is_known_before_and_after_writing(store: Store, stream: str) -> None:
    delivery = Delivery(store)
    assert delivery.write_index(stream) == ""
    delivery.submit(stream, items(1)).result(60)
    assert delivery.write_index(stream) == store.backing_indices(stream)[-1]
    delivery.close()
