"""Lines and documents into a topic: acknowledged by all replicas, each once for as long as the producer lives."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from math import isinf
from threading import Event, Lock, Thread
from typing import Any

import orjson
import polars as pl
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingest.delivery import Outcome, Refused, Statistics, Stopped
from ingest.delivery.outcome import TOO_LARGE
from ingest.items import ids_of
from ingest.kafka.address import TopicAddress
from ingest.kafka.client import LastError, configuration, look_up, translated
from ingest.kafka.messages import AGAIN, HEADERS_BYTES, ID, LENGTH, ORIGIN, DocumentOrigin
from wwwatch.kafka_settings import KafkaSettings
from wwwatch.store import BulkResult, StoreUnreachable, names

LINGER_MS = 20  # how long a batch waits to fill
POLL_SECONDS = 0.1
HEARTBEAT_SECONDS = 5.0
CREATED = 201
# A document starts with its time, so that its client is found without reading all of it as JSON.
_CLIENT = r'"source":\{"address":"([^"\\]*)"'
_REASON = r'"error":\{"type":"([a-z0-9_]+)"'

Headers = list[tuple[str, str | bytes | None]]


@dataclass(eq=False)
class _Submission:
    """What one call handed over. open: messages not answered for; a call that is handing over holds one more."""

    delivery: "TopicDelivery"
    future: Future[Outcome] = field(default_factory=Future)
    outcome: Outcome = field(default_factory=Outcome)
    open: int = 1
    failure: BaseException | None = None
    lock: Lock = field(default_factory=Lock)

    def answered(self, error: KafkaError | None, _message: Message) -> None:
        """The broker's answer for one message; called by the library, in the thread that polls."""
        if error is None:
            with self.lock:
                self.outcome.sent += 1
                self._close_one()
        else:
            self.failed(error)

    def failed(self, error: KafkaError) -> None:
        """One message will not be delivered."""
        with self.lock:
            self.failure = self.delivery.failure_of(error)
            self._close_one()

    def handed_over(self) -> None:
        """All messages are with the library."""
        with self.lock:
            self._close_one()

    def _close_one(self) -> None:
        self.open -= 1
        if self.open == 0:
            if self.failure:
                self.future.set_exception(self.failure)
            else:
                self.future.set_result(self.outcome)


class TopicDelivery:
    """Delivers into one topic. As `ingest.delivery.Delivery`, which says what its methods promise."""

    def __init__(
        self, address: TopicAddress, settings: KafkaSettings, largest_bytes: int, patience_seconds: float
    ) -> None:
        self._address, self._most_bytes = address, largest_bytes - HEADERS_BYTES
        self._last, self._abandoned = LastError(), False
        patience_ms = 0 if isinf(patience_seconds) else round(patience_seconds * 1000)
        self._producer = Producer(
            configuration(address, settings)
            | {
                "enable.idempotence": True,  # acks=all, in order, and a retry adds nothing
                "partitioner": "murmur2_random",  # a client's partition is that of Java's producers
                "compression.type": settings.compression,
                "linger.ms": LINGER_MS,
                "message.max.bytes": largest_bytes,
                "message.timeout.ms": patience_ms,  # 0: never
                "error_cb": self._last,
            }
        )
        self._closed = Event()
        self._messages = self._failures = 0
        self._poller = Thread(target=self._poll, name="kafka-answers", daemon=True)
        self._poller.start()

    def submit(self, stream: str, items: pl.Series, in_doubt: bool = False, since: str = "") -> Future[Outcome]:  # noqa: ARG002 - a topic has no backing indices
        """Send every item. items: as `line_items` makes them, or documents led by their action line."""
        submission = _Submission(self)
        again: Headers = [(AGAIN, b"")] if in_doubt else []
        messages = self._of_lines(items) if items.dtype == pl.Struct else self._of_documents(stream, items, submission)
        try:
            for key, value, headers in messages:
                with submission.lock:
                    submission.open += 1
                self._produce(key, value, headers + again, submission)
        finally:
            submission.handed_over()
        return submission.future

    def write_index(self, stream: str) -> str:
        """Nothing: which index documents end in is not known here."""
        del stream
        return ""

    def abandon(self, futures: Iterable[Future[Outcome]]) -> None:
        """Send no more of these: of anything, since a run abandons when it ends."""
        if not all(future.done() for future in futures):
            self._abandoned = True
            self._producer.purge()

    def statistics(self) -> Statistics:
        """As of now. Only what the library tells: it makes its batches and its retries itself."""
        waiting = len(self._producer)
        return Statistics(
            in_flight=waiting, in_flight_bytes=0, waiting_bytes=0, batch_bytes=0, latency_ms=None,
            requests=self._messages, retries=0, busy=0, unreachable=self._last.count, too_large=self._failures,
            last_failure=self._last.error.str() if self._last.error else "",
        )  # fmt: skip

    def close(self) -> None:
        """Abandon what waits, end the thread."""
        self._producer.purge()
        self._producer.flush(POLL_SECONDS)
        self._closed.set()
        self._poller.join()

    def failure_of(self, error: KafkaError) -> BaseException:
        """Why messages were not delivered. A message that timed out says less than what the library complained of."""
        if self._abandoned or error.code() in {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}:
            return Stopped("Stopped before the topic had everything.")
        if error.code() == KafkaError._MSG_TIMED_OUT and self._last.error:
            error = self._last.error
        return translated(error, self._address)

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(POLL_SECONDS)

    def _produce(self, key: str, value: bytes, headers: Headers, submission: _Submission) -> None:
        self._messages += 1
        while not self._closed.is_set():
            try:
                self._producer.produce(
                    self._address.topic, value, key, headers=headers, on_delivery=submission.answered
                )
            except BufferError:
                self._closed.wait(POLL_SECONDS)  # the library's queue is full; the thread that polls makes room
            except KafkaException as error:
                submission.failed(error.args[0])
                return
            else:
                return

    def _of_documents(
        self, stream: str, items: pl.Series, submission: _Submission
    ) -> Iterator[tuple[str, bytes, Headers]]:
        """Documents as messages. One that is larger than the topic takes is refused; a reject is cut to fit."""
        namespace = stream.split("-", 2)[2]  # type-dataset-namespace, and only the namespace may hold a dash
        rejects = stream == names.rejects_stream(namespace)
        columns = items.to_frame("item").select(
            id=ids_of(items),
            key=pl.col("item").str.extract(_CLIENT),
            reason=pl.col("item").str.extract(_REASON) if rejects else pl.lit(""),
        )
        origins: dict[str, bytes] = {}
        for item, (id_, key, reason) in zip(items, columns.iter_rows(), strict=True):
            value = item.split("\n", 1)[1].encode()
            if len(value) > self._most_bytes:
                self._failures += 1
                if not rejects:
                    self._refuse(item, len(value), submission)
                    continue
                value = _fitted(value, self._most_bytes)
            if reason not in origins:
                origins[reason] = DocumentOrigin(stream, namespace, reason).header()
            yield key or id_, value, [(ID, id_), (ORIGIN, origins[reason])]

    def _refuse(self, item: str, size_bytes: int, submission: _Submission) -> None:
        message = f"a document of {size_bytes:,} bytes; the topic takes {self._most_bytes:,} (max.message.bytes)"
        with submission.lock:
            submission.outcome.refused.append(Refused(item, TOO_LARGE, message))

    def _of_lines(self, items: pl.Series) -> Iterator[tuple[str, bytes, Headers]]:
        """Lines as messages. One that is larger than the topic takes is cut, and says so: it ends as a reject."""
        frame = items.struct.unnest().select("id", "key", "value", "origin", "length")
        for id_, key, value, origin, length in frame.iter_rows():
            headers: Headers = [(ID, id_), (ORIGIN, origin)]
            line = value
            if len(value) > self._most_bytes:
                self._failures += 1
                line, length = value[: self._most_bytes], length or len(value)  # noqa: PLW2901 - of this line
            if length is not None:
                headers.append((LENGTH, str(length)))
            yield key, line, headers


class TopicRoad:
    """Into a topic, on the way to the store."""

    title = "Kafka"

    def __init__(self, address: TopicAddress, settings: KafkaSettings) -> None:
        """Raise StoreError unless the topic is there."""
        self._address, self._settings = address, settings
        self._cluster, self._largest_bytes = look_up(address, settings)
        self._delivery: TopicDelivery | None = None

    @property
    def place(self) -> str:
        """The topic, in its cluster: the same behind every broker's address."""
        return f"kafka-{self._cluster}-{self._address.topic}"

    @property
    def mirror(self) -> None:
        """Positions are kept on this machine only: the store is out of reach."""
        return

    def deliverer(self, patience_seconds: float) -> TopicDelivery:
        """One producer."""
        self._delivery = TopicDelivery(self._address, self._settings, self._largest_bytes, patience_seconds)
        return self._delivery

    def bulk(self, stream: str, body: bytes) -> BulkResult:
        """Heartbeats travel like documents, and reach the store when they are read."""
        if self._delivery is None:
            raise StoreUnreachable("Nothing is sent to the topic yet.")
        lines = body.decode().splitlines()
        items = [f"{action}\n{document}" for action, document in zip(lines[::2], lines[1::2], strict=True)]
        began = time.monotonic()
        try:
            self._delivery.submit(stream, pl.Series(items, dtype=pl.String)).result(HEARTBEAT_SECONDS)
        except FutureTimeout as error:
            raise StoreUnreachable(f"Kafka at {self._address.servers} does not answer in time.") from error
        return BulkResult([CREATED] * len(items), [], round((time.monotonic() - began) * 1000))

    def refresh(self, namespace: str) -> None:
        """Nothing: what was sent is searched by whoever reads the topic."""


def _fitted(value: bytes, most_bytes: int) -> bytes:
    """A reject's document with as much of its line as the topic takes; its length_bytes tell that it was cut."""
    document: dict[str, Any] = orjson.loads(value)
    document["wwwatch"].pop("raw", None)
    original = document["event"].pop("original")
    room = most_bytes - len(orjson.dumps(document)) - len('"original":"",')
    return orjson.dumps({**document, "event": {**document["event"], "original": _shortened(original, room)}})


def _shortened(text: str, most_bytes: int) -> str:
    """As much of a text as its JSON may take."""
    while len(orjson.dumps(text)) > most_bytes:
        text = text[: max(len(text) // 2, 0)]
    return text
