"""The one door to the store: connect, read, write. Nothing else in wwwatch knows the client."""

from wwwatch.errors import StoreError, StoreRefused, StoreUnreachable
from wwwatch.settings import Settings
from wwwatch.store import names
from wwwatch.store.bulk import BulkResult
from wwwatch.store.client import Hit, Store, Versioned
from wwwatch.store.failures import StoreBusy, StoreTooLarge, TooMuch
from wwwatch.store.foreign import Reading

__all__ = [
    "BulkResult",
    "Hit",
    "Reading",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreRefused",
    "StoreTooLarge",
    "StoreUnreachable",
    "TooMuch",
    "Versioned",
    "connect",
    "names",
]


def connect(settings: Settings) -> Store:
    """Open the configured store, or the embedded engine where none is configured, starting it if needed."""
    if settings.url:
        return Store.from_settings(settings, settings.url)
    from wwwatch.engine import ensure_running  # noqa: PLC0415 - a shipper with a store of its own has no engine

    return Store.from_settings(settings, ensure_running(settings))
