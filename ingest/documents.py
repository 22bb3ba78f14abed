"""Frames to bulk-ready NDJSON, by concatenating pieces of text: no Python per line, no JSON library per line.

Column names with dots become nested objects. Text that holds nothing to escape is copied as it is; only rows marked
dirty, and the quotes of the line itself, are escaped.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import polars as pl

from ingest import ids
from ingest.parse import DIRTY, LINE, ROW

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
_CONTROLS = [chr(code) for code in range(0x20)]
_CONTROL_ESCAPES = [orjson.dumps(control).decode()[1:-1] for control in _CONTROLS]


def constant_fields(dataset: str, namespace: str, host: str, path: str, ingested: str) -> dict[str, Any]:
    """What all events of a file share, by dotted field name."""
    return {
        "ecs.version": ECS_VERSION,
        "event.kind": "event",
        "event.category": ["web"],
        "event.type": ["access"],
        "event.dataset": dataset,
        "event.ingested": ingested,
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


def escape(text: pl.Expr) -> pl.Expr:
    """Text as it stands between the quotes of JSON."""
    quoted = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return quoted.str.replace_many(_CONTROLS, _CONTROL_ESCAPES)


def _serialise(events: pl.DataFrame, constants: Mapping[str, Any], identity: str | None) -> pl.Series:
    whole_line = pl.col(LINE)
    original = escape(whole_line) if events[DIRTY].any() else whole_line.str.replace_all('"', '\\"', literal=True)
    tree: dict[str, Any] = {}
    for name in FIELDS:
        if name in events.columns and events[name].null_count() < events.height:
            _plant(tree, name, name)
    _plant(tree, "event.original", LINE)
    for name, value in constants.items():
        _plant(tree, name, _Literal(orjson.dumps(value).decode()))
    writer = _Writer(events, original)
    pieces: list[str | pl.Expr] = []
    if identity is not None:
        pieces += [f'{{"create":{{"_id":"{identity}', pl.lit(ids.places(events)), '"}}\n']
    pieces += writer.object_(tree)
    return events.select(item=pl.concat_str(_merged(pieces), ignore_nulls=True))["item"]


class _Literal(str):
    """JSON of a value that is the same in all documents."""

    __slots__ = ()


def _plant(tree: dict[str, Any], name: str, leaf: str) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[last] = leaf


class _Writer:
    """Makes the pieces of a nested object. A piece that is null in a row vanishes from that row."""

    def __init__(self, events: pl.DataFrame, original: pl.Expr) -> None:
        self._events = events
        self._original = original

    def always(self, node: Any) -> bool:
        """Whether a field or object is in every row."""
        if isinstance(node, dict):
            return any(self.always(child) for child in node.values())
        return isinstance(node, _Literal) or self._events[node].null_count() == 0

    def object_(self, tree: Mapping[str, Any]) -> list[str | pl.Expr]:
        """An object that is in every row: one member that always is leads, so that the others bring their comma."""
        members = sorted(tree.items(), key=lambda item: not self.always(item[1]))
        pieces: list[str | pl.Expr] = ["{"]
        for number, (name, node) in enumerate(members):
            pieces += self.member(name, node, "," if number else "")
        return [*pieces, "}"]

    def member(self, name: str, node: Any, comma: str) -> list[str | pl.Expr]:
        """`,"name":value`, or nothing in rows without it."""
        key = f'{comma}"{name}":'
        if isinstance(node, _Literal):
            return [key + node]
        if isinstance(node, dict):
            return [key, *self.object_(node)] if self.always(node) else [self.sparse(key, node)]
        if node == LINE:
            return [key + '"', self._original, '"']
        value = pl.col(node)
        if self._events.schema[node] != pl.String or node in AS_IT_IS:
            start, end = key, ""
        else:
            start, end = key + '"', '"'
        if self.always(node):
            return [start, value.cast(pl.String), end]
        # Null in, null out: the whole member is missing where its value is.
        return [pl.concat_str([pl.lit(start), value.cast(pl.String), pl.lit(end)], ignore_nulls=False)]

    def sparse(self, key: str, tree: Mapping[str, Any]) -> pl.Expr:
        """An object that some rows lack: its members each with a comma, the first comma cut off, null if none."""
        if len(tree) == 1 and not isinstance(node := next(iter(tree.values())), dict):
            value = self.member(next(iter(tree)), node, "")[0]
            return pl.concat_str([pl.lit(key + "{"), value, pl.lit("}")], ignore_nulls=False)
        pieces: list[str | pl.Expr] = []
        for name, node in tree.items():
            pieces += self.member(name, node, ",")
        inner = pl.concat_str(_merged(pieces), ignore_nulls=True)
        return pl.when(inner != "").then(pl.concat_str([pl.lit(key + "{"), inner.str.slice(1), pl.lit("}")]))


def _merged(pieces: Sequence[str | pl.Expr]) -> list[pl.Expr]:
    """Pieces as expressions, neighbouring constants joined."""
    merged: list[pl.Expr] = []
    constant = ""
    for piece in pieces:
        if isinstance(piece, str):
            constant += piece
            continue
        if constant:
            merged.append(pl.lit(constant))
            constant = ""
        merged.append(piece)
    return [*merged, pl.lit(constant)] if constant else merged
