"""How fast lines become searchable, and how near that is to the engine's own ceiling, measured in the same run.

`python -m bench.ship [--lines N] [--log FILE]`. Without the sample logs, the lines are made up. Prints a table; any
error fails the run. The engine is the configured store, else the embedded one; what is written goes to namespaces
of its own.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # one core is measured

import argparse
import gzip
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ingest.convert import Converter
from ingest.delivery import body_of, split
from ingest.delivery.pressure import BATCH_BYTES, FIRST_IN_FLIGHT
from ingest.reader import STDIN, chunks, opened
from ingest.ship import Shipper, Wishes
from wwwatch import settings as wwwatch_settings
from wwwatch.console import print_table, progress
from wwwatch.errors import StoreError
from wwwatch.settings import Settings
from wwwatch.store import Store, connect, names

SAMPLE = Path(__file__).parents[2] / "shared" / "data" / "logs" / "drupal_courses_2015_access.log.gz"
INGESTED = "2026-01-01T00:00:00.000Z"
MADE_UP = (
    '203.0.{}.{} - - [{:02}/Oct/2025:{:02}:{:02}:{:02} +0000] "GET /shop/item/{}?page={} HTTP/1.1" 200 {} '
    '"https://shop.example/shop" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"'
)


def main() -> None:
    """Measure, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        lines = _write_log(path, arguments.log, arguments.lines)
        rows = [("lines to bulk-ready bytes, one core", lines, *_timed(lambda: _convert(path), arguments.repeat))]
        settings = wwwatch_settings.load(environ=os.environ).model_copy(update={"home": Path(folder) / "home"})
        store = connect(wwwatch_settings.load())
        store.ensure_setup()
        _ship(store, settings, path)  # warms the engine up: its code is compiled while it runs
        shipped: list[float] = []
        raw: list[float] = []
        with progress("Shipping and raw bulk, in turns", arguments.repeat) as advance:
            for _ in range(arguments.repeat):
                raw.append(_raw_bulk(store, path))
                shipped.append(_ship(store, settings, path))
                advance(1)
        rows += [
            ("file to searchable", lines, min(shipped), max(shipped)),
            ("raw _bulk of the same documents, made beforehand", lines, min(raw), max(raw)),
        ]
        print_table(
            f"bench.ship: {lines:,} lines, {path.stat().st_size / lines:.0f} bytes each, {store.description}",
            ("what", "best lines/s", "worst lines/s"),
            [(what, f"{count / best:,.0f}", f"{count / worst:,.0f}") for what, count, best, worst in rows],
            numeric=("best lines/s", "worst lines/s"),
        )
        print(f"ratio to raw _bulk: {sum(raw) / sum(shipped):.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ship", description=__doc__)
    parser.add_argument("--lines", type=int, default=150_000, help="how many lines (default: 150,000)")
    parser.add_argument("--log", type=Path, default=SAMPLE, help="a log to take them from (default: the sample log)")
    parser.add_argument("--repeat", type=int, default=3, help="how often (default: 3)")
    return parser.parse_args()


def _write_log(path: Path, source: Path, count: int) -> int:
    """Write the first `count` lines of a log, or made-up ones where it is absent. Return how many."""
    if source.is_file():
        opener = gzip.open if source.suffix == ".gz" else open
        with opener(source, "rb") as file, path.open("wb") as out:
            written = 0
            for written, line in zip(range(1, count + 1), file, strict=False):  # noqa: B007 - counted after the loop
                out.write(line)
        return written
    path.write_text("".join(_made_up(number) + "\n" for number in range(count)))
    return count


def _made_up(number: int) -> str:
    seconds = number // 3
    moment = (seconds // 86_400 % 28 + 1, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    client = number * 7919 % 4000
    return MADE_UP.format(client // 250, client % 250, *moment, number * 31 % 900, number % 7, 500 + number % 9000)


def _timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """(best, worst) seconds."""
    took = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took), max(took)


def _bodies(path: Path) -> Iterator[pl.Series]:
    """Batches of bulk items of a file, as the shipper makes them."""
    converter = Converter(uuid.uuid4().hex[:16], str(path), "bench", "bench", "nginx", None, only=False)
    with opened(str(path)) as stream:
        for chunk in chunks(stream, STDIN):
            yield from split(converter.convert(chunk, INGESTED).events, BATCH_BYTES)


def _convert(path: Path) -> int:
    return sum(len(body_of(batch)) for batch in _bodies(path))


def _raw_bulk(store: Store, path: Path) -> float:
    """Seconds from first request to searchable, with the requests made beforehand and as many in flight as `ship`."""
    requests = [body_of(batch) for batch in _bodies(path)]
    stream = names.access_stream("nginx.access", f"bench-{uuid.uuid4().hex[:8]}")
    start = time.perf_counter()
    with ThreadPoolExecutor(FIRST_IN_FLIGHT) as pool:
        for result in pool.map(lambda body: store.bulk(stream, body), requests):
            if result.errors:
                raise StoreError(f"A document of the benchmark was refused: {result.errors[0][1]}")
    store.refresh(stream)
    took = time.perf_counter() - start
    _drop(store, stream)
    return took


def _ship(store: Store, settings: Settings, path: Path) -> float:
    """Seconds from opening the file to searchable."""
    namespace = f"bench-{uuid.uuid4().hex[:8]}"
    start = time.perf_counter()
    with Shipper(store, settings, Wishes(namespace, "auto", "nginx", lambda: datetime.now(UTC))) as shipper:
        shipper.ship(str(path))
    stream = names.access_stream("nginx.access", namespace)
    store.refresh(stream)
    took = time.perf_counter() - start
    counts = shipper.counts
    stored = store.count(stream)
    if counts.undelivered or counts.sent != counts.read or stored != counts.read:
        raise StoreError(f"Of {counts.read} lines of the benchmark {stored} are stored: {counts.as_text(took)}")
    _drop(store, stream)
    return took


def _drop(store: Store, stream: str) -> None:
    """Give the disk back, where the engine can delete a data stream."""
    store.admin("DELETE", f"/_data_stream/{stream}")


if __name__ == "__main__":
    main()
