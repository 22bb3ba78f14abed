"""Docker, and images under the names the files use: real ones where they are, else stand-ins of Debian packages."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SWITCH = "WWWATCH_TEST_CONTAINERS"
READY_SECONDS = 400
# Elasticsearch's heap in the tests: small, for machines that run several things at once.
HEAP = "512m"


@pytest.fixture(scope="session")
def docker() -> str:
    """The docker command of a daemon that answers; skips where the tests are not asked for."""
    if not os.environ.get(SWITCH):
        pytest.skip("containers: run them by `make test-containers`, as root with Docker")
    command = os.environ.get("DOCKER", "docker")
    if not shutil.which(command):
        pytest.skip(f"containers: there is no {command}")
    if subprocess.run([command, "info"], capture_output=True, check=False).returncode:
        pytest.skip("containers: no Docker daemon answers")
    if subprocess.run([command, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("containers: docker has no compose plugin")
    return command


@pytest.fixture(scope="session")
def images(docker: str) -> str:
    """The version of our images, built on what the stand-ins provide."""
    subprocess.run([ROOT / "tests" / "containers" / "stand-ins"], check=True, cwd=ROOT)
    subprocess.run([ROOT / "docker" / "build"], check=True, cwd=ROOT)
    listed = subprocess.check_output(
        [docker, "image", "ls", "--format", "{{.Tag}}", "wwwatch/detector"], text=True, cwd=ROOT
    )
    return listed.splitlines()[0]


class Stack:
    """One compose file, running under a project name of its own."""

    def __init__(self, docker: str, file: str, project: str, **environment: str) -> None:
        self._prefix = [docker, "compose", "--file", str(ROOT / file), "--project-name", project]
        self._environment = os.environ | environment
        self.ports: dict[str, str] = {}

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run a compose subcommand; what it prints."""
        done = subprocess.run(
            [*self._prefix, *arguments], env=self._environment, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def logs(self) -> str:
        """The end of what every service said."""
        return self("logs", "--no-color", "--tail", "30", check=False)

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = READY_SECONDS) -> float:
        """Wait for something; fail with the services' logs if it does not come. Return how long it took."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, f"{what}: not within {seconds} s\n{self.logs()}"
            time.sleep(1)
        return time.monotonic() - began


@contextmanager
def running(stack: Stack, *services: str) -> Iterator[Stack]:
    """Up, and down again with everything it kept."""
    try:
        stack("up", "--detach", "--no-build", *services)
        yield stack
    finally:
        stack("down", "--volumes", "--timeout", "15", check=False)
