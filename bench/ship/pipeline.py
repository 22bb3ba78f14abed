"""The usual way, to compare with: raw lines into the engine, which parses them by grok, date and user_agent."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from bench.ship.throughput import Requests, Run, raw
from wwwatch.store import Store

NAME = "wwwatch-bench"
LINES_A_REQUEST = 2000
REQUEST = r"(?:%{WORD:http.request.method} %{DATA:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA:url.original})"
COMBINED = (
    r'^%{NOTSPACE:source.address} %{NOTSPACE} %{NOTSPACE:user.name} \[%{HTTPDATE:time}\] "' + REQUEST + r'" '
    r"%{NUMBER:http.response.status_code:long} (?:%{NUMBER:http.response.body.bytes:long}|-)"
    r'(?: "%{DATA:http.request.referrer}" "%{DATA:user_agent.original}")?'
)
PIPELINE: dict[str, Any] = {
    "processors": [
        {"grok": {"field": "message", "patterns": [COMBINED]}},
        {"date": {"field": "time", "formats": ["dd/MMM/yyyy:HH:mm:ss Z"]}},
        {"user_agent": {"field": "user_agent.original", "ignore_missing": True}},
        {"rename": {"field": "message", "target_field": "event.original"}},
        {"remove": {"field": "time"}},
    ]
}


def missing(store: Store) -> str:
    """Why the store cannot parse by itself; empty if it can."""
    answer: Any = store.admin("GET", "/_nodes/ingest?filter_path=nodes.*.ingest.processors") or {}
    there = {
        processor["type"]
        for node in answer.get("nodes", {}).values()
        for processor in node.get("ingest", {}).get("processors", [])
    }
    lacking = sorted({next(iter(step)) for step in PIPELINE["processors"]} - there)
    return f"the engine lacks the processors {', '.join(lacking)}" if lacking else ""


def parsed_by_engine(store: Store, path: Path, folder: Path) -> Run:
    """Lines of a file through the engine's pipeline, into the same mapping: from the first to all searchable."""
    store.admin("PUT", f"/_ingest/pipeline/{NAME}", PIPELINE)
    try:
        return raw(store, Requests(folder / "lines.ndjson", _bodies(path)))
    finally:
        store.admin("DELETE", f"/_ingest/pipeline/{NAME}")


def _bodies(path: Path) -> Iterator[tuple[int, bytes]]:
    action = orjson.dumps({"create": {"pipeline": NAME}}) + b"\n"
    with path.open("rb") as file:
        while lines := list(islice(file, LINES_A_REQUEST)):
            items = (action + orjson.dumps({"message": _text(line)}) + b"\n" for line in lines)
            yield len(lines), b"".join(items)


def _text(line: bytes) -> str:
    return line.rstrip(b"\n").decode("utf-8", "backslashreplace")
