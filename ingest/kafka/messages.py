"""What a message of ours looks like: a line of a log, or a finished document, with where it came from in its headers.

value: the line's bytes as they were read, or the document's JSON. key: the client's address, so that one client's
events stay in their order; the file's identity where a line tells none. Headers: `wwwatch-id`, the id in the store;
`wwwatch-origin`, JSON, the same for all lines of a file; `wwwatch-length`, the line's length where it was cut;
`wwwatch-again`, where the same message may have been sent before.
"""

import re
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

import orjson
import polars as pl

from ingest.reader import Chunk
from ingest.servers import SERVERS
from wwwatch import namespaces
from wwwatch.store import names

ID, ORIGIN, LENGTH, AGAIN = "wwwatch-id", "wwwatch-origin", "wwwatch-length", "wwwatch-again"
CONTENT, LINE, DOCUMENT = "content", "line", "document"
_IDENTITY = re.compile(r"[a-z2-7]{16}")
HEADERS_BYTES = 16 << 10  # left free below a topic's largest message, for headers, key and the record's own


@dataclass(frozen=True)
class LineOrigin:
    """Where a line came from: its file, as the one who read it knows it. format: by name or directive; only: the user
    named it. timezone: of times that name none.
    """

    identity: str
    path: str
    host: str
    namespace: str
    server: str
    format: str
    only: bool
    timezone: str

    def header(self) -> bytes:
        """As it travels."""
        return orjson.dumps({CONTENT: LINE, **asdict(self)})


@dataclass(frozen=True)
class DocumentOrigin:
    """Where a finished document belongs. stream: a data stream of ours. reason: why it is a reject; else empty."""

    stream: str
    namespace: str
    reason: str = ""

    def header(self) -> bytes:
        """As it travels."""
        return orjson.dumps({CONTENT: DOCUMENT, **asdict(self)})


@lru_cache(maxsize=1 << 12)
def origin_of(header: bytes) -> LineOrigin | DocumentOrigin | None:
    """The origin in a header; None if it is none of ours. Whoever may write to the topic may have made it up."""
    try:
        told = orjson.loads(header)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict):
        return None
    kind = {LINE: LineOrigin, DOCUMENT: DocumentOrigin}.get(str(told.pop(CONTENT, "")))
    if kind is None or not _fits(kind, told) or not namespaces.VALID.fullmatch(told["namespace"]):
        return None
    origin = kind(**told)
    return origin if _is_ours(origin) else None


def _is_ours(origin: LineOrigin | DocumentOrigin) -> bool:
    """Whether what becomes part of a stream's name may."""
    if isinstance(origin, LineOrigin):
        return _IDENTITY.fullmatch(origin.identity) is not None and origin.server in {"", *SERVERS}
    return origin.stream in {
        names.rejects_stream(origin.namespace),
        names.pipeline_stream(origin.namespace),
        *(names.access_stream(f"{server}.access", origin.namespace) for server in SERVERS),
    }


def _fits(kind: type[LineOrigin] | type[DocumentOrigin], told: dict[str, Any]) -> bool:
    wanted = {item.name: item.type for item in fields(kind)}
    return set(told) == set(wanted) and all(type(told[name]) is kind_ for name, kind_ in wanted.items())


def line_items(chunk: Chunk, ids: list[str], keys: list[str], origins: list[bytes]) -> pl.Series:
    """The lines of a chunk as items of a topic."""
    lengths = [chunk.lengths.get(row) for row in range(len(chunk.lines))]
    return pl.DataFrame(
        {"id": ids, "key": keys, "value": chunk.lines, "origin": origins, "length": lengths},
        schema={"id": pl.String, "key": pl.String, "value": pl.Binary, "origin": pl.Binary, "length": pl.Int64},
    ).to_struct("item")
