"""What each field of an access event costs the engine, in CPU and on disk, to set against what it is for.

`python -m bench.fields [--lines N] [--log FILE] [--repeat N] [FIELD...]`. The same documents go into indices of their
own, each with one thing changed:
- without the field in the mapping: bytes a line of its index and doc values;
- without the field in the documents too: bytes a line of all of it;
- with the field mapped several times over (multi-fields): CPU, which is too little to be told from noise once.
Prints Markdown for docs/fields.md.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import argparse
import copy
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.ship import engine
from bench.ship.logs import sample, write_log
from bench.ship.throughput import bulk_bodies
from wwwatch import settings as wwwatch_settings
from wwwatch.console import progress
from wwwatch.errors import StoreError
from wwwatch.store import Store, connect
from wwwatch.store.setup import templates

COPIES = 8
SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0}
Document = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """Of one index. cpu_seconds: a million lines."""

    cpu_seconds: float
    bytes_a_line: float


def main() -> None:
    """Measure, print."""
    arguments = _arguments()
    store = connect(wwwatch_settings.load())
    body = dict(templates("component"))["wwwatch-access"]["template"]
    bodies = _bodies(arguments.log, arguments.lines)
    present = [name for name in arguments.fields or leaves(body["mappings"]["properties"]) if _occurs(bodies, name)]
    bench = Bench(store, body["settings"]["index"], arguments.lines)
    mapping: Document = {"dynamic": False, **body["mappings"]}
    base = bench.cost(mapping, bodies)
    bare = bench.cost({"dynamic": False, "properties": {"@timestamp": {"type": "date"}}}, bodies)
    print(f"{store.description}, {arguments.lines:,} lines.")
    print(
        f"All fields: {base.bytes_a_line:.1f} bytes a line; nothing mapped but @timestamp: {bare.bytes_a_line:.1f}.\n"
    )
    print("| field | index, B/line | in the document, B/line | CPU s/M lines |\n|---|---:|---:|---:|")
    with progress("Fields measured", len(present)) as advance:
        for name in present:
            unmapped = bench.cost(without(mapping, name), bodies)
            absent = bench.cost(without(mapping, name), [_strip(one, name) for one in bodies])
            added = [bench.added_cpu(mapping, copied(mapping, name), bodies) for _ in range(arguments.repeat)]
            cpu = f"{median(added) / COPIES:.1f}" if added else "-"
            indexed, whole = base.bytes_a_line - unmapped.bytes_a_line, base.bytes_a_line - absent.bytes_a_line
            print(f"| `{name}` | {indexed:.1f} | {whole - indexed:.1f} | {cpu} |", flush=True)
            advance(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fields", description=__doc__)
    parser.add_argument("fields", nargs="*", metavar="FIELD", help="these only (default: all that occur)")
    parser.add_argument("--lines", type=int, default=150_000, help="how many lines (default: 150,000)")
    parser.add_argument("--log", type=Path, default=sample(), help="a log to take them from (default: the sample log)")
    parser.add_argument("--repeat", type=int, default=3, help="turns for CPU; 0: bytes only (default: 3)")
    return parser.parse_args()


class Bench:
    """Indexes documents into indices of its own and weighs them."""

    def __init__(self, store: Store, settings: Document, lines: int) -> None:
        self._store, self._settings, self._lines = store, settings, lines

    def added_cpu(self, mapping: Document, larger: Document, bodies: Sequence[bytes]) -> float:
        """CPU seconds a million lines that a larger mapping costs more, the two measured one after the other."""
        plain = self.cost(mapping, bodies).cpu_seconds
        return self.cost(larger, bodies).cpu_seconds - plain

    def cost(self, mapping: Document, bodies: Sequence[bytes]) -> Cost:
        """Of these documents under this mapping, merged into one segment. Raise StoreError if one is refused."""
        index = f"bench-fields-{uuid.uuid4().hex[:8]}"  # a name no template of ours matches
        self._store.admin("PUT", f"/{index}", {"settings": SETTINGS | self._settings, "mappings": mapping})
        try:
            before = engine.cpu_seconds(self._store)
            for body in bodies:
                result = self._store.bulk(index, body)
                if result.errors:
                    raise StoreError(f"A document of the benchmark was refused: {result.errors[0][1]}")
            self._store.refresh(index)
            cpu = engine.cpu_seconds(self._store) - before
            size = engine.disk_bytes(self._store, index, merged=True)
        finally:
            self._store.delete_index(index)
        return Cost(cpu / self._lines * 1e6, size / self._lines)


def leaves(properties: Document, prefix: str = "") -> Iterator[str]:
    """Dotted names of the mapped fields."""
    for name, node in properties.items():
        if "properties" in node:
            yield from leaves(node["properties"], f"{prefix}{name}.")
        else:
            yield prefix + name


def without(mapping: Document, field: str) -> Document:
    """The mapping without a field."""
    changed = copy.deepcopy(mapping)
    parent, last = _parent(changed, field)
    del parent[last]
    return changed


def copied(mapping: Document, field: str) -> Document:
    """The mapping with a field mapped COPIES times more."""
    changed = copy.deepcopy(mapping)
    parent, last = _parent(changed, field)
    parent[last]["fields"] = {f"copy{number}": copy.deepcopy(parent[last]) for number in range(COPIES)}
    return changed


def _parent(mapping: Document, field: str) -> tuple[Document, str]:
    *parents, last = field.split(".")
    node = mapping["properties"]
    for name in parents:
        node = node[name]["properties"]
    return node, last


def _bodies(log: Path | None, lines: int) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        write_log(path, log, lines)
        return [body for _, body in bulk_bodies(path)]


def _occurs(bodies: Sequence[bytes], field: str) -> bool:
    """Whether a field is in any of the first documents."""
    return any(_value(orjson.loads(line), field) is not None for line in bodies[0].split(b"\n")[1::2])


def _value(document: Document, field: str) -> Any:
    node: Any = document
    for name in field.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _strip(body: bytes, field: str) -> bytes:
    """The same documents without a field."""
    lines = body.split(b"\n")
    *parents, last = field.split(".")
    for number in range(1, len(lines), 2):
        document = node = orjson.loads(lines[number])
        for name in parents:
            node = node.get(name, {})
        node.pop(last, None)
        lines[number] = orjson.dumps(document)
    return b"\n".join(lines)


if __name__ == "__main__":
    main()
