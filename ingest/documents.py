"""Frames to bulk-ready NDJSON, by concatenating pieces of text: no Python per line, no JSON library per line.

Column names with dots become nested objects. Text that holds nothing to escape is copied as it is; only rows marked
dirty, and the quotes of the line itself, are escaped.
"""

from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

from ingest import ids
from ingest.parse import DIRTY, LINE, ROW
from ingest.pieces import PLACE, SLOT, Member, escape, plan

ECS_VERSION = "8.17.0"
# Fields that may occur, in the order they are written. Objects are closed when the next field leaves them.
FIELDS = (
    "@timestamp",
    "log.offset",
    "event.outcome",
    "event.duration",
    "source.address",
    "source.ip",
    "wwwatch.net",
    "source.geo.country_iso_code",
    "source.geo.region_iso_code",
    "source.geo.city_name",
    "source.geo.location",
    "source.as.number",
    "source.as.organization.name",
    "client.ip",
    "network.peer.address",
    "user.name",
    "http.request.method",
    "http.request.referrer",
    "http.request.id",
    "http.request.bytes",
    "http.response.status_code",
    "http.response.body.bytes",
    "http.response.bytes",
    "http.version",
    "url.original",
    "url.path",
    "url.query",
    "url.extension",
    "url.domain",
    "url.port",
    "url.scheme",
    "user_agent.original",
    "user_agent.name",
    "user_agent.version",
    "user_agent.os.name",
    "user_agent.os.version",
    "user_agent.device.name",
    "tls.version_protocol",
    "tls.version",
    "tls.cipher",
    "wwwatch.upstream.address",
    "wwwatch.upstream.status",
    "wwwatch.upstream.duration",
    "wwwatch.upstream.cache",
    "tags",
)
AS_IT_IS = frozenset({"tags"})  # JSON already
INGESTED = "event.ingested"  # the one constant that changes from chunk to chunk


def constant_fields(dataset: str, namespace: str, host: str, path: str, ingested: str) -> dict[str, Any]:
    """What all events of a file share, by dotted field name."""
    return {
        "ecs.version": ECS_VERSION,
        "event.kind": "event",
        "event.category": ["web"],
        "event.type": ["access"],
        "event.dataset": dataset,
        INGESTED: ingested,
        "data_stream.type": "logs",
        "data_stream.dataset": dataset,
        "data_stream.namespace": namespace,
        "host.name": host,
        "log.file.path": path,
    }


def serialise(events: pl.DataFrame, constants: Mapping[str, Any], identity: str | None) -> pl.Series:
    """The JSON document of each event, in order, as text. With an identity each is led by its bulk action line.

    events: as `ingest.parse` makes them. The id in the action is that of the line.
    """
    if not events[DIRTY].any():
        return _serialise(events, constants, identity)
    dirty = events.filter(pl.col(DIRTY))
    texts = [name for name in (*FIELDS, LINE) if name in events.columns and events.schema[name] == pl.String]
    escaped = dirty.with_columns(escape(pl.col(name)) for name in texts if name not in {LINE, *AS_IT_IS})
    parts = [
        part.select(ROW, item=_serialise(part, constants, identity))
        for part in (events.filter(~pl.col(DIRTY)), escaped)
        if part.height
    ]
    return pl.concat(parts).sort(ROW)["item"]


def _serialise(events: pl.DataFrame, constants: Mapping[str, Any], identity: str | None) -> pl.Series:
    nulls = dict(zip(events.columns, events.null_count().row(0), strict=True))
    fields = tuple(
        Member(name, nulls[name] == 0, events.schema[name] == pl.String and name not in AS_IT_IS)
        for name in FIELDS
        if nulls.get(name, events.height) < events.height
    )
    texts = {name: orjson.dumps(value).decode() for name, value in constants.items()}
    slotted = tuple((name, SLOT if name == INGESTED else text) for name, text in texts.items())
    pieces = plan(fields, slotted, identity, dirty=bool(events[DIRTY].any()))
    filled = [pl.lit(item.replace(SLOT, texts[INGESTED])) if isinstance(item, str) else item for item in pieces]
    if identity is not None:
        events = events.hstack([ids.places(events).alias(PLACE)])
    return events.select(item=pl.concat_str(filled, ignore_nulls=True))["item"]
