"""One broker a test run, shared by its workers; topics of each test's own."""

import json
import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest

from tests.conftest import HOME_VARIABLE, KAFKA_STATE
from tests.kafka.broker import Broker, find_java

MakeTopic = Callable[..., str]


@pytest.fixture(scope="session")
def java() -> str:
    """A Java for brokers; tests of them skip where there is none."""
    found = find_java()
    if not found:
        pytest.skip("no Java for a Kafka broker")
    return found


@pytest.fixture(scope="session")
def broker(java: str) -> Broker:
    """The run's broker; the first test to ask starts it."""
    home = Path(os.environ[HOME_VARIABLE])
    state = home / KAFKA_STATE
    with filelock.FileLock(home / "kafka.lock"):
        if state.exists():
            return Broker(home / "kafka", port=json.loads(state.read_text())["port"], java=java)
        broker = Broker(home / "kafka", java=java).start()
        assert broker.process
        state.write_text(json.dumps({"pid": broker.process.pid, "port": broker.port}))
        with warnings.catch_warnings():  # it is left to run, and ends with the test run
            warnings.simplefilter("ignore", ResourceWarning)
            broker.process = None
        return broker


@pytest.fixture
def make_topic(broker: Broker) -> Iterator[MakeTopic]:
    """Makes topics no other test uses, as addresses; they are gone after the test."""
    made: list[str] = []

    def make(partitions: int = 4, **settings: str) -> str:
        made.append(f"t{uuid.uuid4().hex[:12]}")
        return broker.make_topic(made[-1], partitions, **settings)

    yield make
    broker.delete_topics(made)
