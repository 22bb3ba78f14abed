"""What `ship` would send, without a store."""

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge

from ingest.convert import Converted, converter_of
from ingest.enrichment import NONE, Enrichment
from ingest.formats import LogFormat
from ingest.identity import read_head
from ingest.reader import CHUNK_BYTES, Prefixed, chunks, opened
from wwwatch.moments import iso


def preview(
    path: str,
    wished: LogFormat | None,
    server: str,
    namespace: str,
    host: str,
    now: Callable[[], datetime],
    chunk_bytes: int = CHUNK_BYTES,
    enrichment: Enrichment = NONE,
    timezone: str = "UTC",
) -> Iterator[str]:
    """The JSON documents of a file's lines, events and rejects in the order of the lines."""
    with opened(path) as stream:
        head = read_head(stream, path)
        converter = converter_of(path, head, namespace, host, server, wished, False, enrichment, timezone)
        for chunk in chunks(Prefixed(head, stream), path, 0, chunk_bytes):
            yield from in_order(converter.convert(chunk, iso(now())))


def in_order(converted: Converted) -> Iterator[str]:
    """The items of a chunk in the order of its lines."""
    events = zip(converted.event_rows, converted.events, strict=True)
    for _, item in merge(events, *converted.rejects.values()):
        yield item
