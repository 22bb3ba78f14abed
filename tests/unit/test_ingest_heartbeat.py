"""The heartbeat: what it says, when, and that it never stands in the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingest import heartbeat
from ingest.counts import Counts
from ingest.heartbeat import Gauges, Heartbeat
from wwwatch.moments import iso
from wwwatch.store import BulkResult, StoreUnreachable

START = datetime(2026, 1, 1, tzinfo=UTC)


class Memory:
    """A store that keeps what it is sent by id, or is away."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.stream = ""
        self.away = False
        self.status = 201

    def bulk(self, index: str, body: bytes) -> BulkResult:
        if self.away:
            raise StoreUnreachable("Cannot reach the store.")
        if self.status != 201:
            return BulkResult([self.status], [(0, "no such field")], 0)
        self.stream = index
        lines = [orjson.loads(line) for line in body.splitlines()]
        statuses = []
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            statuses.append(409 if action["create"]["_id"] in self.documents else 201)
            self.documents[action["create"]["_id"]] = document
        return BulkResult(statuses, [], 0)

    @property
    def beats(self) -> list[dict[str, Any]]:
        return [document["wwwatch"] for document in self.documents.values()]


class World:
    def __init__(self) -> None:
        self.store, self.counts, self.gauges, self.told = Memory(), Counts(), Gauges(), list[str]()
        self.heart = Heartbeat(
            self.store, "shop", "web1", "ship", self.counts, lambda: self.gauges, self.told.append  # type: ignore[arg-type]
        )  # fmt: skip

    def tick(self, seconds: float) -> None:
        self.heart.tick(START + timedelta(seconds=seconds))
        self.heart._join()  # the thread has written before the test looks


@pytest.fixture
def world() -> World:
    return World()


def test_it_beats_every_ten_seconds_also_when_idle(world: World) -> None:
    for second in range(0, 31, 2):
        world.tick(second)
    assert len(world.store.beats) == 3
    assert world.store.stream == "metrics-wwwatch.pipeline-shop"
    assert {beat["read"] for beat in world.store.beats} == {0}
    assert {beat["status"] for beat in world.store.beats} == {"running"}


def test_it_tells_what_was_done_since_the_last_one_and_in_all(world: World) -> None:
    world.tick(0)
    world.counts.read, world.counts.sent = 110, 100
    world.counts.rejected.update({"format": 6, "time": 4})
    world.counts.formats["combined"] = 100
    world.counts.newest_event = iso(START)
    world.gauges = Gauges(bytes_behind=5, retries=3, batch_latency_ms=12.5)
    world.tick(10)
    world.counts.read, world.counts.sent, world.counts.dropped = 160, 140, 5
    world.counts.rejected["format"] += 1
    world.counts.possible_duplicates = 7
    world.tick(20)
    first, second = world.store.beats
    assert (first["read"], first["sent"], first["rejected"], first["retries"]) == (110, 100, 10, 3)
    assert first["rejected_by_reason"] == {"format": 6, "time": 4}
    assert first["lines_per_second"] == 11.0
    assert (first["lag_seconds"], first["bytes_behind"], first["batch_latency_ms"]) == (10.0, 5, 12.5)
    assert first["formats"] == {"combined": 100}
    assert (second["read"], second["sent"], second["dropped"], second["retries"]) == (50, 40, 5, 0)
    assert second["rejected_by_reason"] == {"format": 1}
    assert (first["possible_duplicates"], second["possible_duplicates"]) == (0, 7)
    assert second["total"]["read"] == 160
    assert second["undelivered"] == 160 - 140 - 11 - 5
    assert "in_flight" not in second  # not known, not told
    assert second["memory_bytes"] > 1 << 20


def test_the_last_one_says_that_it_ended(world: World) -> None:
    world.tick(0)
    world.heart.close(START + timedelta(seconds=1))
    assert [beat["status"] for beat in world.store.beats] == ["ended"]


def test_a_run_that_never_ticked_still_tells_what_it_did(world: World) -> None:
    world.counts.read = world.counts.sent = 7
    world.heart.close(START)
    [beat] = world.store.beats
    assert (beat["sent"], beat["status"]) == (7, "ended")
    assert "lines_per_second" not in beat


def test_beats_the_store_did_not_take_are_said_once_and_come_later_once_each(world: World) -> None:
    world.store.away = True
    for second in range(0, 60, 10):
        world.counts.read += 1
        world.tick(second)
    assert world.told == ["Self-watch is not written, shipping goes on: Cannot reach the store."]
    assert world.heart.failed == 5
    world.store.away = False
    world.tick(60)
    assert [beat["read"] for beat in world.store.beats] == [2, 1, 1, 1, 1, 0]
    assert world.store.beats[-1]["heartbeats_failed"] == 5
    world.tick(70)
    assert len(world.store.beats) == 7


def test_a_refused_beat_is_told_too(world: World) -> None:
    world.store.status = 403
    world.tick(0)
    world.tick(10)
    assert world.told == ["Self-watch is not written, shipping goes on: HTTP 403: no such field"]


def test_what_is_kept_is_bounded_and_what_is_lost_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "KEPT", 3)
    world.store.away = True
    for second in range(0, 80, 10):
        world.tick(second)
    world.store.away = False
    world.tick(80)
    assert len(world.store.beats) == 3
    assert world.store.beats[-1]["heartbeats_lost"] == 4
    assert world.heart.lost == 5
