"""Files to their end, into the store or onto another road."""

import gzip
import os
from collections.abc import Callable
from contextlib import ExitStack

from ingest.counts import Counts
from ingest.delivery import PATIENCE_SECONDS
from ingest.heartbeat import Gauges
from ingest.landing import Landing
from ingest.positions import Positions, stamp
from ingest.reader import LogFile, opened
from ingest.road import Road
from ingest.source import Origin, Source, Sources, Wishes
from wwwatch.errors import InputError
from wwwatch.settings import Settings

MIRROR_EVERY_BYTES = 256 << 20


class Shipper:
    """Ships files down one road, into one namespace. Use it as a context manager: leaving it ends its threads."""

    def __init__(
        self, road: Road, settings: Settings, wishes: Wishes, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self.counts = Counts()
        self._wishes, self._progress, self._host = wishes, progress, settings.host.name
        self._sources = Sources(Positions(settings.home, road.place, road.mirror, wishes.namespace, self._host), wishes)
        self._delivery = road.deliverer(PATIENCE_SECONDS)
        self._landing = Landing(self._delivery, wishes, self.counts, progress)

    def __enter__(self) -> "Shipper":
        return self

    def __exit__(self, *_: object) -> None:
        self._delivery.close()

    def gauges(self) -> Gauges:
        """How it is, for the heartbeat."""
        return Gauges.of(self._delivery.statistics())

    def ship(self, path: str) -> None:
        """Deliver a file to its end. Raise InputError if it cannot be read (to the end), StoreError if the store
        stays away; what was acknowledged is kept, and shipping again resumes behind it.
        """
        with opened(path) as stream, ExitStack() as held:
            source = self._sources.open(Origin.of_file(path, self._host), stream, held)
            self.counts.files += 1
            if source is None:
                return
            delivered = source.position.lines
            self.counts.read += delivered
            self.counts.duplicate += delivered
            self._progress(delivered)
            try:
                damage = self._deliver(source)
            except BaseException:
                self._landing.abandon()
                source.save()
                raise
            if source.position.lines != delivered:
                source.mirror(self._wishes.now())
            if damage:
                raise damage
            source.settle(_whole(stream))

    def _deliver(self, source: Source) -> InputError | None:
        """Deliver from where a source stands to its end, or to where reading it breaks."""
        damage: InputError | None = None
        try:
            while not source.reader.at_end:
                chunk = source.read(self._wishes.chunk_bytes)
                if chunk:
                    self._landing.make_room()
                    self._landing.add(source, chunk)
                    if source.position.offset - source.mirrored >= MIRROR_EVERY_BYTES:
                        source.mirror(self._wishes.now())
            last = source.reader.rest()
            if last:
                self._landing.add(source, last)
            source.reached_end()
        except InputError as error:
            damage = error  # what was read before it is delivered all the same
        self._landing.land_all()
        source.settle()
        return damage


def _whole(stream: LogFile) -> str:
    """The stamp of a compressed file, which is not expected to grow; else empty."""
    return stamp(os.fstat(stream.fileno())) if isinstance(stream, gzip.GzipFile) else ""
