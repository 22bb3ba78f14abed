"""Why an engine died, from its log."""

import errno

import pytest
from filelock import Timeout

from wwwatch.engine.failure import as_engine_error, explain_death
from wwwatch.errors import EngineError

OPTIONS = "[2026-11-23T20:36:03,355][INFO ][o.o.n.Node] JVM arguments [-XX:+ExitOnOutOfMemoryError, -Xmx1024m]"
LOCKED = "java.lang.IllegalStateException: failed to obtain node locks, tried [[/data]] with lock id [0]"


@pytest.mark.parametrize(
    ("lines", "exit_code", "reason", "hint"),
    [
        (["BindHttpException[Failed to bind to 127.0.0.1:9273]"], 1, "port is in use", "WWWATCH_ENGINE__PORT"),
        (["Invalid maximum heap size: -Xmx99999999m"], 1, "not enough memory", "WWWATCH_ENGINE__HEAP_MB"),
        ([OPTIONS, LOCKED], 1, "another engine process", "WWWATCH_HOME"),
        (["java.io.IOException: No space left on device"], 1, "disk is full", "WWWATCH_HOME"),
        (["Caused by: java.lang.ClassNotFoundException: org.X"], 1, "damaged", "Delete the folder"),
        ([OPTIONS], -9, "killed", "WWWATCH_ENGINE__HEAP_MB"),
        ([], None, "ended by itself", "logs"),
    ],
)
def test_the_cause_is_named_with_what_to_do(lines: list[str], exit_code: int | None, reason: str, hint: str) -> None:
    told, next_step = explain_death(lines, exit_code)
    assert reason in told
    assert hint in next_step


def test_only_lines_that_tell_are_shown() -> None:
    told, _ = explain_death(["WARNING: Unsafe", OPTIONS, LOCKED + "\n", "\tat org.X.y(Z.java:1)\n", LOCKED], 1)
    assert told.splitlines()[1:] == [f"    {LOCKED}"]


def test_an_unknown_cause_shows_the_errors() -> None:
    told, _ = explain_death(["something", "[x][ERROR][o.e.B] odd thing happened"], 3)
    assert "(exit code 3)" in told
    assert "odd thing happened" in told
    assert "something" not in told


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "Permission denied (/x)"),
        (Timeout("/x.lock"), "/x.lock"),
    ],
)
def test_file_errors_name_deed_and_setting(raised: OSError, said: str) -> None:
    with pytest.raises(EngineError) as caught, as_engine_error("Cannot do it", "WWWATCH_CACHE"):
        raise raised
    assert caught.value.message.startswith("Cannot do it")
    assert said in caught.value.message
