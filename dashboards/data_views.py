"""Data views: which indices a panel reads, which of their fields there are, and how a value is shown.

The fields are read from `index_templates/`, so that a data view never knows other fields than the store does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any

import orjson

from dashboards.vocabulary import LEVELS
from wwwatch import pages

Document = dict[str, Any]

# A value is put into a link with its special characters encoded; an address has no others.
VALUE = "{{value}}"
IN_WORDS = "humanize"
KINDS = {
    "keyword": "string", "ip": "ip", "date": "date", "boolean": "boolean", "geo_point": "geo_point",
    "long": "number", "integer": "number", "short": "number", "double": "number", "float": "number",
}  # fmt: skip
META_FIELDS = {"_id": "string", "_index": "string", "_source": "_source", "_ignored": "string"}


def _to_page(page: str, query: str) -> Document:
    """A link to a page of the same product and space, time kept."""
    return _link(f"dashboards#/view/{page}?_a=({pages.query_state(query)})", in_new_tab=False)


def _link(template: str, in_new_tab: bool) -> Document:
    params = {"type": "a", "urlTemplate": template, "labelTemplate": VALUE, "openLinkInCurrentTab": not in_new_tab}
    return {"id": "url", "params": params}


def _duration(unit: str, shown_as: str) -> Document:
    params: Document = {"inputFormat": unit, "outputFormat": shown_as, "outputPrecision": 1}
    if shown_as != IN_WORDS:  # words say their unit themselves
        params |= {"showSuffix": True, "useShortSuffix": True, "includeSpaceWithSuffix": True}
    return {"id": "duration", "params": params}


TO_CLIENT = _to_page(pages.CLIENT, pages.client_query(VALUE))
TO_NETWORK = _to_page(pages.TRAFFIC, f'wwwatch.net:"{VALUE}"')
TO_ASN = _to_page(pages.TRAFFIC, f'source.as.number:"{VALUE}"')
# Registration, routing and abuse contact of an address; the only link that leaves the site.
TO_REGISTRY = _link(f"https://stat.ripe.net/{VALUE}", in_new_tab=True)
BYTES = {"id": "bytes", "params": {"pattern": "0,0.[0]b"}}
WHOLE = {"id": "number", "params": {"pattern": "0,0"}}
PLAIN_NUMBER = {"id": "number", "params": {"pattern": "0"}}
LENGTH = _duration("seconds", IN_WORDS)
SECONDS = _duration("seconds", "asSeconds")
NANOSECONDS = _duration("nanoseconds", "asMilliseconds")
MILLISECONDS = _duration("milliseconds", "asMilliseconds")
LEVEL_NAMES = {
    "id": "static_lookup",
    "params": {"lookupEntries": [{"key": str(level), "value": name} for name, level in LEVELS.items()]},
}
NO_FORMATS: Mapping[str, Document] = MappingProxyType({})
ALERT_FORMATS = {
    "source.ip": TO_CLIENT, "related.ip": TO_CLIENT, "source.address": TO_REGISTRY, "event.severity": LEVEL_NAMES,
    "wwwatch.requests": WHOLE, "wwwatch.score": {"id": "number", "params": {"pattern": "0.00"}},
}  # fmt: skip


@dataclass(frozen=True)
class DataView:
    """title: the index pattern. template: the index template of `index_templates/` that maps its fields."""

    id: str
    name: str
    title: str
    template: str
    formats: Mapping[str, Document] = field(default_factory=lambda: NO_FORMATS)


DATA_VIEWS = {
    "access": DataView(
        "wwwatch-access", "[wwwatch] Access events", "logs-*.access-*", "wwwatch-access-events",
        {
            "source.ip": TO_CLIENT, "client.ip": TO_CLIENT, "source.address": TO_REGISTRY, "wwwatch.net": TO_NETWORK,
            "source.as.number": TO_ASN, "http.response.body.bytes": BYTES, "http.response.bytes": BYTES,
            "http.request.bytes": BYTES, "event.duration": NANOSECONDS, "wwwatch.upstream.duration": NANOSECONDS,
            "http.response.status_code": PLAIN_NUMBER, "url.port": PLAIN_NUMBER,
        },
    ),
    "anomalies": DataView(
        "wwwatch-anomalies", "[wwwatch] Anomalies", "wwwatch-anomalies-*", "wwwatch-alerts",
        ALERT_FORMATS | {"wwwatch.window_seconds": LENGTH},
    ),
    "incidents": DataView(
        "wwwatch-incidents", "[wwwatch] Incidents", "wwwatch-incidents-*,wwwatch-selfwatch-*", "wwwatch-alerts",
        ALERT_FORMATS,
    ),
    "pipeline": DataView(
        "wwwatch-pipeline", "[wwwatch] Pipeline figures", "metrics-wwwatch.pipeline-*", "wwwatch-pipeline-metrics",
        {
            "wwwatch.lag_seconds": SECONDS, "wwwatch.bytes_behind": BYTES, "wwwatch.memory_bytes": BYTES,
            "wwwatch.in_flight_bytes": BYTES, "wwwatch.batch_bytes": BYTES, "wwwatch.batch_latency_ms": MILLISECONDS,
            "event.duration": _duration("nanoseconds", "asSeconds"), "process.pid": PLAIN_NUMBER,
        },
    ),
    "rejects": DataView(
        "wwwatch-rejects", "[wwwatch] Rejected lines", "logs-wwwatch.rejects-*", "wwwatch-rejected-lines",
        {"wwwatch.length_bytes": BYTES},
    ),
    "ledger": DataView(
        "wwwatch-ledger", "[wwwatch] Judged minutes", "wwwatch-windows-*", "wwwatch-ledger",
        {"wwwatch.done_at": {"id": "date", "params": {"pattern": "MMM D, HH:mm"}}, "wwwatch.documents": WHOLE},
    ),
}  # fmt: skip


def fields(view: DataView) -> list[Document]:
    """The fields of a data view as both products store them, by name."""
    known = dict(_mapped(view.template))
    told = [
        _field(
            name, KINDS[mapping["type"]], mapping["type"], mapping.get("index", True), mapping.get("doc_values", True)
        )
        for name, mapping in sorted(known.items())
    ]
    return [
        _field(name, kind, name, kind == "string", name in {"_id", "_index"}) for name, kind in META_FIELDS.items()
    ] + told


def field_kind(view: DataView, name: str) -> str:
    """The kind of a field in both products: string, number, date, ip, ... Raise KeyError if the template lacks it."""
    if name in META_FIELDS:
        return META_FIELDS[name]
    return KINDS[dict(_mapped(view.template))[name]["type"]]


def _field(name: str, kind: str, engine_type: str, searchable: bool, values_kept: bool) -> Document:
    return {
        "name": name, "type": kind, "esTypes": [engine_type], "count": 0, "scripted": False,
        # What has doc values can be searched without an index, slower: so both engines answer.
        "searchable": searchable or values_kept, "aggregatable": values_kept,
        "readFromDocValues": values_kept and not name.startswith("_"),
    }  # fmt: skip


def _mapped(template: str) -> Iterator[tuple[str, Document]]:
    body = _read("index", template)
    for part in (*(_read("component", name) for name in body["composed_of"]), body):
        yield from _leaves("", part.get("template", {}).get("mappings", {}).get("properties", {}))


def _read(kind: str, name: str) -> Document:
    read: Document = orjson.loads((resources.files("index_templates") / kind / f"{name}.json").read_bytes())
    return read


def _leaves(prefix: str, properties: Document) -> Iterator[tuple[str, Document]]:
    for name, mapping in properties.items():
        if "properties" in mapping:
            yield from _leaves(f"{prefix}{name}.", mapping["properties"])
        elif mapping.get("type") in KINDS:
            yield f"{prefix}{name}", mapping
