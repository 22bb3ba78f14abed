"""Kafka and those who read it, killed under load: every line ends in the store, once."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.world import World
from tests.kafka.broker import Broker

DEADLINE_SECONDS = 120.0
SESSION_MS = "10000"  # so that the partitions of those who are killed are soon free
LINES = 3000
TURNS = int(os.environ.get("WWWATCH_TEST_TURNS", "2"))  # of each fault; more of them for a soak


class Road(World):
    """A log, a broker that can be killed, and those who bring lines to it and from it."""

    def __init__(self, url: str, folder: Path, broker: Broker, partitions: int = 4) -> None:
        super().__init__(url, folder, seed=1)
        self.broker = broker
        self.topic = broker.make_topic(f"t{uuid.uuid4().hex[:12]}", partitions)

    @contextmanager
    def producer(self) -> Iterator[subprocess.Popen[str]]:
        """Follows the log."""
        with self.shipper("--follow", "--to", self.topic) as process:
            yield process

    @contextmanager
    def consumer(self) -> Iterator[subprocess.Popen[str]]:
        """Follows the topic."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
        variables |= {"WWWATCH_URL": self.url, "WWWATCH_HOME": str(self.home), "POLARS_MAX_THREADS": "1"}
        variables["WWWATCH_KAFKA__SESSION_TIMEOUT_MS"] = SESSION_MS
        command = [sys.executable, "-m", "wwwatch.cli", "ship", "--follow", "--from", self.topic]
        with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def stored(self) -> int:
        """Documents in the store at present."""
        self.store.refresh(self.stream)
        return self.store.count(self.stream)

    def wait_for(self, count: int) -> None:
        """Until that many are stored."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.stored() < count:
            assert time.monotonic() < deadline, f"{self.stored()} of {count} after {DEADLINE_SECONDS:.0f} s"
            time.sleep(0.05)

    def check(self) -> None:
        """Nothing lost, nothing twice."""
        documents = self.store.documents(self.stream, fields=["event.original"])
        originals = Counter(document["event"]["original"] for _, document in documents)
        expected = Counter(self.log.read_text().splitlines())
        assert originals == expected


@pytest.fixture
def road(engine_url: str, tmp_path: Path, java: str) -> Iterator[Road]:
    broker = Broker(tmp_path / "kafka", java=java).start()
    yield Road(engine_url, tmp_path, broker)
    broker.kill()


def test_the_broker_is_killed_while_lines_go_in_and_out(road: Road) -> None:
    with road.producer() as producer, road.consumer() as consumer:
        for turn in range(TURNS):
            road.write(LINES)
            road.wait_for(turn * LINES + LINES // 10)
            road.broker.kill()
            road.write(LINES // 10)
            road.broker.start()
            road.wait_for(road.lines)
        for process in (producer, consumer):
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE_SECONDS) == 0
    road.check()


def test_readers_are_killed_in_the_middle_of_batches(road: Road) -> None:
    with road.producer():
        for turn in range(TURNS):
            with road.consumer() as consumer:
                road.write(LINES)
                road.wait_for(turn * LINES + LINES // 3)
                consumer.kill()
            if turn % 2:
                road.roll_over()  # the stream has forgotten the ids of what was sent and not committed
        with road.consumer():
            road.wait_for(road.lines)
    road.check()


def test_readers_come_and_go_under_load(road: Road) -> None:
    with road.producer(), road.consumer():
        for _ in range(TURNS):
            with road.consumer() as other:
                road.write(LINES)
                assert other.stderr
                assert any(line.startswith("Reading partitions") for line in other.stderr)
                road.wait_for(road.lines - LINES // 2)
                other.send_signal(signal.SIGTERM)
                assert other.wait(DEADLINE_SECONDS) == 0
        road.wait_for(road.lines)
    road.check()
