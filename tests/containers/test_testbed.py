"""The test bed as `make testbed` starts it, without Kibana, which cannot be had here: attacks are found and mailed."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.acceptance.test_real_servers import free_port
from tests.containers.conftest import HEAP, ROOT, Stack, running

WITHIN_SECONDS = 180


@pytest.fixture(scope="module")
def testbed(docker: str, images: str) -> Iterator[Stack]:
    ports = {"STORE_PORT": str(free_port()), "MAIL_PORT": str(free_port())}
    stack = Stack(docker, "docker-compose.test.yml", f"wwwatch-test-{os.getpid()}", STORE_HEAP=HEAP, **ports)
    stack.ports = ports
    with running(stack, "store", "mail", "detector", "bed"):
        yield stack


def report(stack: Stack) -> dict[str, list[dict[str, object]]]:
    """What `make testbed-report` says."""
    told = subprocess.check_output(
        [sys.executable, "-m", "bench.testbed", "--json"],
        env=os.environ | {"WWWATCH_URL": f"http://127.0.0.1:{stack.ports['STORE_PORT']}"},
        cwd=ROOT,
    )
    found: dict[str, list[dict[str, object]]] = json.loads(told)
    return found


def found_classes(stack: Stack) -> set[str]:
    return {str(one["class"]) for one in report(stack)["attacks"] if one["found"]}


def test_attacks_are_found_within_minutes_and_mailed(testbed: Stack) -> None:
    testbed.wait("an attack found", lambda: bool(found_classes(testbed)), WITHIN_SECONDS)
    subjects: list[str] = []

    def mailed() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{testbed.ports['MAIL_PORT']}/api/v1/messages") as answer:
            subjects[:] = [mail["Subject"] for mail in json.load(answer)["messages"]]
        return bool(subjects)

    testbed.wait("a mail in the catcher", mailed, WITHIN_SECONDS)
    assert all(subject.startswith("[wwwatch]") for subject in subjects)
    assert report(testbed)["false"] == []


def test_containers_are_restricted(docker: str, testbed: Stack) -> None:
    for service in ("bed", "detector"):
        (found,) = json.loads(subprocess.check_output([docker, "inspect", testbed("ps", "-q", service).strip()]))
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert found["State"]["Status"] == "running", testbed.logs()
