"""The command itself, as a process of its own: its memory, its start, and what it takes to follow a file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from bench.ship import engine
from bench.ship.logs import made_up_line
from bench.ship.relay import Relay
from ingest.usage import KIBIBYTE
from wwwatch.errors import StoreError
from wwwatch.settings import Settings
from wwwatch.store import Store, names

DEADLINE_SECONDS = 1200.0
POLL_SECONDS = 0.02
LINES_A_SECOND = 2000
WRITES_A_SECOND = 100


@dataclass
class Command:
    """A running command. peak_bytes: the most memory it had, known when it has ended."""

    process: subprocess.Popen[bytes]
    peak_bytes: int = 0

    def wait(self, end: int | None = None) -> None:
        """Until it ends, by itself or by a signal. Raise StoreError if it failed."""
        if end:
            self.process.send_signal(end)
        while self.process.poll() is None:
            self.peak_bytes = max(self.peak_bytes, _peak_bytes(self.process.pid))
            time.sleep(POLL_SECONDS)
        if self.process.returncode not in ({0, 130} if end else {0}):
            raise StoreError(f"{self.process.args!r} ended with exit code {self.process.returncode}.")


def _peak_bytes(pid: int) -> int:
    """The most memory a running process had, as Linux tells it; 0 where it has ended.

    Not its ru_maxrss: that begins with the memory of the process that started it, a benchmark full of bodies.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIBIBYTE for line in lines if line.startswith("VmHWM:")), 0)


@contextmanager
def shipping(settings: Settings, url: str, namespace: str, *arguments: str | Path) -> Iterator[Command]:
    """`wwwatch ship ARGUMENTS` with a home of the benchmark's own; killed if it still runs at the end."""
    environment = os.environ | {"WWWATCH_URL": url, "WWWATCH_HOME": str(settings.home)}
    words = [sys.executable, "-m", "wwwatch.cli", "ship", "--namespace", namespace, *map(str, arguments)]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for it. Raise StoreError if it does not come."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise StoreError(f"{what} did not happen in {DEADLINE_SECONDS:.0f} s.")
        time.sleep(POLL_SECONDS)


def peak_of_a_file(store: Store, settings: Settings, path: Path) -> int:
    """Bytes of memory that shipping a file takes at most."""
    with engine.fresh_namespace(store) as namespace, shipping(settings, settings.url, namespace, path) as command:
        command.wait()
        return command.peak_bytes


def peak_with_the_store_away(store: Store, settings: Settings, path: Path, lines: int, away_seconds: float) -> int:
    """The same, following, with the connection cut for a while when a tenth is stored. All lines must arrive."""
    with engine.fresh_namespace(store) as namespace, Relay(settings.url) as relay:
        stream = names.access_stream(engine.DATASET, namespace)
        with shipping(settings, relay.url, namespace, "--follow", path) as command:
            until(lambda: store.count(stream) >= lines // 10, "the first tenth")
            relay.cut()
            time.sleep(away_seconds)
            relay.mend()
            until(lambda: store.count(stream) >= lines, "the last line")
            command.wait(signal.SIGINT)
        if store.count(stream) != lines:
            raise StoreError(f"{store.count(stream):,} documents of {lines:,} lines.")
        return command.peak_bytes


def start_seconds(store: Store, settings: Settings, path: Path) -> float:
    """From starting the command to its first document searchable, in a data stream that is there already."""
    with engine.fresh_namespace(store) as namespace:
        stream = names.access_stream(engine.DATASET, namespace)
        for number in range(2):  # the first one makes the stream
            path.write_text("".join(made_up_line(number * 10 + line) for line in range(10)))
            before = store.count(stream)
            started = time.perf_counter()
            with shipping(settings, settings.url, namespace, path) as command:
                until(lambda before=before: _count_now(store, stream) > before, "the first document")  # type: ignore[misc]
                took = time.perf_counter() - started
                command.wait()
    return took


def _count_now(store: Store, stream: str) -> int:
    store.refresh(stream)
    return store.count(stream)


@dataclass
class Steady:
    """A log that grows by so many lines a second. written: (lines in all, moment) after each write."""

    path: Path
    seconds: float
    written: list[tuple[int, float]] = field(default_factory=list)

    def write(self) -> None:
        """Write at the given pace until the time is over."""
        a_write = LINES_A_SECOND // WRITES_A_SECOND
        begin = time.perf_counter()
        with self.path.open("a") as file:
            for turn in range(int(self.seconds * WRITES_A_SECOND)):
                time.sleep(max(0.0, begin + turn / WRITES_A_SECOND - time.perf_counter()))
                file.write("".join(made_up_line(turn * a_write + line) for line in range(a_write)))
                file.flush()
                self.written.append(((turn + 1) * a_write, time.perf_counter()))


def delays(written: Sequence[tuple[int, float]], seen: Sequence[tuple[int, float]]) -> list[float]:
    """Seconds from each write to when that many lines were seen searchable. Both: (lines in all, moment), in order."""
    found, at = [], 0
    for lines, moment in written:
        while seen[at][0] < lines:
            at += 1
        found.append(seen[at][1] - moment)
    return found


@contextmanager
def following(settings: Settings, namespace: str, path: Path, topic: str = "") -> Iterator[list[Command]]:
    """What brings a growing log into the store: a shipper, or one into a topic and one from it."""
    roads = [("--follow", path, "--to", topic), ("--follow", "--from", topic)] if topic else [("--follow", path)]
    with ExitStack() as stack:
        yield [stack.enter_context(shipping(settings, settings.url, namespace, *road)) for road in roads]


def follow_delays(store: Store, settings: Settings, path: Path, seconds: float, topic: str = "") -> list[float]:
    """Seconds from writing to searchable, one for each write, in order of size."""
    with engine.fresh_namespace(store) as namespace:
        stream = names.access_stream(engine.DATASET, namespace)
        first = made_up_line(0)
        path.write_text(first)
        with following(settings, namespace, path, topic) as commands:
            until(lambda: store.count(stream) == 1, "following")
            log = Steady(path, seconds)
            writer = Thread(target=log.write)
            writer.start()
            seen: list[tuple[int, float]] = []
            total = int(seconds * WRITES_A_SECOND) * (LINES_A_SECOND // WRITES_A_SECOND)

            def look() -> bool:
                seen.append((store.count(stream) - 1, time.perf_counter()))
                return seen[-1][0] >= total

            until(look, "the last line")
            writer.join()
            for command in commands:
                command.wait(signal.SIGINT)
    return sorted(delays(log.written, seen))
