"""Documents that were finished elsewhere, and messages that are nothing: items without any conversion."""

from collections.abc import Sequence
from typing import Any

import orjson
import polars as pl

from ingest import rejects
from ingest.convert import Converted
from ingest.enrichment import Enrichment
from ingest.items import id_of, item_of, source_of
from ingest.kafka.messages import ID, DocumentOrigin
from ingest.parse import ROW
from ingest.reader import Chunk
from wwwatch.store import names

POISONED = "message"
MOST_ID_BYTES = 512  # as the store has it
_NO_ROWS = pl.Series(ROW, dtype=pl.UInt32)
_NO_ITEMS = pl.Series(dtype=pl.String)


def why_not_finished(value: bytes, origin: DocumentOrigin, id_: str) -> str:
    """Why a message is no document that may go where it says; empty if it may."""
    if not 0 < len(id_.encode()) <= MOST_ID_BYTES:
        return f"its header {ID} is no id"
    if b"\n" in value:
        return "it has several lines"
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return f"it is not JSON: {error}"
    if not isinstance(document, dict) or not isinstance(document.get("@timestamp"), str):
        return "it is no document with @timestamp"
    if origin.stream != names.pipeline_stream(origin.namespace) and not _tells_its_line(document):
        return "it lacks the line it was made of: event.original, host.name, log.file.path, log.offset"
    return ""


def _tells_its_line(document: dict[str, Any]) -> bool:
    try:
        kept = document["event"]["original"], document["host"]["name"], document["log"]["file"]["path"]
        return all(isinstance(text, str) for text in kept) and type(document["log"]["offset"]) is int
    except (KeyError, TypeError):
        return False


class Finished:
    """Takes documents as they are. ids: of the chunk's, in order. reason: why they are rejects; empty: events."""

    def __init__(self, ids: Sequence[str], reason: str) -> None:
        self._ids, self._reason = ids, reason

    def convert(self, chunk: Chunk, ingested: str) -> Converted:
        """ingested: of no concern, they were."""
        del ingested
        items = [item_of(id_, line.decode()) for id_, line in zip(self._ids, chunk.lines, strict=True)]
        if self._reason:
            return Converted(_NO_ITEMS, _NO_ROWS, {self._reason: list(enumerate(items))})
        return Converted(pl.Series(items), pl.int_range(len(items), dtype=pl.UInt32, eager=True), {})

    def refused_item(self, item: str, reason: str, message: str, ingested: str) -> str:
        """The reject of a document the store refuses."""
        document: dict[str, Any] = source_of(item)
        shared = rejects.shared_fields(
            document["data_stream"]["namespace"], document["host"]["name"], document["log"]["file"]["path"], ingested
        )
        reject = rejects.document_of(rejects.refused(document, reason, message), shared)
        return item_of(id_of(item), orjson.dumps(reject).decode())


class Poisoned:
    """Rejects of messages that are no lines and no documents. whys: for people, with their places, in order."""

    def __init__(
        self, topic: str, namespace: str, enrichment: Enrichment, ids: Sequence[str], whys: Sequence[str]
    ) -> None:
        self._topic, self._namespace, self._enrichment = topic, namespace, enrichment
        self._ids, self._whys = ids, whys

    def convert(self, chunk: Chunk, ingested: str) -> Converted:
        """ingested: ISO 8601 UTC."""
        hidden = self._enrichment.hide is not None
        shared = rejects.shared_fields(self._namespace, self._topic, f"kafka://{self._topic}", ingested, hidden)
        items = [
            (row, item_of(id_, orjson.dumps(rejects.document_of(self._reject(row, chunk, why), shared)).decode()))
            for row, (id_, why) in enumerate(zip(self._ids, self._whys, strict=True))
        ]
        return Converted(_NO_ITEMS, _NO_ROWS, {POISONED: items})

    def _reject(self, row: int, chunk: Chunk, why: str) -> rejects.Reject:
        raw = chunk.lines[row]
        offset = chunk.offsets[row] if chunk.offsets else 0
        reject = rejects.Reject(row, offset, 0, POISONED, why, raw, len(raw))
        return self._enrichment.of_reject(reject)

    def refused_item(self, item: str, reason: str, message: str, ingested: str) -> str:
        """There are no events here that could be refused."""
        raise NotImplementedError
