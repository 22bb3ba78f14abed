"""docs/fields.md says of every mapped field what it is for."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from bench.fields import copied, leaves, without
from wwwatch.store.setup import templates

DOCUMENT = Path(__file__).parents[2] / "docs" / "fields.md"


def test_every_mapped_field_has_its_reason() -> None:
    mapping = dict(templates("component"))["wwwatch-access"]["template"]["mappings"]
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([a-z@_.*]+)`", row.split("|")[1])}
    assert told
    unexplained = [
        field for field in leaves(mapping["properties"]) if not any(fnmatchcase(field, name) for name in told)
    ]
    assert not unexplained


def test_a_mapping_with_one_field_less_or_several_times() -> None:
    mapping = {"properties": {"url": {"properties": {"path": {"type": "keyword"}, "query": {"type": "keyword"}}}}}
    assert list(leaves(without(mapping, "url.path")["properties"])) == ["url.query"]
    copies = copied(mapping, "url.path")["properties"]["url"]["properties"]["path"]["fields"]
    assert len(copies) == 8
    assert set(map(str, copies.values())) == {"{'type': 'keyword'}"}
    assert "fields" not in str(mapping)
