"""From a topic into the store, or into another topic: what `ship --from` does.

Offsets are committed behind what the store has acknowledged, never before. What was sent and not committed is read
again, by us or by another member of the group; its ids are those of its lines, so it adds nothing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from ingest.convert import Converts
from ingest.counts import Counts
from ingest.delivery import PATIENCE_SECONDS
from ingest.heartbeat import Gauges, Heartbeat
from ingest.kafka.address import TopicAddress
from ingest.kafka.arrivals import Arrived, Group, Sorter
from ingest.kafka.client import look_up
from ingest.kafka.offsets import Batch, Offsets
from ingest.kafka.subscription import Subscription
from ingest.landing import Landing
from ingest.outage import Outage
from ingest.reader import Chunk
from ingest.road import Road
from ingest.source import Indices, Wishes
from ingest.tail import FOREVER
from wwwatch.errors import StoreError
from wwwatch.moments import iso
from wwwatch.settings import Settings

MOST_MESSAGES = 4000  # a megabyte of lines, as the chunks of files
READ_SECONDS = 0.25
COMMIT_SECONDS, COMMIT_BYTES = 1.0, 4 << 20
FULL_SECONDS = 1.0  # how long we wait for room without a word to the group
LAST_SECONDS = 10.0  # for what is in flight when partitions are taken away, and at the end


@dataclass(frozen=True)
class _Consignment:
    """A group of messages on its way. landed: told when it is with the store."""

    group: Group
    landed: Callable[[], None]

    @property
    def converter(self) -> Converts:
        return self.group.converter

    @property
    def streams(self) -> tuple[str, str]:
        return self.group.streams

    def in_doubt(self, _chunk: Chunk) -> bool:
        """Whether the member before us, or a run of the producer before this one, may have sent it."""
        return self.group.in_doubt

    def since(self, _stream: str) -> str:
        """Not known: all backing indices are looked through."""
        return ""

    def note_sending(self, _chunk: Chunk, _indices: Indices) -> None:
        """Nothing: what is committed says it."""

    def move_behind(self, _chunk: Chunk, _now: datetime) -> None:
        """It has landed."""
        self.landed()


class TopicShipper:
    """Reads one topic, as a member of a group. follow: stay; else end where the partitions that are ours end.

    tell: says a line to people.
    """

    def __init__(
        self,
        address: TopicAddress,
        group: str,
        road: Road,
        settings: Settings,
        wishes: Wishes,
        follow: bool,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = Counts()
        cluster, _ = look_up(address, settings.kafka)
        self._wishes, self._follow, self._tell, self._clock = wishes, follow, tell, clock
        self._sorter = Sorter(address.topic, cluster, wishes)
        self._answered, self._stopping = Event(), False
        self._outage = Outage(tell, FULL_SECONDS, road.title)
        self._delivery = road.deliverer(FOREVER if follow else PATIENCE_SECONDS)
        self._landing = Landing(self._delivery, wishes, self.counts, self._outage.landed, self._answered.set)
        self._offsets, self._committed_at = Offsets(), clock()
        self._heartbeat = Heartbeat(
            road, wishes.namespace, settings.host.name, "kafka", self.counts, self._gauges, tell
        )
        self._subscription = Subscription(address, settings.kafka, group, tell, self._revoked, self._offsets.forget)

    @property
    def namespaces(self) -> set[str]:
        """Those messages came for."""
        return self._sorter.namespaces

    def stop(self) -> None:
        """End soon: what is in flight lands, nothing more is read. For any thread, and for a signal handler."""
        self._stopping = True
        self._answered.set()

    def run(self) -> None:
        """Read until `stop` is called, or to the end. Raise StoreError for what waiting does not mend."""
        try:
            while not self._stopping and not self._complete:
                self.step()
        finally:
            self._end()

    @property
    def _complete(self) -> bool:
        return not self._follow and self._subscription.at_end and not self._offsets.open

    def step(self) -> None:
        """Read if there is room, land what is done, commit what has landed."""
        self._make_room()
        self._take(self._subscription.read(MOST_MESSAGES, READ_SECONDS))
        self._landing.land_done()
        self._outage.look(self._clock(), bool(self._landing), self._delivery.statistics())
        self._commit()
        self._heartbeat.tick(self._wishes.now())

    def _make_room(self) -> None:
        """Wait a little for room. If there is none, the group is told we are still here, by reading nothing."""
        if self._landing.full:
            self._answered.wait(FULL_SECONDS)
            self._answered.clear()
            self._landing.land_done()
        self._subscription.hold(self._landing.full)

    def _take(self, messages: Sequence[Arrived]) -> None:
        if not messages or not self._subscription.note(messages):
            return
        behind: dict[int, int] = {}
        for message in messages:
            behind[message.partition] = message.offset + 1
        batch = self._offsets.begin(behind, sum(len(message.value or b"") for message in messages))
        groups = self._sorter.groups(messages)
        batch.open = sum(group.counted for group in groups)
        for group in groups:
            if group.counted:
                self._landing.add(_Consignment(group, lambda: self._landed(batch)), group.chunk)
            else:
                items = group.converter.convert(group.chunk, iso(self._wishes.now())).events
                batch.beside.append(self._delivery.submit(group.streams[0], items, group.in_doubt))

    @staticmethod
    def _landed(batch: Batch) -> None:
        batch.open -= 1

    def _commit(self, at_once: bool = False) -> None:
        behind = self._offsets.landed()
        now = self._clock()
        due = at_once or self._offsets.landed_bytes >= COMMIT_BYTES or now - self._committed_at >= COMMIT_SECONDS
        if behind and due:
            self._committed_at = now
            if self._subscription.commit(behind, settled=not self._offsets.open):
                self._offsets.committed()

    def _revoked(self) -> None:
        """Partitions are about to be somebody else's: what is in flight lands first, so that nothing is sent twice."""
        self._land(LAST_SECONDS)
        self._commit(at_once=True)
        self._offsets.forget()

    def _land(self, seconds: float) -> None:
        deadline = self._clock() + seconds
        while self._landing and not self._outage.on and self._clock() < deadline:
            self._answered.wait(READ_SECONDS)
            self._answered.clear()
            self._landing.land_done()
            self._outage.look(self._clock(), bool(self._landing), self._delivery.statistics())

    def _end(self) -> None:
        try:
            self._land(LAST_SECONDS)
        except StoreError:
            self._landing.abandon()
            raise
        finally:
            self._landing.abandon()
            self._commit(at_once=True)
            self._subscription.close()
            self._delivery.close()
            self._heartbeat.close(self._wishes.now())

    def _gauges(self) -> Gauges:
        return Gauges.of(self._delivery.statistics())
