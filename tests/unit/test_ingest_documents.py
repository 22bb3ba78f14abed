"""The text writer against a JSON library, on lines nobody would think of."""

import zlib
from typing import Any

import orjson
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import documents, ids
from ingest.convert import Converter
from ingest.formats import FORMATS
from ingest.parse import parse
from ingest.pieces import escape
from ingest.reader import Chunk

REQUEST_WORDS = st.sampled_from(
    ["GET", "POST", "/", "/a.css", "HTTP/1.1", "\\x16", '\\"', '"', "\\\\", "%2e", "é", "\x00", "\x1b"]
)
TEXT = st.lists(REQUEST_WORDS | st.text(max_size=8), max_size=6).map(" ".join)
LINES = st.one_of(
    st.binary(max_size=80),
    st.builds(
        '{} - {} [10/Oct/2000:13:55:36 -0700] "{}" {} {} "{}" "{}"'.format,
        st.sampled_from(["1.2.3.4", "::1", "host", "::g"]), st.sampled_from(["-", "bob", "a b", '"']), TEXT,
        st.sampled_from(["200", "404", "000", "-"]), st.sampled_from(["-", "0", "007", "9" * 30]), TEXT, TEXT,
    ).map(str.encode),
)  # fmt: skip


def expected(event: dict[str, Any], constants: dict[str, Any]) -> dict[str, Any]:
    """The document of a row, put together the slow way."""
    nested: dict[str, Any] = {}
    values = {name: event.get(name) for name in documents.FIELDS} | {"event.original": event["line"]} | constants
    for name, value in values.items():
        if value is None:
            continue
        place = nested
        *parents, last = name.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = orjson.loads(value) if name == "tags" else value
    return nested


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES.map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=12))
def test_every_line_is_one_document_and_the_json_is_exact(lines: list[bytes]) -> None:
    chunk = Chunk(7, 7 + sum(len(line) + 1 for line in lines), lines, b"")
    parsed = parse(chunk, list(FORMATS.values()))
    assert sorted([*parsed.events["row"], *parsed.rejects["row"]]) == list(range(len(lines)))
    constants = documents.constant_fields(
        "nginx.access", "default", 'h"\\', "/var/log/ä.log", "2026-01-01T00:00:00.000Z"
    )
    written = documents.serialise(parsed.events, constants, None)
    found = [orjson.loads(text) for text in written]
    assert found == [expected(event, constants) for event in parsed.events.iter_rows(named=True)]


@settings(max_examples=50, deadline=None)
@given(st.lists(LINES.map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=12))
def test_bulk_items_are_two_lines_with_an_id_each(lines: list[bytes]) -> None:
    converter = Converter("identity", "p", "default", "host", "", None, only=False)
    converted = converter.convert(Chunk(0, 1, lines, b""), "2026-01-01T00:00:00.000Z")
    items = [*converted.events, *(item for found in converted.rejects.values() for _, item in found)]
    assert len(items) == len(lines)
    found = set()
    for item in items:
        action, source = item.split("\n")
        found.add(orjson.loads(action)["create"]["_id"])
        assert "@timestamp" in orjson.loads(source)
    assert len(found) == len(lines)


def test_ids_tell_the_place_and_the_line() -> None:
    converter = Converter("identity", "p", "default", "host", "", None, only=False)
    line = b'1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2'
    items = converter.convert(Chunk(500, 0, [line, line], b""), "2026-01-01T00:00:00.000Z").events
    made = [orjson.loads(item.split("\n")[0])["create"]["_id"] for item in items]
    check = zlib.crc32(line)
    assert made == [ids.of_line("identity", offset, check) for offset in (500, 500 + len(line) + 1)]


def test_escape_is_that_of_json() -> None:
    every = "".join(map(chr, range(0x250))) + "\u2028\ud7ff\ue000\U0001f600"
    escaped = pl.select(escape(pl.lit(every))).item()
    assert orjson.loads(f'"{escaped}"') == every
