"""Start, find, stop and wipe the embedded engine. One at a time for each home, also across processes."""

import os
import shutil
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from wwwatch import console
from wwwatch.engine.distribution import DISTRIBUTIONS, Distribution, unpack
from wwwatch.engine.failure import as_engine_error, explain_death
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import find_java
from wwwatch.engine.launch import LOOPBACK, Launch, plan_launch
from wwwatch.engine.process import Child, birth_mark, spawn, terminate
from wwwatch.engine.state import Health, State, ask_health, port_from_file
from wwwatch.errors import EngineError
from wwwatch.settings import Settings

READY_SECONDS = 120.0
STILL_SECONDS = 15.0  # with part of the data missing and none being opened: it will not come
TICK_SECONDS = 0.1
FREE_BYTES = 1 << 30
# Longer than a start with a slow download: whoever waits should get the engine, not an error.
LOCK_SECONDS = 1800.0
LOG_LINES = 200


@dataclass(frozen=True)
class Status:
    """The engine as it is now. url and pid: None while it does not run. data, log: a folder and a file."""

    running: bool
    url: str | None
    version: str
    pid: int | None
    distribution: str
    data: Path
    log: Path


def ensure_running(settings: Settings) -> str:
    """Return the URL of the running engine, starting it if needed. Raise EngineError if it cannot be."""
    folders = Folders.of(settings)
    state = _read_state(folders)
    if state and _answers(state, folders):
        return state.url
    with _alone(folders):
        state = _read_state(folders)
        if state and state.lives():
            # Started by a process that has died since, or busy: wait for it rather than start a second one.
            return _await_answer(state, folders, None, DISTRIBUTIONS[state.distribution].title)
        return _start(settings, folders, DISTRIBUTIONS[settings.engine.distribution])


def stop(settings: Settings) -> bool:
    """Stop the engine. Return whether one was running."""
    folders = Folders.of(settings)
    if _read_state(folders) is None:
        return False
    with _alone(folders):
        return _stop(folders)


def wipe(settings: Settings) -> bool:
    """Stop the engine and delete its data, configuration and logs. Return whether there was anything."""
    folders = Folders.of(settings)
    if not folders.base.exists():
        return False
    with _alone(folders):
        _stop(folders)
        with as_engine_error(f"Cannot delete {folders.base}", "WWWATCH_HOME"):
            folders.remove()
    return True


def status(settings: Settings) -> Status:
    """Look at the engine; change nothing."""
    folders = Folders.of(settings)
    state = _read_state(folders)
    running = state is not None and _answers(state, folders)
    distribution = settings.engine.distribution
    version = state.version if state and running else DISTRIBUTIONS[distribution].version
    url, pid = (state.url, state.pid) if state and running else (None, None)
    return Status(running, url, version, pid, distribution, folders.data, folders.log)


def _read_state(folders: Folders) -> State | None:
    with as_engine_error(f"Cannot read the engine's state {folders.state}", "WWWATCH_HOME"):
        return State.read(folders.state)


def _answers(state: State, folders: Folders) -> bool:
    port = urlsplit(state.url).port if state.url else None
    return bool(port and state.lives() and ask_health(port, folders.cluster_name))


@contextmanager
def _alone(folders: Folders) -> Iterator[None]:
    """Keep other wwwatch processes from starting or stopping this engine meanwhile."""
    with as_engine_error(f"Cannot lock the engine ({folders.lock})", "WWWATCH_HOME"):
        folders.make(folders.lock.parent)
        lock = FileLock(folders.lock)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            console.say("Another wwwatch process is starting or stopping the engine; waiting for it.")
            lock.acquire(timeout=LOCK_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _start(settings: Settings, folders: Folders, distribution: Distribution) -> str:
    with as_engine_error(f"Cannot make {folders.engines}", "WWWATCH_CACHE"):
        folders.make(folders.engines)
    with as_engine_error("Cannot prepare the start of the engine", "WWWATCH_HOME"):
        _check_disk(folders.base)
        _check_port(settings.engine.port)
    java = find_java(distribution, folders.account, folders.engines, os.environ)
    program = _program(distribution, folders)
    path = os.environ.get("PATH", os.defpath)
    launch = plan_launch(distribution, program, folders, java, engine=settings.engine, path=path)
    with as_engine_error("Cannot prepare the engine's folders", "WWWATCH_HOME"):
        folders.prepare(launch.files)
    return _launch(launch, folders, distribution)


def _check_disk(folder: Path) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        raise EngineError(
            f"Only {free / 1e6:,.0f} MB are free for the engine in {folder}; it needs {FREE_BYTES / 1e6:,.0f} MB.",
            "Free disk space, or set WWWATCH_HOME to a folder on another disk.",
        )


def _check_port(port: int) -> None:
    """Say at once what the engine would say after ten seconds. Should the port be taken in between, it still does."""
    if not port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EngineError(
                f"The engine cannot have port {port} of {LOOPBACK} (setting WWWATCH_ENGINE__PORT): {error.strerror}.",
                "Free the port, or set WWWATCH_ENGINE__PORT to another one (0 takes the first free port from 9273).",
            ) from error


def _program(distribution: Distribution, folders: Folders) -> Path:
    unpacked = folders.engines / distribution.unpacked_name
    if unpacked.is_dir():
        return unpacked
    from jgo import MAVEN_CENTRAL_URL  # type: ignore[attr-defined]  # noqa: PLC0415 - needed once, to download; starts of an engine that is there do without

    from wwwatch.engine.download import fetch  # noqa: PLC0415

    archive = fetch(distribution, folders.downloads, MAVEN_CENTRAL_URL)
    console.say(f"Unpacking {distribution.description}.")
    return unpack(distribution, archive, folders.engines)


def _launch(launch: Launch, folders: Folders, distribution: Distribution) -> str:
    """Start the process and wait until it answers. If anything comes in between, Ctrl-C too, nothing stays behind."""
    child = spawn(launch.command, dict(launch.environment), folders.base, folders.start_log, folders.account)
    try:
        # No mark: it is dead already, which waiting for its answer finds out.
        state = State(child.pid, birth_mark(child.pid) or "", distribution.name, distribution.version)
        with as_engine_error(f"Cannot write {folders.state}", "WWWATCH_HOME"):
            state.write(folders.state)
        url = _await_answer(state, folders, child, distribution.description)
    except BaseException:
        child.kill()
        folders.state.unlink(missing_ok=True)
        raise
    console.say(f"{distribution.description} runs at {url}.")
    return url


def _await_answer(
    state: State,
    folders: Folders,
    child: Child | None,
    title: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until the engine answers and its data is there, note its URL, and return it."""
    began, shown, last_opening = clock(), 0, clock()
    with console.progress(f"Starting {title}, seconds", int(READY_SECONDS)) as advance:
        while True:
            port = port_from_file(folders.ports_file)
            health = ask_health(port, folders.cluster_name) if port else None
            now = clock()
            if health is None or health.opening:
                last_opening = now
            if health and _settled(health, now - began, now - last_opening):
                break
            if not state.lives():
                raise _death(folders, child, title)
            if now - began > READY_SECONDS:
                raise EngineError(
                    f"{title} (process {state.pid}) does not answer after {READY_SECONDS:.0f} s. Log: {folders.log}",
                    "Run `wwwatch engine stop` and try again when the machine is less busy.",
                )
            advance(int(now - began) - shown)
            shown = int(now - began)
            sleep(TICK_SECONDS)
    if health.red:
        log = console.plain_markup(folders.log)
        console.say(f"{title} answers, but some of its indices are not available; its log says why: {log}")
    url = f"http://{LOOPBACK}:{port}"
    with as_engine_error(f"Cannot write {folders.state}", "WWWATCH_HOME"):
        state.with_url(url).write(folders.state)
    return url


def _settled(health: Health, waited_seconds: float, still_seconds: float) -> bool:
    """Whether waiting longer for the data is in vain: it is all there, or nothing has moved for a while."""
    return not health.red or still_seconds > STILL_SECONDS or waited_seconds > READY_SECONDS


def _death(folders: Folders, child: Child | None, title: str) -> EngineError:
    lines = [*_tail(folders.log), *_tail(folders.start_log)]
    reason, hint = explain_death(lines, child.exit_code() if child else None)
    places = f"  Its logs: {folders.start_log} and {folders.log}; its program: {folders.engines}"
    return EngineError(f"{title} did not start: {reason}\n{places}", hint)


def _tail(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return list(deque(file, LOG_LINES))
    except FileNotFoundError:
        return []


def _stop(folders: Folders) -> bool:
    """Stop the engine we know of and forget it. We hold the lock."""
    state = _read_state(folders)
    running = state is not None and state.lives()
    if state and running and not terminate(state.pid, state.mark):
        console.say("The engine did not stop when asked and was killed; it repairs its files at the next start.")
    with as_engine_error(f"Cannot delete {folders.state}", "WWWATCH_HOME"):
        folders.state.unlink(missing_ok=True)
    return running
