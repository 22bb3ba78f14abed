"""A member of a group that reads a topic: which partitions are ours, what comes from them, what is committed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ingest.kafka.address import TopicAddress
from ingest.kafka.arrivals import Arrived
from ingest.kafka.client import ANSWER_SECONDS, LastError, configuration, translated
from wwwatch.errors import StoreRefused, StoreUnreachable
from wwwatch.kafka_settings import KafkaSettings

QUEUED_KB = 8 << 10  # fetched ahead: bounds memory
EVERYTHING = 1 << 62
RESERVED = 20_000  # messages noted as sent ahead of what is, so that the group is not told of every batch
# What it means when a commit is refused: somebody else reads these partitions now, and reads the rest again.
_NOT_OURS = {
    KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.FENCED_INSTANCE_ID, KafkaError._ASSIGNMENT_LOST, KafkaError._STATE,
}  # fmt: skip


@dataclass
class _Partition:
    """committed: the offset behind what is with the store, as the group knows. noted: the offset before which messages
    may have been sent, as the group knows. doubted: the same when it became ours. at_end: all there is has been read.
    """

    committed: int
    noted: int
    doubted: int
    at_end: bool = False


class Subscription:
    """What is committed says two things of a partition: the offset behind what is with the store, and, as its metadata,
    how far messages may have been sent beyond it. So whoever reads on looks up what is in doubt, and no more.

    tell: says a line to people. revoked: called, while they are still ours, before partitions are taken away; lost:
    after they were.
    """

    def __init__(
        self,
        address: TopicAddress,
        settings: KafkaSettings,
        group: str,
        tell: Callable[[str], None],
        revoked: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self._address, self._tell = address, tell
        self._revoked, self._lost = revoked, lost
        self._last = LastError()
        self._partitions: dict[int, _Partition] = {}
        self._assigned = self._held = False
        self._told = ""
        self._consumer = Consumer(
            configuration(address, settings)
            | {
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",  # a group that is new reads everything
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": QUEUED_KB,
                "session.timeout.ms": settings.session_timeout_ms,
                "isolation.level": "read_committed",
                "error_cb": self._last,
            }
        )
        self._consumer.subscribe(
            [address.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    @property
    def at_end(self) -> bool:
        """Whether we have partitions (or know that there are none for us), and all that is in them was read."""
        return self._assigned and all(partition.at_end for partition in self._partitions.values())

    def read(self, count: int, seconds: float) -> list[Arrived]:
        """At most `count` messages, in at most `seconds`. Raise StoreError for what waiting does not mend."""
        try:
            messages = self._consumer.consume(count, seconds)
        except KafkaException as error:
            raise translated(error.args[0], self._address) from error
        arrived = []
        for message in messages:
            failure = message.error()
            if failure is None and message.partition() in self._partitions:
                arrived.append(self._arrived(message))
            elif failure is None:
                continue  # taken away while this was read; somebody else reads it
            elif failure.code() == KafkaError._PARTITION_EOF:
                self._partition_of(message.partition() or 0).at_end = True
            else:
                self._complain(failure)
        return arrived

    def hold(self, held: bool) -> None:
        """Whether nothing is to be read, while we stay a member."""
        if held != self._held:
            ours = self._consumer.assignment()
            (self._consumer.pause if held else self._consumer.resume)(ours)
            self._held = held

    def note(self, messages: Sequence[Arrived]) -> bool:
        """These are about to be sent: let the group know. False where it cannot be told; then they are read again."""
        behind: dict[int, int] = {}
        for message in messages:
            behind[message.partition] = message.offset + 1
        beyond = {number: end + RESERVED for number, end in behind.items() if end > self._partition_of(number).noted}
        if not beyond:
            return True
        offsets = [self._mark(number, self._partition_of(number).committed, end) for number, end in beyond.items()]
        if self._committed(offsets):
            for number, end in beyond.items():
                self._partition_of(number).noted = end
            return True
        self._read_again(messages)
        return False

    def commit(self, behind: Mapping[int, int], settled: bool) -> bool:
        """Commit offsets. settled: nothing is on its way, so nothing behind them is in doubt. False where that cannot
        be done: now, or because the partitions are not ours any more; then they are read again, which adds nothing.
        Raise StoreRefused where it may not be done.
        """
        noted = {number: end if settled else self._partition_of(number).noted for number, end in behind.items()}
        done = self._committed([self._mark(number, end, noted[number]) for number, end in behind.items()])
        for number, end in behind.items() if done else ():
            partition = self._partition_of(number)
            partition.committed, partition.noted = end, noted[number]
        return done

    def _mark(self, number: int, offset: int, sent_to: int) -> TopicPartition:
        return TopicPartition(self._address.topic, number, offset, metadata=str(sent_to))

    def _partition_of(self, number: int) -> _Partition:
        return self._partitions[number]

    def _committed(self, offsets: list[TopicPartition]) -> bool:
        try:
            done = self._consumer.commit(offsets=offsets, asynchronous=False) or []
        except KafkaException as error:
            refused = error.args[0]
        else:
            failed = [item.error for item in done if item.error]
            if not failed:
                self._told = ""
                return True
            refused = failed[0]
        failure = translated(refused, self._address)
        if isinstance(failure, StoreRefused):
            raise failure
        if refused.code() not in _NOT_OURS:
            self._tell_once(failure.message)
        return False

    def _read_again(self, messages: Sequence[Arrived]) -> None:
        """Go back to the first of them, where it is ours."""
        first: dict[int, int] = {}
        for message in messages:
            first.setdefault(message.partition, message.offset)
        for number, offset in first.items():
            try:
                self._consumer.seek(TopicPartition(self._address.topic, number, offset))
            except KafkaException as error:
                if error.args[0].code() not in _NOT_OURS:
                    raise translated(error.args[0], self._address) from error

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _arrived(self, message: Message) -> Arrived:
        partition = self._partition_of(message.partition() or 0)
        partition.at_end = False
        offset = message.offset() or 0
        return Arrived(
            message.partition() or 0, offset, message.value(), _headers(message), in_doubt=offset < partition.doubted
        )

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._partitions = {item.partition: self._partition(consumer, item) for item in partitions}
        self._assigned, self._held = True, False
        self._tell(f"Reading {_listed(self._partitions)} of {self._address}.")

    def _partition(self, consumer: Consumer, item: TopicPartition) -> _Partition:
        """What the group knows of a partition; where it was told nothing, all there is is in doubt."""
        try:
            low, high = consumer.get_watermark_offsets(item, timeout=ANSWER_SECONDS)
            [kept] = consumer.committed([item], timeout=ANSWER_SECONDS)
        except KafkaException as error:
            self._tell_once(translated(error.args[0], self._address).message)
            return _Partition(committed=0, noted=EVERYTHING, doubted=EVERYTHING)
        if 0 <= kept.offset < low:
            self._tell(
                f"{low - kept.offset:,} messages of {self._address.topic}, partition {item.partition}, were deleted "
                "before they were read: the topic keeps them for less time than reading was behind. They are lost here."
            )
        told = kept.metadata or ""
        sent_to = int(told) if told.isdecimal() else high
        return _Partition(max(low, kept.offset), noted=sent_to, doubted=sent_to)

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._revoked()
        self._partitions, self._assigned = {}, False

    def _on_lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._lost()
        self._partitions, self._assigned = {}, False

    def _complain(self, error: KafkaError) -> None:
        """Say once what waiting mends; raise the rest."""
        failure = translated(self._last.error if self._last.error and error.retriable() else error, self._address)
        passing = isinstance(failure, StoreUnreachable) or error.code() == KafkaError._MAX_POLL_EXCEEDED
        if error.fatal() or not passing:
            raise failure
        self._tell_once(failure.message)

    def _tell_once(self, message: str) -> None:
        if message != self._told:
            self._tell(f"{message} Waiting for it.")
        self._told = message


def _listed(partitions: Iterable[int]) -> str:
    numbers = ", ".join(map(str, sorted(partitions)))
    return f"partitions {numbers}" if numbers else "no partition"


def _headers(message: Message) -> dict[str, bytes | None]:
    """By name; the last of a name counts."""
    pairs = cast(list[tuple[str, bytes | None]], message.headers() or [])
    return dict(pairs)
