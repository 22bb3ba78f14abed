"""The engine's process: started apart from ours, known again later, ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wwwatch.engine.folders import Account
from wwwatch.errors import EngineError

STOP_SECONDS = 60.0
KILL_SECONDS = 10.0
TICK_SECONDS = 0.1

Sleep = Callable[[float], None]


class Child:
    """A process we started. A thread waits for it, so that it never stays behind as a zombie of a long-lived parent."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._reaper = threading.Thread(target=process.wait, name="wwwatch-engine-reaper", daemon=True)
        self._reaper.start()
        self.pid = process.pid

    def exit_code(self) -> int | None:
        """How it ended: the exit code, or minus the signal's number; None while it lives."""
        return self._process.returncode

    def kill(self) -> None:
        """End it and all it started, at once, and wait until it is gone."""
        kill_group(self.pid)
        self._reaper.join(KILL_SECONDS)


def spawn(
    command: tuple[str, ...], environment: dict[str, str], folder: Path, output: Path, account: Account | None
) -> Child:
    """Start a process that outlives us: its own session, output to a file, nothing of ours open."""
    try:
        with output.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, start_new_session=True, **(account.process_options if account else {}),
            )  # fmt: skip
    except OSError as error:
        raise EngineError(f"Cannot start {command[0]}: {error.strerror}.", "See whether it is installed.") from error
    return Child(process)


def birth_mark(pid: int) -> str | None:
    """What tells this process from a later one with the same number; None if there is no living one.

    On Linux the boot and the start time in clock ticks, elsewhere the start time as `ps` prints it.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    if not boot.exists():
        return _birth_mark_by_ps(pid)
    try:
        # The second field is the program's name in parentheses and may hold anything, so count from its end.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        boot_id = boot.read_text(encoding="ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot_id}:{start_ticks}"


def _birth_mark_by_ps(pid: int) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 - no argument comes from outside
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - its place differs between systems
            capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": os.defpath},
        )  # fmt: skip
    except OSError as error:
        raise EngineError(f"Cannot run ps to see whether the engine lives: {error.strerror}.") from error
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def terminate(pid: int, mark: str, clock: Callable[[], float] = time.monotonic, sleep: Sleep = time.sleep) -> bool:
    """Ask the process to end, and make it end after STOP_SECONDS. Return whether it ended when asked.

    mark: its birth mark; another process that got the number since is left alone. Raise EngineError if it is not
    ours to end or does not die.
    """
    if birth_mark(pid) != mark:
        return True
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    except PermissionError as error:
        raise EngineError(
            f"Process {pid} belongs to another user; it cannot be stopped.",
            "Run the command as the user who started it.",
        ) from error
    if _gone(pid, mark, STOP_SECONDS, clock, sleep):
        return True
    kill_group(pid)
    if not _gone(pid, mark, KILL_SECONDS, clock, sleep):
        raise EngineError(
            f"Process {pid} does not end, not even when killed.", "See what the system says of it (`ps`)."
        )
    return False


def kill_group(leader: int) -> None:
    """Kill a session's first process and all that it started."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended meanwhile, which is what we wanted


def _gone(pid: int, mark: str, seconds: float, clock: Callable[[], float], sleep: Sleep) -> bool:
    deadline = clock() + seconds
    while birth_mark(pid) == mark:
        if clock() >= deadline:
            return False
        sleep(TICK_SECONDS)
    return True
