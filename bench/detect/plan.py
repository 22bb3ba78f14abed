"""What is measured, and what is to be reached. Each measurement works in a namespace of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bench.detect import crowds
from bench.ship import engine
from bench.ship.figures import Figure
from bench.ship.processes import Command
from detector.features import ENTITY_FIELD
from detector.windows import DAY_SECONDS
from wwwatch.console import say
from wwwatch.settings import Settings
from wwwatch.signs import PLAIN
from wwwatch.store import Store, names

MB = 1_000_000
WINDOW_SECONDS = 600
FLOOD_SECONDS = 60
HISTORY_DAYS = 30
COMPOSITE_PAGE = 10_000


@dataclass
class Workplace:
    """Where measurements work. factor: of the number of clients and events; 1 is what the issue asks for."""

    store: Store
    settings: Settings
    factor: float


@dataclass(frozen=True)
class Worked:
    """What a child process told of its work, and the most memory it had."""

    told: dict[str, Any]
    peak_bytes: int


def worked(place: Workplace, what: str, namespace: str) -> Worked:
    """Run a child of `bench.detect.child` to its end."""
    environment = os.environ | {"WWWATCH_URL": place.settings.url}
    with tempfile.TemporaryFile() as output:
        words = [sys.executable, "-m", "bench.detect.child", what, namespace]
        command = Command(subprocess.Popen(words, env=environment, stdout=output))
        command.wait()
        output.seek(0)
        return Worked(json.loads(output.read()), command.peak_bytes)


def ceiling(store: Store, namespace: str, light: bool) -> tuple[int, float]:
    """(addresses, seconds) of paging through all of them by composite aggregation, bare or with six light counts."""
    signs = dict(list(PLAIN.counts().items())[:6])
    aggs: dict[str, Any] = {name: {"filter": query} for name, query in signs.items()} if light else {}
    sources: list[dict[str, Any]] = [{"entity": {"terms": {"field": ENTITY_FIELD}}}]
    started = time.perf_counter()
    pages = store.composite(names.access_index(namespace), {"match_all": {}}, sources, aggs, COMPOSITE_PAGE)
    return sum(1 for _ in pages), time.perf_counter() - started


def filled(place: Workplace, namespace: str, events: Iterator[bytes]) -> int:
    """Write the events; return how many."""
    started = time.perf_counter()
    sent = crowds.send(place.store, namespace, events)
    say(f"{sent:,} events written in {time.perf_counter() - started:.0f} s")
    return sent


def _pass(place: Workplace, shares: tuple[crowds.Share, ...], seconds: float) -> list[Figure]:
    shares = crowds.scaled(shares, place.factor)
    with engine.fresh_namespace(place.store) as namespace:
        sent = filled(place, namespace, crowds.events(shares, crowds.START, WINDOW_SECONDS))
        engine_cpu = engine.cpu_seconds(place.store)
        done = worked(place, "pass", namespace)
        engine_cpu = engine.cpu_seconds(place.store) - engine_cpu
        distinct, bare = ceiling(place.store, namespace, light=False)
        _, light = ceiling(place.store, namespace, light=True)
    outcome = done.told["outcome"]
    left = sent - outcome["events"]
    name = f"{distinct:,} addresses"
    say(f"{name}: {sum(s.clients for s in shares if s.least >= 4 or s.kind == 'probe'):,} above a floor; {outcome}")
    return [
        Figure(f"{name}, {sent:,} events: a pass, all lengths of window", done.told["seconds"], "s", seconds, False),
        Figure("its CPU, detector", done.told["cpu_seconds"], "s"),
        Figure("its CPU, engine", engine_cpu, "s"),
        Figure("paging through them once, bare composite", bare, "s"),
        Figure("the same with six light sub-aggregations", light, "s"),
        Figure("detector's memory", done.peak_bytes / MB, "MB", 1000, False),
        Figure("events not judged", left, "", 0, False),
        Figure("client windows judged in full", outcome["entity_windows"], ""),
        Figure("anomalies", outcome["anomalies"], ""),
        Figure("idle tick", done.told["idle_seconds"] * 1000, "ms", 100, False),
        Figure("its requests", done.told["idle_requests"], "", 2, False),
    ]


def hundred_thousand(place: Workplace) -> list[Figure]:
    """Ten minutes with 100,000 addresses."""
    return _pass(place, crowds.HUNDRED_THOUSAND, 10)


def million(place: Workplace) -> list[Figure]:
    """Ten minutes with a million."""
    return _pass(place, crowds.MILLION, 90)


def flood(place: Workplace) -> list[Figure]:
    """A minute of more new addresses than are judged one by one. It must be said, and found as a group."""
    shares = crowds.scaled(crowds.FLOOD, place.factor)
    with engine.fresh_namespace(place.store) as namespace:
        sent = filled(place, namespace, crowds.events(shares, crowds.START, FLOOD_SECONDS))
        done = worked(place, "pass", namespace)
        found = [document for _, document in place.store.documents(names.incidents(namespace))]
    groups = [d for d in found if d["wwwatch"]["entity"]["type"] != "ip" and d["event"]["severity"] > 21]
    for document in groups:
        say(f"{document['wwwatch']['class']}: {document['event']['reason']}")
    outcome = done.told["outcome"]
    for crowd in outcome["crowds"][:3]:
        say(crowd)
    return [
        Figure(f"flood of {crowds.clients(shares):,} new addresses: a pass", done.told["seconds"], "s", 90, False),
        Figure("detector's memory", done.peak_bytes / MB, "MB", 1000, False),
        Figure("events not judged", sent - outcome["events"], "", 0, False),
        Figure("incidents of groups", len(groups), "", 1),
        Figure("windows told to hold more than are judged one by one", len(outcome["crowds"]), "", 1),
    ]


def history(place: Workplace) -> list[Figure]:
    """A training on a month with ten million events."""
    shares = crowds.scaled(crowds.DAY, place.factor)
    each = crowds.clients(shares)
    days = (
        crowds.events(shares, crowds.START + day * DAY_SECONDS, DAY_SECONDS, seed=day, first=day * each // 2)
        for day in range(HISTORY_DAYS)
    )
    with engine.fresh_namespace(place.store) as namespace:
        sent = filled(place, namespace, chain.from_iterable(days))
        done = worked(place, "train", namespace)
    return [
        Figure(f"training on {sent:,} events of {HISTORY_DAYS} days", done.told["seconds"], "s", 300, False),
        Figure("its CPU, detector", done.told["cpu_seconds"], "s"),
        Figure("client windows read", done.told["windows"], ""),
        Figure("trainer's memory", done.peak_bytes / MB, "MB", 2000, False),
    ]


MEASUREMENTS: dict[str, Callable[[Workplace], list[Figure]]] = {
    "100k": hundred_thousand,
    "flood": flood,
    "1m": million,
    "train": history,
}
