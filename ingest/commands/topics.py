"""`wwwatch ship --from kafka://...`."""

import time
from collections.abc import Callable
from threading import Event

from ingest.commands.following import on_first_signal, when_there
from ingest.commands.options import print_counts, tell
from ingest.counts import Counts
from ingest.kafka.address import TopicAddress
from ingest.kafka.consuming import TopicShipper
from ingest.road import Road
from ingest.source import Wishes
from wwwatch.settings import Settings


def run(
    settings: Settings,
    wishes: Wishes,
    address: TopicAddress,
    group: str,
    follow: bool,
    as_json: bool,
    road_of: Callable[[], Road],
) -> None:
    """Read a topic to its end, or until SIGTERM or SIGINT. Then print the counts. Raise StoreError for what waiting
    does not mend; without `follow` nothing is waited for.
    """
    started = time.monotonic()
    counts = Counts()
    stopped = Event()
    stops: list[Callable[[], None]] = [stopped.set]
    on_first_signal(lambda: [stop() for stop in stops])
    try:
        road = when_there(road_of, stopped) if follow else road_of()
        if road:
            shipper = TopicShipper(address, group, road, settings, wishes, follow, tell)
            counts = shipper.counts
            stops.append(shipper.stop)
            if stopped.is_set():
                shipper.stop()
            shipper.run()
            for namespace in sorted(shipper.namespaces):
                road.refresh(namespace)
    finally:
        print_counts(counts, time.monotonic() - started, as_json)
