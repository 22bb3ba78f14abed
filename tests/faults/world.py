"""A log that grows, shippers as processes of their own, and the count of what the store holds of it."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wwwatch import settings as wwwatch_settings
from wwwatch.settings import Settings
from wwwatch.store import Store, names

LINE = (
    '203.0.{}.{} - - [{:02}/Oct/2025:{:02}:{:02}:{:02} +0000] "GET /shop/item/{} HTTP/1.1" 200 {} '
    '"https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
)
DEADLINE_SECONDS = 120
TICK_SECONDS = 0.02


@dataclass(frozen=True)
class Scale:
    """How long a scenario is. faults: how many times the fault strikes; lines: between two of them; away_seconds: how
    long the store is away; memory_lines: of the log shipped then.
    """

    faults: int = 6
    lines: int = 2000
    away_seconds: float = 3.0
    memory_lines: int = 40_000


@dataclass(frozen=True)
class Found:
    """What a scenario came to. struck: how many times the fault did; bound: lines that may be lost, of copytruncate.

    peak_bytes: the most memory a shipper had, where it was measured. note: what else there is to know.
    """

    lines: int
    lost: int
    duplicates: int
    struck: int
    bound: int = 0
    peak_bytes: int | None = None
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether what is promised was kept."""
        return self.lost <= self.bound and not self.duplicates


class World:
    """One namespace of one store, one folder. seed: of everything that is drawn."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.folder, self.seed, self.random = folder, seed, random.Random(seed)
        self.namespace = f"f{uuid.uuid4().hex[:12]}"
        self.home = folder / "home"
        self.log = folder / "access.log"
        self.log.touch()
        self.lines = 0
        self.connect(url)
        self.store.ensure_setup()

    def connect(self, url: str) -> None:
        """The store is at this address."""
        self.url, self.store = url, Store.from_settings(wwwatch_settings.load(environ={}), url)

    @property
    def stream(self) -> str:
        return names.access_stream("nginx.access", self.namespace)

    def roll_over(self) -> None:
        """Make the stream forget its ids."""
        self.store.admin("POST", f"/{self.stream}/_rollover")

    def write(self, count: int) -> None:
        """Append lines, each another one."""
        text = "".join(_line(self.lines + number) for number in range(count))
        with self.log.open("a") as file:
            file.write(text)
        self.lines += count

    @contextmanager
    def shipper(
        self,
        *options: str,
        url: str = "",
        home: Path | None = None,
        pattern: str = "",
        full_disk: bool = False,
    ) -> Iterator["subprocess.Popen[str]"]:
        """A `wwwatch ship` of the log; killed at the end of the context if it still runs.

        full_disk: it cannot write a byte to any file.
        """
        variables = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
        variables |= {"WWWATCH_URL": url or self.url, "WWWATCH_HOME": str(home or self.home)}
        variables |= {"WWWATCH_HOST__NAME": "web1", "POLARS_MAX_THREADS": "1"}
        command = [sys.executable, "-m", "wwwatch.cli", "ship", pattern or str(self.log), *options]
        command += ["--dataset", "nginx.access", "--namespace", self.namespace]
        if full_disk:
            command = ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command]
        with subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                process.communicate()

    def ship(self, url: str = "") -> None:
        """Ship to the end, and insist on success."""
        with self.shipper(url=url) as process:
            out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, out + err

    def stop(self, process: "subprocess.Popen[str]", sent: int = signal.SIGTERM) -> None:
        """End a shipper that follows, in good order."""
        process.send_signal(sent)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode in {0, 130, 143}, out + err

    def wait_until_stored(self, least: int) -> None:
        """Until the store holds so many lines, at most DEADLINE_SECONDS from one to the next."""
        stored = self.stored()
        while stored < least:
            before = stored
            wait_for(lambda before=before: self.stored() > before, lambda: f"{self.stored()} of {least} are stored")  # type: ignore[misc]
            stored = self.stored()

    def stored(self) -> int:
        self.store.refresh(self.stream)
        return self.store.count(self.stream)

    def compare(self, struck: int, bound: int = 0, peak_bytes: int | None = None, note: str = "") -> Found:
        """Compare the lines written with the documents stored, one by one."""
        self.store.refresh(self.stream)
        fields = ["event.original"]
        held = Counter(
            document["event"]["original"] for _, document in self.store.documents(self.stream, fields=fields)
        )
        written = Counter(_line(number).rstrip("\n") for number in range(self.lines))
        lost, more = written - held, held - written
        return Found(self.lines, lost.total(), more.total(), struck, bound, peak_bytes, note)


def _line(number: int) -> str:
    seconds = number // 5
    moment = (seconds // 86_400 % 28 + 1, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    return LINE.format(number % 4000 // 250, number % 250, *moment, number, number % 9000)


def wait_for(
    condition: Callable[[], bool], told: Callable[[], str] = lambda: "", seconds: float = DEADLINE_SECONDS
) -> None:
    """Until it holds. Fail, saying what `told` says, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(TICK_SECONDS)


def own_engine(home: Path) -> Settings:
    """Settings of an engine of the suite's own, which it may kill."""
    kept = {name: os.environ[name] for name in ("WWWATCH_CACHE",) if name in os.environ}
    return wwwatch_settings.load(environ=kept | {"WWWATCH_HOME": str(home), "WWWATCH_ENGINE__HEAP_MB": "512"})


def peak_bytes(pid: int) -> int:
    """The most memory a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) << 10


def summed(met: Mapping[str, int]) -> str:
    """Faults by name, for a note."""
    return ", ".join(f"{name} {count}" for name, count in sorted(met.items()) if name != "pass")
