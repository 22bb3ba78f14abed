"""Knowing a process again, and what we remember of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wwwatch.engine import process
from wwwatch.engine.process import birth_mark, spawn, terminate
from wwwatch.engine.state import State, ask_health, port_from_file
from wwwatch.errors import EngineError

READY = "import signal, sys; {setup}; print('ready', flush=True); sys.stdin.read()"


@contextmanager
def sleeper(setup: str = "pass") -> Iterator["subprocess.Popen[bytes]"]:
    """A process of its own session that runs until told to end."""
    command = [sys.executable, "-c", READY.format(setup=setup)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        try:
            yield running
        finally:
            running.kill()


def test_a_mark_stays_and_differs_between_processes() -> None:
    with sleeper() as running:
        mark = birth_mark(running.pid)
        assert mark is not None
        assert mark == birth_mark(running.pid)
        assert mark != birth_mark(os.getppid())


def test_a_zombie_does_not_live() -> None:
    with sleeper() as running:
        running.kill()
        os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)  # dead, but nobody has asked for its exit code
        assert birth_mark(running.pid) is None
    assert birth_mark(running.pid) is None


def test_marks_by_ps_too() -> None:
    with sleeper() as running:
        mark = process._birth_mark_by_ps(running.pid)
        assert mark
        assert mark == process._birth_mark_by_ps(running.pid)
    assert process._birth_mark_by_ps(running.pid) is None


def test_terminate_asks_first() -> None:
    with sleeper() as running:
        assert terminate(running.pid, birth_mark(running.pid) or "")


def test_terminate_kills_what_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STOP_SECONDS", 0.0)
    with sleeper("signal.signal(signal.SIGTERM, signal.SIG_IGN)") as running:
        assert not terminate(running.pid, birth_mark(running.pid) or "")


def test_terminate_leaves_a_later_process_with_the_number_alone() -> None:
    with sleeper() as running:
        assert terminate(running.pid, "the mark of another")
        assert running.poll() is None


def test_spawn_names_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no-such-program"):
        spawn(("no-such-program",), {"PATH": str(tmp_path)}, tmp_path, tmp_path / "out", None)


def test_spawn_reaps_writes_and_tells_the_exit_code(tmp_path: Path) -> None:
    child = spawn(("/bin/sh", "-c", "echo hello; exit 7"), {}, tmp_path, tmp_path / "out", None)
    deadline = time.monotonic() + 10
    while child.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.exit_code() == 7
    assert (tmp_path / "out").read_text() == "hello\n"


def test_state_comes_back(tmp_path: Path) -> None:
    state = State(1, "m", "opensearch", "3.8.0").with_url("http://127.0.0.1:9273")
    state.write(tmp_path / "state.json")
    assert State.read(tmp_path / "state.json") == state
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "odd": 2}'])
def test_a_damaged_state_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert State.read(tmp_path / "state.json") is None


def test_no_state_is_none(tmp_path: Path) -> None:
    assert State.read(tmp_path / "state.json") is None


@pytest.mark.parametrize(
    ("text", "port"),
    [("127.0.0.1:9273\n", 9273), ("[::1]:1\n127.0.0.1:9274\n", 9274), ("", None), ("10.0.0.1:9273\n", None)],
)
def test_port_from_file(tmp_path: Path, text: str, port: int | None) -> None:
    (tmp_path / "http.ports").write_text(text)
    assert port_from_file(tmp_path / "http.ports") == port


def test_a_port_nobody_listens_on_has_no_health() -> None:
    assert ask_health(1, "wwwatch-x") is None
