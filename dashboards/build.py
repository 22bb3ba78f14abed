"""The two NDJSON files, one object a line, from the panel specifications. The same bytes every time."""

from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from dashboards.kibana import objects as kibana
from dashboards.opensearch import objects as opensearch

Document = dict[str, Any]

KIBANA, OPENSEARCH = "kibana.ndjson", "opensearch-dashboards.ndjson"
MAKERS: Mapping[str, Callable[[], Iterator[Document]]] = {KIBANA: kibana.objects, OPENSEARCH: opensearch.objects}


def built(name: str) -> bytes:
    """What a file of MAKERS should hold."""
    return b"".join(orjson.dumps(item) + b"\n" for item in MAKERS[name]())


def shipped(name: str) -> bytes:
    """What it holds, as it came with wwwatch."""
    return (resources.files("dashboards") / name).read_bytes()


def write(folder: Path) -> dict[str, int]:
    """Write both files. Return how many objects each holds, by name. Raise OSError if the folder does not take them."""
    counts = {}
    for name in MAKERS:
        content = built(name)
        (folder / name).write_bytes(content)
        counts[name] = content.count(b"\n")
    return counts
