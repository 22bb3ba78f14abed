"""`wwwatch ship --follow`: until a signal ends it."""

import resource
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from types import FrameType

from ingest.commands.options import print_counts, tell
from ingest.counts import Counts
from ingest.follow import Follower
from ingest.positions import prune_old
from ingest.reader import STDIN
from ingest.receive import Address, Receiver
from ingest.road import Road, StoreRoad
from ingest.source import Origin, Wishes
from ingest.spool import Spool
from ingest.survey import Input
from wwwatch.settings import Settings
from wwwatch.store import StoreBusy, StoreUnreachable, connect

RETRY_SECONDS = 2.0
# A run that is as long has looked at all its files.
LOOKED_AT_ALL_SECONDS = 3600.0


def run(
    settings: Settings,
    wishes: Wishes,
    patterns: Sequence[str],
    addresses: Sequence[Address],
    as_json: bool,
    road_of: Callable[[], Road],
) -> None:
    """Follow files, stdin for `-`, and syslog senders, until SIGTERM or SIGINT, or until stdin ends if that is all.
    Then print the counts. Raise StoreError for what waiting does not mend.
    """
    started, begun = time.monotonic(), datetime.now(UTC)
    _allow_many_files()
    counts = Counts()
    stopped = Event()
    stops: list[Callable[[], None]] = [stopped.set]
    on_first_signal(lambda: [stop() for stop in stops])
    spool = Spool(settings.home, wishes.namespace, settings.host.name, settings.ingest.spool_mb << 20)
    # Received lines are safe before the store is there.
    receiver = Receiver(spool, addresses, STDIN in patterns, tell)
    files = [pattern for pattern in patterns if pattern != STDIN]
    try:
        road = when_there(road_of, stopped)
        if road:
            follower = Follower(
                road, settings, wishes, [*_inputs(files, settings.host.name), spool.input], tell,
                delivered=spool.forget, complete=lambda: receiver.ended and not files,
            )  # fmt: skip
            counts = follower.counts
            stops.append(follower.stop)
            if stopped.is_set():
                follower.stop()
            follower.run()
            if time.monotonic() - started > LOOKED_AT_ALL_SECONDS:
                prune_old(road, settings, wishes.namespace, begun)
    finally:
        receiver.close()
        print_counts(counts, time.monotonic() - started, as_json)


def _allow_many_files() -> None:
    """Each file that is followed is kept open, and its position locked; the usual 1,024 would soon be used up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _inputs(patterns: Sequence[str], host: str) -> list[Input]:
    return [Input(pattern, lambda path: Origin.of_file(path, host)) for pattern in patterns]


def to_store(settings: Settings) -> Road:
    """The road into the store, templates in place."""
    store = connect(settings)
    store.ensure_setup()
    _ = store.cluster_uuid
    return StoreRoad(store)


def when_there(road_of: Callable[[], Road], stopped: Event) -> Road | None:
    """The road, as soon as its end is there; None if stopped before."""
    told = False
    while not stopped.is_set():
        try:
            return road_of()
        except (StoreUnreachable, StoreBusy) as error:
            if not told:
                tell(f"{error.message} Waiting for it.")
            told = True
            stopped.wait(RETRY_SECONDS)
    return None


def on_first_signal(stop: Callable[[], object]) -> None:
    """The first SIGTERM or SIGINT stops politely; the second ends us at once."""
    ends = (signal.SIGTERM, signal.SIGINT)

    def handle(_number: int, _frame: FrameType | None) -> None:
        for number in ends:
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in ends:
        signal.signal(number, handle)
