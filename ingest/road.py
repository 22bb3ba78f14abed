"""The road documents take from a shipper: into the store, or into a topic on the way to it."""

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

import polars as pl

from ingest.delivery import Delivery, Outcome, Statistics
from wwwatch.store import BulkResult, Store, StoreRefused, names


class Deliverer(Protocol):
    """Brings items where they belong, with threads of its own. What its methods promise stands at `Delivery`."""

    def submit(self, stream: str, items: pl.Series, in_doubt: bool = False, since: str = "") -> Future[Outcome]:
        """Deliver every item, or find out why not."""

    def write_index(self, stream: str) -> str:
        """The backing index a stream writes to, as far as is known; else empty."""

    def abandon(self, futures: Iterable[Future[Outcome]]) -> None:
        """Send no more of these."""

    def statistics(self) -> Statistics:
        """As of now."""

    def close(self) -> None:
        """Abandon what waits, await what is under way."""


class Road(Protocol):
    """title: what people call its end. place: where it leads, as a folder's name: what positions are kept by. mirror:
    the store that keeps copies of positions; None where none can be reached.
    """

    title: str

    @property
    def place(self) -> str: ...

    @property
    def mirror(self) -> Store | None: ...

    def deliverer(self, patience_seconds: float) -> Deliverer:
        """patience_seconds: how long nothing may get through before what waits is given up."""

    def bulk(self, stream: str, body: bytes) -> BulkResult:
        """Send documents of self-watch, as bulk lines. Raise StoreError where they cannot be sent now."""

    def refresh(self, namespace: str) -> None:
        """What was sent can be searched afterwards, where that is for us to say."""


class StoreRoad:
    """Straight into the store."""

    title = "The store"

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def place(self) -> str:
        """The store's cluster: the same behind every address."""
        return self._store.cluster_uuid

    @property
    def mirror(self) -> Store | None:
        """The store itself."""
        return self._store

    def deliverer(self, patience_seconds: float) -> Deliverer:
        """The bulk loop."""
        return Delivery(self._store, patience_seconds)

    def bulk(self, stream: str, body: bytes) -> BulkResult:
        """As `Store.bulk`."""
        return self._store.bulk(stream, body)

    def refresh(self, namespace: str) -> None:
        """What the next command asks for is there, not only in a moment. A shipper's key need not be allowed to."""
        with suppress(StoreRefused):
            self._store.refresh(f"{names.access_index(namespace)},{names.rejects_stream(namespace)}")
