"""What shipping and detection cost: CPU seconds of the clients and of the store, and bytes on disk."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.scale.cluster import Cluster
from wwwatch import settings as wwwatch_settings
from wwwatch.errors import StoreError
from wwwatch.store import Store, names
from wwwatch.store.upkeep import facts, streams

MILLION = 1_000_000
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """A measurement. kind: ship or detect. client_cpu, store_cpu: seconds. stored_bytes: of primaries, 0: not asked."""

    kind: str
    nodes: int
    processes: int
    lines: int
    seconds: float
    client_cpu: float
    store_cpu: float
    stored_bytes: int = 0

    def cells(self, first: "Costs") -> tuple[object, ...]:
        """As a row, with the CPU of all compared with that of the first measurement of its kind."""
        ratio = (self.client_cpu + self.store_cpu) / self.lines / ((first.client_cpu + first.store_cpu) / first.lines)
        return (
            self.kind, self.nodes, self.processes, f"{self.lines / self.seconds:,.0f}",
            f"{self.client_cpu * MILLION / self.lines:.1f}", f"{self.store_cpu * MILLION / self.lines:.1f}",
            f"{self.stored_bytes / self.lines:.0f}" if self.stored_bytes else "", f"{ratio:.2f}",
        )  # fmt: skip


def ship(cluster: Cluster, home: Path, logs: Sequence[Path], shippers: int, site: str) -> Costs:
    """Ship all logs, dealt out to so many shippers at once."""
    store = _store(cluster, home)
    store.ensure_setup()
    before, started = _store_cpu(cluster), time.monotonic()
    running = [
        _start(cluster, home / f"{site}-{number}", "ship", *logs[number::shippers], "--namespace", site)
        for number in range(shippers)
    ]
    client = sum(_cpu_of(process) for process in running)
    seconds = time.monotonic() - started
    store.refresh(names.access_index(site))
    lines = store.count(names.access_index(site))
    cpu = _store_cpu(cluster) - before
    stored = sum(
        index.size_bytes
        for stream in streams(store, names.access_index(site))
        for index in facts(store, stream).values()
    )
    store.close()
    return Costs("ship", len(cluster.nodes), shippers, lines, seconds, client, cpu, stored)


def detect(cluster: Cluster, home: Path, site: str) -> Costs:
    """Judge all of it with two detectors at once: one works, the other finds the lease taken."""
    store = _store(cluster, home)
    lines = store.count(names.access_index(site))
    before, started = _store_cpu(cluster), time.monotonic()
    running = [_start(cluster, home / f"detector{n}", "detect", "--namespace", site) for n in range(2)]
    client = sum(_cpu_of(process) for process in running)
    seconds = time.monotonic() - started
    store.close()
    return Costs("detect", len(cluster.nodes), 2, lines, seconds, client, _store_cpu(cluster) - before)


def _store(cluster: Cluster, home: Path) -> Store:
    settings = wwwatch_settings.load(environ={"WWWATCH_URL": cluster.url, "WWWATCH_HOME": str(home)})
    return Store.from_settings(settings, settings.url)


def _start(cluster: Cluster, home: Path, *arguments: str | Path) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"WWWATCH_URL": cluster.url, "WWWATCH_HOME": str(home)}
    words = [sys.executable, "-m", "wwwatch.cli", *map(str, arguments)]
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _cpu_of(process: "subprocess.Popen[bytes]") -> float:
    """Wait for a process; the CPU seconds it took, its own and the kernel's for it. Raise StoreError if it failed."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise StoreError(f"{process.args!r} ended with exit code {process.returncode}.")
    return usage.ru_utime + usage.ru_stime


def _store_cpu(cluster: Cluster) -> float:
    """CPU seconds all nodes took since their start, as Linux counts them."""
    total = 0
    for node in cluster.nodes:
        fields = Path(f"/proc/{node.child.pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_A_SECOND
