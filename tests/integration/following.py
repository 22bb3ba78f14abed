"""A shipper that follows, as a process of its own, and a log that is written while it does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from wwwatch.settings import Settings
from wwwatch.store import Store, StoreBusy, names
from wwwatch.store.client import MATCH_ALL, Query

DEADLINE_SECONDS = 60
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
LINE = '203.0.113.{} - - [10/Oct/2025:13:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'


def line(number: int) -> str:
    """A combined line no other number has."""
    return LINE.format(number % 250, number // 60 % 60, number % 60, number, number)


def wait_for(condition: Callable[[], bool], what: str = "") -> None:
    """Until it holds; fails after a minute."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS} s: {what}"
        time.sleep(0.02)


class Writer:
    """Writes a log as a web server does: appending, and to the file it has open until it is told to reopen."""

    def __init__(self, path: Path) -> None:
        self.path, self.written = path, 0
        self._file = os.open(path, _APPENDING)

    def write(self, count: int) -> None:
        """So many more lines, each with a write of its own."""
        for number in range(self.written, self.written + count):
            os.write(self._file, line(number).encode() + b"\n")
        self.written += count

    def reopen(self) -> None:
        """Go on in a new file of the name."""
        self.close()
        self._file = os.open(self.path, _APPENDING)

    def close(self) -> None:
        """The server ends."""
        os.close(self._file)


class Process:
    """A command that runs, and what it has said so far, in a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path, stdin: int) -> None:
        self._output = output
        with output.open("w") as file:
            self._process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=file, stderr=file)
        self.pid = self._process.pid

    @property
    def said(self) -> str:
        """All it printed."""
        return self._output.read_text()

    def stop(self) -> str:
        """SIGTERM, as a service manager does. Return what was said."""
        self._process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> str:
        """Wait for it to end well. Return what was said."""
        code = self._process.wait(DEADLINE_SECONDS)
        assert code == 0, self.said
        assert "Traceback" not in self.said
        return self.said

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()


class Followed:
    """What a namespace holds, and the shippers that fill it."""

    def __init__(self, store: Store, settings: Settings, namespace: str, folder: Path) -> None:
        self.store, self.settings, self.namespace, self.folder = store, settings, namespace, folder
        self._started = 0

    def start(self, *arguments: str | Path, stdin: int = subprocess.DEVNULL, **environment: str) -> Process:
        """A shipper that follows."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
        own = {"WWWATCH_URL": self.settings.url, "WWWATCH_HOME": str(self.settings.home)}
        command = [sys.executable, "-m", "wwwatch.cli", "ship", "--follow", "--namespace", self.namespace]
        self._started += 1
        output = self.folder / f"output-{self._started}"
        return Process([*command, *map(str, arguments)], clean | own | environment, output, stdin)

    @contextmanager
    def running(self, *arguments: str | Path, stdin: int = subprocess.DEVNULL, **environment: str) -> Iterator[Process]:
        """A shipper that is stopped at the end."""
        process = self.start(*arguments, stdin=stdin, **environment)
        try:
            yield process
            process.stop()
        finally:
            process.kill()

    def count(self, query: Query = MATCH_ALL) -> int:
        """Lines that can be found, as events or as rejects."""
        try:
            return self.store.count(self._everything(), query)
        except StoreBusy:
            return 0  # a stream that was begun just now does not answer yet

    def originals(self) -> list[str]:
        """The lines that are stored, sorted."""
        return sorted(document["event"]["original"] for _, document in self.store.documents(self._everything()))

    def wait_for(self, count: int) -> None:
        """Until so many lines are stored."""
        wait_for(lambda: self.count() >= count, f"{count} lines are stored")

    def _everything(self) -> str:
        pattern = f"{names.access_index(self.namespace)},{names.rejects_stream(self.namespace)}"
        self.store.refresh(pattern)
        return pattern
