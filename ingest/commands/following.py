"""`wwwatch ship --follow`: until a signal ends it."""

import signal
import time
from collections.abc import Callable, Sequence
from threading import Event
from types import FrameType

from ingest.commands.options import print_counts
from ingest.counts import Counts
from ingest.follow import Follower
from ingest.source import Origin, Wishes
from ingest.survey import Input
from wwwatch.console import plain_markup, say
from wwwatch.settings import Settings
from wwwatch.store import Store, StoreBusy, StoreUnreachable, connect

RETRY_SECONDS = 2.0


def run(settings: Settings, wishes: Wishes, patterns: Sequence[str], as_json: bool) -> None:
    """Follow until SIGTERM or SIGINT, then print the counts. Raise StoreError for what waiting does not mend."""
    stopped = Event()
    stops: list[Callable[[], None]] = [stopped.set]
    _on_first_signal(lambda: [stop() for stop in stops])
    started = time.monotonic()
    store = _connected(settings, stopped)
    if store is None:
        print_counts(Counts(), time.monotonic() - started, as_json)
        return
    inputs = [Input(pattern, lambda path: Origin.of_file(path, settings.host.name)) for pattern in patterns]
    follower = Follower(store, settings, wishes, inputs, _tell)
    stops.append(follower.stop)
    if stopped.is_set():
        follower.stop()
    try:
        follower.run()
    finally:
        print_counts(follower.counts, time.monotonic() - started, as_json)


def _tell(message: str) -> None:
    say(plain_markup(message, limit=1000))


def _connected(settings: Settings, stopped: Event) -> Store | None:
    """The store, as soon as it is there; None if stopped before."""
    told = False
    while not stopped.is_set():
        try:
            store = connect(settings)
            store.ensure_setup()
            _ = store.cluster_uuid
        except (StoreUnreachable, StoreBusy) as error:
            if not told:
                _tell(f"{error.message} Waiting for it.")
            told = True
            stopped.wait(RETRY_SECONDS)
        else:
            return store
    return None


def _on_first_signal(stop: Callable[[], object]) -> None:
    """The first SIGTERM or SIGINT stops politely; the second ends us at once."""
    ends = (signal.SIGTERM, signal.SIGINT)

    def handle(_number: int, _frame: FrameType | None) -> None:
        for number in ends:
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in ends:
        signal.signal(number, handle)
