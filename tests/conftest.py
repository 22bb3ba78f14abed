"""Fixtures shared by all tests: one real engine a test run, a namespace of its own for each test."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from wwwatch import settings as wwwatch_settings
from wwwatch.settings import Settings
from wwwatch.store import Store

HOME_VARIABLE = "WWWATCH_TEST_HOME"  # set by the first process of a test run, inherited by its workers
KAFKA_STATE = "kafka.json"  # pid and port of the run's Kafka broker, in its home
URL_VARIABLE = "WWWATCH_TEST_URL"  # an engine that runs already and stays, instead of one for each test run
# Beside the checkout, or beside a folder of checkouts.
SHARED_DATA = next(
    (folder for parent in Path(__file__).parents[2:4] if (folder := parent / "shared" / "data").is_dir()),
    Path(__file__).parents[2] / "shared" / "data",
)

# A busy machine is no failure of a property.
hypothesis.settings.register_profile("wwwatch", deadline=None)
hypothesis.settings.load_profile("wwwatch")

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[HOME_VARIABLE] = tempfile.mkdtemp(prefix="wwwatch-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The run's engine and its data end with the run."""
    home = Path(os.environ[HOME_VARIABLE])
    if hasattr(config, "workerinput") or not home.is_dir():
        return
    if (home / KAFKA_STATE).exists():
        os.kill(json.loads((home / KAFKA_STATE).read_text())["pid"], signal.SIGKILL)
    if (home / "engine-used").exists():
        from wwwatch import engine  # noqa: PLC0415 - a run of unit tests has no engine

        engine.wipe(engine_settings())
    shutil.rmtree(home, ignore_errors=True)


def engine_settings() -> Settings:
    """Settings of the run's engine. WWWATCH_ENGINE__DISTRIBUTION in the environment chooses which one."""
    kept = ("WWWATCH_CACHE", "WWWATCH_ENGINE__DISTRIBUTION")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return wwwatch_settings.load(environ=environment | {"WWWATCH_HOME": os.environ[HOME_VARIABLE]})


@pytest.fixture(scope="session")
def engine_url() -> str:
    """The address of the run's engine; the first test to ask starts it."""
    if os.environ.get(URL_VARIABLE):
        return os.environ[URL_VARIABLE]
    from wwwatch import engine  # noqa: PLC0415

    (Path(os.environ[HOME_VARIABLE]) / "engine-used").touch()
    return engine.ensure_running(engine_settings())


@pytest.fixture
def settings(engine_url: str, tmp_path: Path) -> Settings:
    """Settings that name the run's engine, with a home of the test's own."""
    return wwwatch_settings.load(environ={"WWWATCH_URL": engine_url, "WWWATCH_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A connection to the run's engine, templates in place."""
    connection = Store.from_settings(settings, settings.url)
    connection.ensure_setup()
    yield connection
    connection.close()


@pytest.fixture
def namespace() -> str:
    """A namespace no other test uses. What it holds goes with the run's engine."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def run(engine_url: str, tmp_path: Path) -> Run:
    """Run the command as a user would: `run("ship", "access.log", NAME="value")` with variables for its environment."""

    def run_command(
        *arguments: str | Path, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
        own = {"WWWATCH_URL": engine_url, "WWWATCH_HOME": str(tmp_path / "home")}
        return subprocess.run(
            [sys.executable, "-m", "wwwatch.cli", *map(str, arguments)],
            env=clean | own | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    return run_command


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real sample logs, beside the checkout; tests of it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no sample logs: {SHARED_DATA} is absent")
    return SHARED_DATA
