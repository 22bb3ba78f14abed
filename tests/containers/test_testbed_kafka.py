"""The test bed with `--profile kafka`: the log takes the road through a topic, and the report is the same."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.acceptance.test_real_servers import free_port
from tests.containers.conftest import HEAP, Stack, running
from tests.containers.test_testbed import WITHIN_SECONDS, found_classes, report


@pytest.fixture(scope="module")
def testbed(docker: str, images: str) -> Iterator[Stack]:
    ports = {"STORE_PORT": str(free_port()), "MAIL_PORT": str(free_port())}
    profile = {"COMPOSE_PROFILES": "kafka"}
    stack = Stack(
        docker, "docker-compose.test.yml", f"wwwatch-kafka-{os.getpid()}", STORE_HEAP=HEAP, **ports, **profile
    )
    stack.ports = ports
    with running(stack, "store", "mail", "detector", "bed", "reader"):
        yield stack


def test_attacks_are_found_by_what_came_through_the_topic(testbed: Stack) -> None:
    testbed.wait("an attack found", lambda: bool(found_classes(testbed)), WITHIN_SECONDS)
    assert report(testbed)["false"] == []
    positions = json.loads(testbed("exec", "-T", "bed", "wwwatch", "ship", "--status", "--json").splitlines()[0])
    assert positions["lines"] > 0
    assert "Reading partitions" in testbed("logs", "--no-color", "reader")
