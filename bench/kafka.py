"""The road through Kafka beside the straight one: throughput, what each process costs, and how long a line takes.

`python -m bench.kafka [--lines N] [--seconds S]`. A broker of its own is started; the engine is the configured store,
else the embedded one. Brokers are machines of their own in earnest, so throughput is compared by the CPU time of all
but the broker; beside it stands what this machine made of it with the broker on its cores.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as the command sets it: the engine needs the cores

import argparse
import signal
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ship import engine as bench_engine
from bench.ship.figures import Figure, print_figures
from bench.ship.logs import sample, write_log
from bench.ship.processes import follow_delays, shipping, until
from tests.kafka.broker import Broker, find_java
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.errors import EngineError
from wwwatch.settings import Settings
from wwwatch.store import Store, connect, names

TICKS = os.sysconf("SC_CLK_TCK")
RATIO = 0.8  # of the straight road, to reach
LONG_SECONDS = 600.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """One time through. CPU seconds: of all `wwwatch ship`, of the engine, of the broker."""

    lines: int
    seconds: float
    ship_cpu_seconds: float
    engine_cpu_seconds: float
    broker_cpu_seconds: float = 0.0

    @property
    def lines_per_cpu_second(self) -> float:
        """Without the broker's."""
        return self.lines / (self.ship_cpu_seconds + self.engine_cpu_seconds)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.kafka", description=__doc__)
    parser.add_argument("--lines", type=int, default=150_000, help="how many lines (default: 150,000)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long delays are measured (default: 20)")
    arguments = parser.parse_args()
    java = find_java()
    if not java:
        raise EngineError("A Kafka broker needs a Java.")
    given = wwwatch_settings.load()
    url = given.url or engine.ensure_running(given)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = given.model_copy(update={"url": url, "timeout_seconds": LONG_SECONDS, "home": folder / "home"})
        store = connect(settings)
        store.ensure_setup()
        log = folder / "access.log"
        write_log(log, sample(), arguments.lines)
        with _broker(folder, java) as broker:
            figures = _figures(store, settings, broker, log, arguments.lines, arguments.seconds)
    print_figures(f"bench.kafka: {arguments.lines:,} lines, {store.description}", figures)


@contextmanager
def _broker(folder: Path, java: str) -> Iterator[Broker]:
    broker = Broker(folder / "kafka", java=java).start()
    try:
        yield broker
    finally:
        broker.stop()


def _figures(store: Store, settings: Settings, broker: Broker, log: Path, lines: int, seconds: float) -> list[Figure]:
    straight = _run(store, settings, log, lines)
    figures = [*_told("files -> store", straight)]
    for content in ("line", "document"):
        run = _run(store, settings, log, lines, broker, content)
        title = f"files -> Kafka ({content}) -> store"
        figures += [
            *_told(title, run),
            Figure(f"{title}: to files -> store, by CPU without the broker's",
                   run.lines_per_cpu_second / straight.lines_per_cpu_second, "", RATIO),
            Figure(f"{title}: to files -> store, by the clock, broker included", straight.seconds / run.seconds, ""),
        ]  # fmt: skip
    growing = log.with_name("growing.log")
    for title, topic in (("files -> store", ""), ("files -> Kafka -> store", broker.make_topic("delays"))):
        delays = follow_delays(store, settings, growing, seconds, topic)
        figures.append(Figure(f"{title}: written to searchable, p50", delays[len(delays) // 2], "s"))
        figures.append(Figure(f"{title}: written to searchable, p95", delays[len(delays) * 95 // 100], "s"))
    return figures


def _told(title: str, run: Run) -> Iterator[Figure]:
    million = run.lines / 1e6
    yield Figure(f"{title}: lines a second", run.lines / run.seconds, "")
    yield Figure(f"{title}: CPU of wwwatch", run.ship_cpu_seconds / million, "s/M lines")
    yield Figure(f"{title}: CPU of the engine", run.engine_cpu_seconds / million, "s/M lines")
    if run.broker_cpu_seconds:
        yield Figure(f"{title}: CPU of the broker", run.broker_cpu_seconds / million, "s/M lines")


def _run(
    store: Store, settings: Settings, log: Path, lines: int, broker: Broker | None = None, content: str = "line"
) -> Run:
    """From starting the shipper to the last line searchable."""
    with bench_engine.fresh_namespace(store) as namespace:
        stream = names.access_stream(bench_engine.DATASET, namespace)
        topic = broker.make_topic(f"t{uuid.uuid4().hex[:8]}") if broker else ""
        before = bench_engine.cpu_seconds(store), _children_seconds(), _cpu_seconds(broker)
        began = time.perf_counter()
        if topic:
            with shipping(settings, settings.url, namespace, "--follow", "--from", topic) as consumer:
                with shipping(settings, settings.url, namespace, log, "--to", topic, "--content", content) as producer:
                    producer.wait()
                until(lambda: _seen(store, stream) >= lines, "the last line")
                seconds = time.perf_counter() - began
                consumer.wait(signal.SIGTERM)
        else:
            with shipping(settings, settings.url, namespace, log) as command:
                command.wait()
            until(lambda: _seen(store, stream) >= lines, "the last line")
            seconds = time.perf_counter() - began
        after = bench_engine.cpu_seconds(store), _children_seconds(), _cpu_seconds(broker)
    spent = [end - start for start, end in zip(before, after, strict=True)]
    return Run(lines, seconds, spent[1], spent[0], spent[2])


def _seen(store: Store, stream: str) -> int:
    """What can be searched, without asking for more to be: a refresh at each look would be most of what is measured."""
    time.sleep(LOOK_SECONDS)
    return store.count(stream)


def _children_seconds() -> float:
    """CPU time of the commands that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _cpu_seconds(broker: Broker | None) -> float:
    """CPU time of the broker since it started."""
    if broker is None or broker.process is None:
        return 0.0
    fields = Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
