"""File to stored, against raw `_bulk` of the same documents and against parsing in the engine."""

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from bench.ship import engine
from ingest.convert import Converter
from ingest.delivery import body_of, split
from ingest.delivery.pressure import BATCH_BYTES, FIRST_IN_FLIGHT
from ingest.reader import STDIN, chunks, opened
from ingest.road import StoreRoad
from ingest.ship import Shipper
from ingest.source import Wishes
from wwwatch.errors import StoreError
from wwwatch.settings import Settings
from wwwatch.store import Store, names

INGESTED = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Run:
    """One time through. shipper_cpu_seconds: of this process, threads included."""

    lines: int
    seconds: float
    shipper_cpu_seconds: float
    engine_cpu_seconds: float

    @property
    def lines_per_second(self) -> float:
        """From the first line to the last one searchable."""
        return self.lines / self.seconds


def batches(path: Path) -> Iterator[pl.Series]:
    """Bulk items of a file, as the shipper makes them, in batches as it first sends them."""
    converter = Converter(uuid.uuid4().hex[:16], str(path), "bench", "bench", "nginx", None, only=False)
    with opened(str(path)) as stream:
        for chunk in chunks(stream, STDIN):
            yield from split(converter.convert(chunk, INGESTED).events, BATCH_BYTES)


class Requests:
    """Bodies of bulk requests, made beforehand and kept in a file: two million documents are too many for memory."""

    def __init__(self, path: Path, bodies: Iterable[tuple[int, bytes]]) -> None:
        """bodies: the documents in each, and the body itself."""
        self._path = path
        self._spans: list[tuple[int, int]] = []
        self.documents = offset = 0
        with path.open("wb") as file:
            for documents, body in bodies:
                file.write(body)
                self._spans.append((len(body), offset))
                offset += len(body)
                self.documents += documents

    def send(self, store: Store, stream: str) -> None:
        """Send all, as many at once as the shipper begins with. Raise StoreError if a document is refused."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            with ThreadPoolExecutor(FIRST_IN_FLIGHT) as pool:
                for result in pool.map(lambda span: store.bulk(stream, os.pread(descriptor, *span)), self._spans):
                    if result.errors:
                        raise StoreError(f"A document of the benchmark was refused: {result.errors[0][1]}")
        finally:
            os.close(descriptor)


def measured(store: Store, lines: int, work: Callable[[], object]) -> Run:
    """Time and CPU of a piece of work."""
    engine_before, before, start = engine.cpu_seconds(store), time.process_time(), time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return Run(lines, seconds, time.process_time() - before, engine.cpu_seconds(store) - engine_before)


def raw(store: Store, requests: Requests) -> Run:
    """Requests made beforehand into a fresh data stream, from the first to all searchable."""
    with engine.fresh_namespace(store) as namespace:
        stream = names.access_stream(engine.DATASET, namespace)

        def send() -> None:
            requests.send(store, stream)
            store.refresh(stream)

        run = measured(store, requests.documents, send)
        insist(store, stream, requests.documents)
    return run


def shipped(store: Store, settings: Settings, path: Path, lines: int) -> tuple[Run, int, int]:
    """A file into a fresh data stream, from opening it to all searchable; bytes on disk as it lies, and merged."""
    with engine.fresh_namespace(store) as namespace:
        stream = names.access_stream(engine.DATASET, namespace)
        wishes = Wishes(namespace, "auto", "nginx", lambda: datetime.now(UTC))

        def ship() -> None:
            with Shipper(StoreRoad(store), settings, wishes) as shipper:
                shipper.ship(str(path))
            store.refresh(stream)
            counts = shipper.counts
            if counts.undelivered or counts.sent != counts.read:
                raise StoreError(f"The benchmark's lines are not all sent: {counts.as_text(0)}")

        run = measured(store, lines, ship)
        insist(store, stream, lines)
        return run, engine.disk_bytes(store, stream, merged=False), engine.disk_bytes(store, stream, merged=True)


def insist(store: Store, stream: str, documents: int) -> None:
    """Raise StoreError unless a stream holds so many."""
    stored = store.count(stream)
    if stored != documents:
        raise StoreError(f"Of {documents:,} documents of the benchmark {stored:,} are stored.")


def bulk_bodies(path: Path) -> Iterator[tuple[int, bytes]]:
    """What `raw` sends: the shipper's own documents."""
    for batch in batches(path):
        yield len(batch), body_of(batch)
