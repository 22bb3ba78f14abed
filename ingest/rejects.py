"""Lines that become no event: kept whole, with the reason, so that nothing is lost and they can be replayed."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.documents import ECS_VERSION
from ingest.parse import CHECK, DIRECTIVE, EMPTY, FORMAT, NOT_UTF8, ROW, TIME, TOO_LONG, Parsed
from ingest.reader import LONGEST_LINE_BYTES, Chunk

DATASET = "wwwatch.rejects"
PSEUDONYMISED = "pseudonymised"
MESSAGES = {
    FORMAT: "no known log format takes this line",
    TIME: "its time is not one that an access log writes",
    EMPTY: "the line is empty",
    TOO_LONG: f"the line is longer than {LONGEST_LINE_BYTES:,} bytes; the rest of it was cut off",
    DIRECTIVE: "a header line of a W3C log, no request",
    NOT_UTF8: "no known log format takes this line, and it is not UTF-8",
}


@dataclass(frozen=True)
class Reject:
    """A line that becomes no event. raw: the line, or its head where it was cut; length: all of it, in bytes."""

    row: int
    offset: int
    check: int
    reason: str
    message: str
    raw: bytes
    length: int


def of_chunk(parsed: Parsed, chunk: Chunk) -> Iterator[Reject]:
    """The rejects of a chunk, in order."""
    if not parsed.rejects.height:
        return
    for row, offset, check, reason in parsed.rejects.select(ROW, "log.offset", CHECK, "reason").iter_rows():
        raw = chunk.lines[row]
        yield Reject(row, offset, check, reason, MESSAGES[reason], raw, chunk.lengths.get(row, len(raw)))


def refused(event: Mapping[str, Any], reason: str, message: str) -> Reject:
    """The reject of an event document that the store refused."""
    raw = str(event["event"]["original"]).encode()
    return Reject(0, event["log"]["offset"], 0, reason, message, raw, len(raw))


def document_of(reject: Reject, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a reject. shared: what all of a file have in common, of `shared_fields`."""
    kept: dict[str, Any] = {"length_bytes": reject.length}
    try:
        original = reject.raw.decode()
    except UnicodeDecodeError:
        original = reject.raw.decode("utf-8", "backslashreplace")
        kept["raw"] = base64.b64encode(reject.raw).decode()
    return {
        **shared,
        "event": {**shared["event"], "original": original},
        "error": {"type": reject.reason, "message": reject.message},
        "log": {**shared["log"], "offset": reject.offset},
        "wwwatch": kept,
    }


def shared_fields(namespace: str, host: str, path: str, ingested: str, hidden: bool = False) -> dict[str, Any]:
    """What all rejects of a file share, nested. `@timestamp` is when they were read: the line's own time is unknown.

    hidden: addresses in their text are pseudonyms already.
    """
    return {
        **({"tags": [PSEUDONYMISED]} if hidden else {}),
        "@timestamp": ingested,
        "ecs": {"version": ECS_VERSION},
        "event": {"kind": "pipeline_error", "dataset": DATASET, "ingested": ingested},
        "data_stream": {"type": "logs", "dataset": DATASET, "namespace": namespace},
        "host": {"name": host},
        "log": {"file": {"path": path}},
    }
