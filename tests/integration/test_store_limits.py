"""Limits of the store shrink what is asked for; a part of an answer is never taken for the whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from detector.features import ENTITY_FIELD, REMEMBERED
from detector.screening import Question, screen
from detector.windows import HOUR_SECONDS, Span
from tests.integration.limited_engine import BREAKER, LOST, PARTIAL, Document, late, limited
from wwwatch.moments import iso
from wwwatch.settings import Settings
from wwwatch.signs import MATCH_ALL, PLAIN
from wwwatch.store import Store, StoreError, failures, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
CLIENTS = 300
LARGEST_PAGE = 80
SOURCES: list[Document] = [{"entity": {"terms": {"field": ENTITY_FIELD}}}]


@pytest.fixture
def stream(store: Store, namespace: str) -> str:
    """Events of some hundred clients, over two hours."""
    stream = names.access_stream("nginx.access", namespace)
    lines = []
    for number in range(CLIENTS):
        moment = START + timedelta(seconds=number * 7200 / CLIENTS)
        event = {"@timestamp": iso(moment), "source": {"address": f"10.0.{number // 250}.{number % 250}"}}
        event["tags"] = ["probe"]
        lines += [orjson.dumps({"create": {"_id": str(number)}}), orjson.dumps(event)]
    assert set(store.bulk(stream, b"\n".join(lines) + b"\n").statuses) == {201}
    store.refresh(stream)
    return stream


def page_size(body: Document) -> int:
    """Of a composite aggregation; 0 for anything else."""
    return int(body.get("aggs", {}).get("page", {}).get("composite", {}).get("size", 0))


def over(size: int, answer: Callable[[], tuple[int, Document]]) -> Callable[[Document], tuple[int, Document] | None]:
    return lambda body: answer() if page_size(body) > size else None


LIMITS = {
    "circuit breaker": lambda: (429, BREAKER),
    "lost shard": lambda: (503, LOST),
    "partial answer": lambda: (200, PARTIAL),
    "timeout": lambda: late(2.0),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_page_that_is_too_much_is_asked_again_in_smaller_ones(
    name: str, settings: Settings, stream: str, engine_url: str
) -> None:
    with limited(engine_url, over(LARGEST_PAGE, LIMITS[name])) as url:
        hasty = settings.model_copy(update={"timeout_seconds": 1.0 if name == "timeout" else 30.0})
        store = Store.from_settings(hasty, url)
        found = [bucket["key"]["entity"] for bucket in store.composite(stream, MATCH_ALL, SOURCES, {}, page_size=300)]
        store.close()
    assert len(found) == len(set(found)) == CLIENTS


def test_more_buckets_than_the_engine_gives_are_asked_for_in_smaller_pages(store: Store, stream: str) -> None:
    """Of the real engine: 65,536 buckets, however few there are."""
    with pytest.raises(failures.TooMuch):
        store.aggregate(stream, MATCH_ALL, {"page": {"composite": {"size": 200_000, "sources": SOURCES}}})
    assert len(list(store.composite(stream, MATCH_ALL, SOURCES, {}, page_size=200_000))) == CLIENTS


@pytest.mark.parametrize("name", ["lost shard", "partial answer", "circuit breaker"])
def test_what_is_too_much_in_the_smallest_page_is_an_error_and_no_part(
    name: str, settings: Settings, stream: str, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "pause_seconds", lambda _: 0.0)
    with limited(engine_url, over(1, LIMITS[name])) as url:
        store = Store.from_settings(settings, url)
        with pytest.raises(failures.TooMuch):
            list(store.composite(stream, MATCH_ALL, SOURCES, {}, page_size=100))
        store.close()


def test_a_shard_that_comes_back_is_waited_for(
    settings: Settings, stream: str, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "pause_seconds", lambda _: 0.0)
    answers = iter([(200, PARTIAL), (503, LOST), (429, BREAKER)])
    with limited(engine_url, lambda _: next(answers, None)) as url:
        store = Store.from_settings(settings, url)
        answer = store.aggregate(stream, MATCH_ALL, {"clients": {"cardinality": {"field": ENTITY_FIELD}}})
        store.close()
    assert answer["clients"]["value"] == pytest.approx(CLIENTS, rel=0.05)


def test_screening_halves_its_span_and_misses_nobody(settings: Settings, stream: str, engine_url: str) -> None:
    """A span of two hours is too much, one hour is not."""
    span = Span(int(START.timestamp()), int(START.timestamp()) + 2 * HOUR_SECONDS)
    question = Question(HOUR_SECONDS, REMEMBERED, PLAIN, ENTITY_FIELD)

    def meets(body: dict[str, Any]) -> tuple[int, Document] | None:
        limits: Document = next(
            (one["range"]["@timestamp"] for one in body["query"]["bool"]["filter"] if "range" in one), {}
        )
        if "lt" not in limits:
            return None
        hours = datetime.fromisoformat(limits["lt"]) - datetime.fromisoformat(limits["gte"])
        return (429, BREAKER) if hours > timedelta(hours=1) else None

    with limited(engine_url, meets) as url:
        store = Store.from_settings(settings, url)
        found = screen(store, stream, span, question)
        store.close()
    assert len(found.clients) == CLIENTS
    assert sum(found.site.values()) == CLIENTS


def test_a_part_is_no_count(settings: Settings, stream: str, engine_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "pause_seconds", lambda _: 0.0)
    with limited(engine_url, lambda _: (200, PARTIAL)) as url:
        store = Store.from_settings(settings, url)
        with pytest.raises(StoreError, match="in part"):
            store.aggregate(stream, MATCH_ALL, {})
        with pytest.raises(StoreError, match="in part"):
            store.search(stream, MATCH_ALL, 10)
        store.close()
