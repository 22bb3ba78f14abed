"""Messages to chunks of lines that belong together, each with what converts it. Whoever may write to the topic is not
trusted: what is not a message of ours is a plain line, and what cannot be one is a reject, with its place in the topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from ingest import formats, ids
from ingest.convert import Converter, Converts
from ingest.identity import identity as identity_of
from ingest.kafka.finished import Finished, Poisoned, why_not_finished
from ingest.kafka.messages import AGAIN, ID, LENGTH, ORIGIN, DocumentOrigin, LineOrigin, origin_of
from ingest.reader import Chunk
from ingest.servers import DEFAULT_SERVER
from ingest.source import Wishes
from wwwatch.store import names

REMEMBERED = 1000  # files: beyond, the one known for longest is got to know again


@dataclass(frozen=True)
class Arrived:
    """A message as it came. headers: by name; the last of a name counts. in_doubt: it may have been delivered."""

    partition: int
    offset: int
    value: bytes | None
    headers: dict[str, bytes | None]
    in_doubt: bool


@dataclass(frozen=True)
class Group:
    """Messages that are converted together. streams: of their events, of their rejects. counted: they are lines of
    logs; heartbeats are not.
    """

    converter: Converts
    streams: tuple[str, str]
    chunk: Chunk
    in_doubt: bool
    counted: bool = True


@dataclass
class _Pile:
    """What becomes a group: lines, their places in their file, and what is told of them."""

    offsets: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    lengths: dict[int, int] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, offset: int, value: bytes, id_: str = "", length: int | None = None, reason: str = "") -> None:
        if length is not None:
            self.lengths[len(self.values)] = length
        self.offsets.append(offset)
        self.values.append(value)
        self.ids.append(id_)
        self.reasons.append(reason)

    @property
    def chunk(self) -> Chunk:
        checks = {row: ids.parts(self.ids[row])[1] for row in self.lengths if self.ids[row]}
        return Chunk(0, sum(map(len, self.values)), self.values, b"", self.lengths, offsets=self.offsets, checks=checks)


class Sorter:
    """Sorts the messages of one topic. cluster: its id."""

    def __init__(self, topic: str, cluster: str, wishes: Wishes) -> None:
        self._topic, self._cluster, self._wishes = topic, cluster, wishes
        self.namespaces: set[str] = set()  # that messages came for
        self._converters: dict[bytes | int, Converter] = {}  # by header; by partition where there is none

    def groups(self, messages: Sequence[Arrived]) -> list[Group]:
        """All messages, each in one group, within a group in order."""
        lines: dict[tuple[bytes | int, bool], _Pile] = {}
        documents: dict[tuple[bytes, bool], _Pile] = {}
        poisoned: dict[bool, _Pile] = {}
        for message in messages:
            header = message.headers.get(ORIGIN)
            if message.value is None:
                poisoned.setdefault(message.in_doubt, _Pile()).add(*self._place(message, "it has no value"))
            elif header is None:
                pile = lines.setdefault((message.partition, message.in_doubt), _Pile())
                pile.add(message.offset, message.value.rstrip(b"\r\n"))
            elif why := self._ours(message, header, message.value, lines, documents):
                poisoned.setdefault(message.in_doubt, _Pile()).add(*self._place(message, why))
        return [
            *(self._of_lines(told, pile, in_doubt) for (told, in_doubt), pile in lines.items()),
            *(self._of_documents(told, pile, in_doubt) for (told, in_doubt), pile in documents.items()),
            *(self._of_poisoned(pile, in_doubt) for in_doubt, pile in poisoned.items()),
        ]

    def _ours(
        self,
        message: Arrived,
        header: bytes,
        value: bytes,
        lines: dict[tuple[bytes | int, bool], _Pile],
        documents: dict[tuple[bytes, bool], _Pile],
    ) -> str:
        """Put a message of ours on its pile. Return why it is none."""
        origin, id_ = origin_of(header), (message.headers.get(ID) or b"").decode("ascii", "replace")
        in_doubt = message.in_doubt or AGAIN in message.headers
        if origin is None:
            return f"its header {ORIGIN} is not one of ours"
        if isinstance(origin, LineOrigin):
            length = (message.headers.get(LENGTH) or b"").decode("ascii", "replace")
            if not id_.startswith(origin.identity) or not ids.is_id(id_):
                return f"its header {ID} does not belong to its file"
            pile = lines.setdefault((header, in_doubt), _Pile())
            pile.add(ids.offset_of(id_), value, id_, int(length) if length.isdecimal() else None)
        elif why := why_not_finished(value, origin, id_):
            return why
        else:
            documents.setdefault((header, in_doubt), _Pile()).add(message.offset, value, id_)
        return ""

    def _of_lines(self, told: bytes | int, pile: _Pile, in_doubt: bool) -> Group:
        converter = self._converters.get(told) or self._converter(told)
        chunk = pile.chunk
        converter.get_to_know(chunk)
        dataset, namespace = converter.dataset, converter.namespace
        streams = names.access_stream(dataset, namespace), names.rejects_stream(namespace)
        return Group(converter, streams, chunk, in_doubt)

    def _converter(self, told: bytes | int) -> Converter:
        if len(self._converters) >= REMEMBERED:
            del self._converters[next(iter(self._converters))]
        wishes = self._wishes
        wished = formats.named(wishes.format_name)
        origin = self._foreign(told) if isinstance(told, int) else origin_of(told)
        assert isinstance(origin, LineOrigin)  # noqa: S101 - they were told apart before
        log_format = wished or formats.described(origin.format)
        converter = self._converters[told] = Converter(
            origin.identity, origin.path, origin.namespace, origin.host, wishes.server or origin.server, log_format,
            only=wished is not None or (origin.only and log_format is not None), enrichment=wishes.enrichment,
            timezone=origin.timezone,
        )  # fmt: skip
        self.namespaces.add(origin.namespace)
        return converter

    def _foreign(self, partition: int) -> LineOrigin:
        """Of plain lines: the topic itself is the log they are in, each partition a file."""
        wishes = self._wishes
        return LineOrigin(
            self._identity(partition), self._path(partition), self._topic, wishes.namespace, "", "", only=False,
            timezone=wishes.timezone,
        )  # fmt: skip

    def _of_documents(self, told: bytes, pile: _Pile, in_doubt: bool) -> Group:
        origin = origin_of(told)
        assert isinstance(origin, DocumentOrigin)  # noqa: S101 - they were told apart before
        self.namespaces.add(origin.namespace)
        counted = origin.stream != names.pipeline_stream(origin.namespace)
        streams = origin.stream, names.rejects_stream(origin.namespace)
        return Group(Finished(pile.ids, origin.reason), streams, pile.chunk, in_doubt, counted)

    def _of_poisoned(self, pile: _Pile, in_doubt: bool) -> Group:
        wishes = self._wishes
        streams = (
            names.access_stream(f"{DEFAULT_SERVER}.access", wishes.namespace),
            names.rejects_stream(wishes.namespace),
        )
        converter = Poisoned(self._topic, wishes.namespace, wishes.enrichment, pile.ids, pile.reasons)
        return Group(converter, streams, pile.chunk, in_doubt)

    def _place(self, message: Arrived, why: str) -> tuple[int, bytes, str, None, str]:
        value = message.value or b""
        id_ = ids.of_line(self._identity(message.partition), message.offset, crc32(value))
        where = f"{self._path(message.partition)} at {message.offset}"
        return message.offset, value, id_, None, f"not a message that can be read: {why} ({where})"

    def _identity(self, partition: int) -> str:
        return identity_of(f"{self._cluster}/{self._topic}", str(partition).encode())

    def _path(self, partition: int) -> str:
        return f"kafka://{self._topic}/{partition}"
