"""What is measured, and what is to be reached."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

from bench.ship import pipeline, processes
from bench.ship.figures import Figure
from bench.ship.logs import write_log
from bench.ship.throughput import Requests, Run, batches, bulk_bodies, raw, shipped
from ingest.delivery import body_of
from wwwatch.console import say
from wwwatch.settings import Settings
from wwwatch.store import Store

MB = 1_000_000
AWAY_SECONDS = 60.0
FOLLOW_SECONDS = 20.0


@dataclass
class Workplace:
    """Where measurements work. source: the log lines are taken from, None to make them up."""

    store: Store
    settings: Settings
    folder: Path
    source: Path | None
    lines: int
    repeat: int

    @cached_property
    def log(self) -> Path:
        """The log to ship."""
        path = self.folder / "access.log"
        size = write_log(path, self.source, self.lines)
        origin = f"of {self.source.name}" if self.source else "made up"
        say(f"{self.lines:,} lines of {size / self.lines:.0f} bytes, {origin}")
        return path

    def own(self, name: str) -> Settings:
        """Settings with a home that holds no positions yet."""
        return self.settings.model_copy(update={"home": self.folder / f"home-{name}-{time.monotonic_ns()}"})


def conversion(place: Workplace) -> list[Figure]:
    """The shipper's own work, without any store."""
    best = 0.0
    for _ in range(place.repeat):
        log, before = place.log, time.process_time()
        for batch in batches(log):
            body_of(batch)
        best = max(best, place.lines / (time.process_time() - before))
    return [Figure("file to bulk-ready ECS incl. tags and ids, a core", best, "lines/s", 200_000)]


def throughput(place: Workplace) -> list[Figure]:
    """Shipping and raw bulk in turns, after a turn that warms the engine up; then the engine's own parsing."""
    requests = Requests(place.folder / "bulk.ndjson", bulk_bodies(place.log))
    shipped(place.store, place.own("warm"), place.log, place.lines)
    rounds: list[tuple[Run, Run]] = []
    for turn in range(place.repeat):
        say(f"Shipping and raw bulk, turn {turn + 1} of {place.repeat}")
        raw_run = raw(place.store, requests)
        ship_run, disk_bytes, merged_bytes = shipped(place.store, place.own("ship"), place.log, place.lines)
        rounds.append((raw_run, ship_run))
    ships, raws = [ship for _, ship in rounds], [run for run, _ in rounds]
    shipper_cpu, engine_cpu, raw_cpu = (
        median(cpu) * 1e6 / place.lines
        for cpu in (
            [run.shipper_cpu_seconds for run in ships],
            [run.engine_cpu_seconds for run in ships],
            [run.engine_cpu_seconds for run in raws],
        )
    )
    figures = [
        Figure("file to searchable", median(run.lines_per_second for run in ships), "lines/s"),
        Figure("raw _bulk of the same documents", median(run.lines_per_second for run in raws), "lines/s"),
        Figure("ratio to raw _bulk", median(run.seconds / ship.seconds for run, ship in rounds), "", 0.85),
        Figure("shipper's CPU a million lines", shipper_cpu, "s", 7, at_least=False),
        Figure("engine's CPU a million lines", engine_cpu, "s", 40, at_least=False),
        Figure("engine's CPU a million lines, raw _bulk", raw_cpu, "s"),
        Figure("bytes on disk a line, merged", merged_bytes / place.lines, "", 130, at_least=False),
        Figure("bytes on disk a line, as it lies", disk_bytes / place.lines, ""),
    ]
    return figures + _parsed_by_engine(place, median(run.lines_per_second for run in ships))


def _parsed_by_engine(place: Workplace, shipped_per_second: float) -> list[Figure]:
    if reason := pipeline.missing(place.store):
        say(f"Not measured: parsing in the engine; {reason}.")
        return []
    run = pipeline.parsed_by_engine(place.store, place.log, place.folder)
    return [
        Figure("grok + date + user_agent in the engine", run.lines_per_second, "lines/s"),
        Figure("its engine's CPU a million lines", run.engine_cpu_seconds / run.lines * 1e6, "s"),
        Figure("ratio to it", shipped_per_second / run.lines_per_second, "", 2.0),
    ]


def memory(place: Workplace) -> list[Figure]:
    """Of the command, a process of its own."""
    peak = processes.peak_of_a_file(place.store, place.own("memory"), place.log)
    away = processes.peak_with_the_store_away(place.store, place.own("away"), place.log, place.lines, AWAY_SECONDS)
    return [
        Figure(f"shipper's memory, {place.lines:,} lines", peak / MB, "MB", 250, at_least=False),
        Figure(f"with the store away for {AWAY_SECONDS:.0f} s", away / MB, "MB", 250, at_least=False),
    ]


def follow(place: Workplace) -> list[Figure]:
    """From written to searchable."""
    found = processes.follow_delays(place.store, place.own("follow"), place.folder / "growing.log", FOLLOW_SECONDS)
    name = f"written to searchable at {processes.LINES_A_SECOND:,} lines/s"
    return [
        Figure(f"{name}, p50", found[len(found) // 2], "s"),
        Figure(f"{name}, p95", found[len(found) * 95 // 100], "s", 3, at_least=False),
    ]


def start(place: Workplace) -> list[Figure]:
    """From nothing to the first document."""
    took = min(
        processes.start_seconds(place.store, place.own("start"), place.folder / "few.log") for _ in range(place.repeat)
    )
    return [Figure("shipper's start to first document searchable", took, "s", 1, at_least=False)]


MEASUREMENTS: dict[str, Callable[[Workplace], list[Figure]]] = {
    "conversion": conversion,
    "throughput": throughput,
    "memory": memory,
    "follow": follow,
    "start": start,
}
