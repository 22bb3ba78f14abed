"""Lines to fields: formats, requests, times, addresses, and which lines are rejected for what."""

from typing import Any

import orjson
import pytest

from ingest import formats
from ingest.convert import Converter
from ingest.parse import frame_of
from ingest.preview import in_order
from ingest.reader import Chunk
from wwwatch.errors import UsageError

INGESTED = "2026-01-01T00:00:00.000Z"
TAIL = '[10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 2326'


def chunk_of(*lines: str | bytes) -> Chunk:
    """A chunk of these lines."""
    raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return Chunk(0, sum(len(line) + 1 for line in raw), raw, b"")


def parse(*lines: str | bytes, format_name: str = "auto", timezone: str = "UTC") -> list[dict[str, Any]]:
    """The documents of these lines, in order."""
    wished = formats.named(format_name)
    converter = Converter(
        "id", "/var/log/x.log", "default", "host", "", wished, only=wished is not None, with_actions=False,
        timezone=timezone,
    )  # fmt: skip
    return [orjson.loads(text) for text in in_order(converter.convert(chunk_of(*lines), INGESTED))]


def field(document: dict[str, Any], name: str) -> Any:
    """A field by its dotted name, None where it is absent."""
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def test_combined_line_becomes_an_ecs_document() -> None:
    line = (
        '203.0.113.7 - ann [10/Oct/2000:13:55:36 -0700] "GET /a/b.PHP?x=1&y=%20 HTTP/1.1" 404 12 "http://r/" "curl/8"'
    )
    [document] = parse(line)
    assert document == {
        "@timestamp": "2000-10-10T20:55:36.000Z",
        "ecs": {"version": "8.17.0"},
        "event": {
            "kind": "event", "category": ["web"], "type": ["access"], "outcome": "failure", "dataset": "nginx.access",
            "ingested": INGESTED, "original": line,
        },
        "source": {"address": "203.0.113.7", "ip": "203.0.113.7"},
        "user": {"name": "ann"},
        "http": {
            "version": "1.1",
            "request": {"method": "GET", "referrer": "http://r/"},
            "response": {"status_code": 404, "body": {"bytes": 12}},
        },
        "url": {"original": "/a/b.PHP?x=1&y=%20", "path": "/a/b.PHP", "query": "x=1&y=%20", "extension": "php"},
        "user_agent": {"original": "curl/8"},
        "host": {"name": "host"},
        "log": {"file": {"path": "/var/log/x.log"}, "offset": 0},
        "data_stream": {"type": "logs", "dataset": "nginx.access", "namespace": "default"},
        "wwwatch": {"net": "203.0.113.0/24"},
        "tags": ["script-agent"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"1.2.3.4 - - {TAIL}", {"source.ip": "1.2.3.4", "user_agent.original": None, "url.domain": None}),
        (f'1.2.3.4 - - {TAIL} "-" "-"', {"http.request.referrer": None, "user_agent.original": None}),
        (f'1.2.3.4 - - {TAIL} "" "" ', {"http.request.referrer": None, "user_agent.original": None}),
        (f'1.2.3.4 - - {TAIL} "-" "x" "10.0.0.1, 10.0.0.2"', {"user_agent.original": "x", "source.ip": "1.2.3.4"}),
        (f'1.2.3.4 - - {TAIL} "-" "x" 45 "-" 0ms', {"user_agent.original": "x"}),
        (f'w.example:80 1.2.3.4 - - {TAIL} "-" "x"', {"url.domain": "w.example", "event.dataset": "apache.access"}),
        (f'w.example 1.2.3.4 - - {TAIL} "-" "x"', {"url.domain": "w.example", "source.ip": "1.2.3.4"}),
        (f'"1.2.3.4 - - {TAIL} "-" "x""', {"source.ip": "1.2.3.4", "user_agent.original": "x"}),
        (f'1.2.3.4 - - {TAIL} "-" "x"\r', {"user_agent.original": "x"}),
        (f'1.2.3.4 - John von Doe {TAIL} "-" "x"', {"user.name": "John von Doe", "url.domain": None}),
        (f'host.example - - {TAIL} "-" "x"', {"source.address": "host.example", "source.ip": None, "wwwatch": None}),
        (f'::1 - - {TAIL} "-" "x"', {"source.ip": "::1", "wwwatch.net": "::/64"}),
        (
            f'2001:DB8:1:2:3::4 - - {TAIL} "-" "x"',
            {
                "source.address": "2001:DB8:1:2:3::4",
                "source.ip": "2001:db8:1:2:3::4",
                "wwwatch.net": "2001:db8:1:2::/64",
            },
        ),
        (f'::ffff:10.1.2.3 - - {TAIL} "-" "x"', {"source.ip": "10.1.2.3", "wwwatch.net": "10.1.2.0/24"}),
        (f'999.1.1.1 - - {TAIL} "-" "x"', {"source.address": "999.1.1.1", "source.ip": None}),
        (f'fe80::1%eth0 - - {TAIL} "-" "x"', {"source.address": "fe80::1%eth0", "source.ip": None}),
        (f'unix: - - {TAIL} "-" "x"', {"source.address": "unix:", "source.ip": None}),
        (f'1.2.3.4 - - {TAIL} "-" "a \\"b\\" c"', {"user_agent.original": 'a "b" c'}),
        (f'1.2.3.4 - - {TAIL} "-" "a "b" c"', {"user_agent.original": 'a "b" c'}),
        (f'1.2.3.4 - - {TAIL} "-" "cut agen', {"user_agent.original": "cut agen"}),
        (f'1.2.3.4 - - {TAIL} "-" "tab\there"', {"user_agent.original": "tab\there"}),
    ],
)
def test_variants_of_lines(line: str, expected: dict[str, Any]) -> None:
    [document] = parse(line)
    assert document["event"]["kind"] == "event"
    assert {name: field(document, name) for name in expected} == expected
    assert document["event"]["original"] == line.rstrip("\r")


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET / HTTP/1.0", {"http.version": "1.0", "url.path": "/", "tags": None}),
        ("GET /x HTTP/2", {"http.version": "2"}),
        ("GET /old", {"http.version": "0.9", "url.path": "/old", "tags": None}),
        ("GET /a b  HTTP/1.1", {"url.original": "/a b "}),
        ("REPORT /dav HTTP/1.1", {"http.request.method": "REPORT"}),
        ("get /x HTTP/1.1", {"http.request.method": "get"}),
        ("OPTIONS * HTTP/1.0", {"url.original": "*", "url.path": "*"}),
        ("GET http://Other.example:80/p?q=1 HTTP/1.1", {"url.path": "/p", "url.query": "q=1", "tags": ["proxy"]}),
        ("GET http://other.example?q HTTP/1.1", {"url.path": "/", "url.query": "q"}),
        ("CONNECT mail.example:25 HTTP/1.1", {"url.original": "mail.example:25", "tags": ["proxy"]}),
        ("GET /?a?b HTTP/1.1", {"url.path": "/", "url.query": "a?b"}),
        ("GET /.hidden HTTP/1.1", {"url.extension": None}),
        ("", {"http.request.method": None, "url": None, "tags": ["malformed"]}),
        ("\\x16\\x03\\x01", {"http.request.method": None, "url": None, "tags": ["malformed"]}),
        ("SSH-2.0-Go", {"http.request.method": None, "tags": ["malformed"]}),
        ("PRI * HTTP/2.0", {"http.request.method": "PRI", "tags": ["malformed"]}),
    ],
)
def test_request_lines(request_line: str, expected: dict[str, Any]) -> None:
    [document] = parse(f'1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "{request_line}" 400 - "-" "Mozilla/5.0 (X11)"')
    assert {name: field(document, name) for name in expected} == expected
    assert field(document, "http.response.body.bytes") is None


def test_a_timed_out_connection_is_not_malformed() -> None:
    [document] = parse('1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "-" 408 - "-" "-"')
    assert document["tags"] == ["empty-agent"]


def test_own_host_as_absolute_target_is_no_proxy() -> None:
    own, foreign = parse(
        f'w.example:80 1.2.3.4 - - {TAIL.replace("/a", "http://W.example/a")} "-" "Mozilla/5.0 (X11)"',
        f'w.example:80 1.2.3.4 - - {TAIL.replace("/a", "http://x.example/a")} "-" "Mozilla/5.0 (X11)"',
    )
    assert (own.get("tags"), foreign.get("tags")) == (None, ["proxy"])


def test_line_without_status() -> None:
    [document] = parse('1.2.3.4 - - [28/Sep/2022:13:38:04 +0000] "GET /x HTTP/1.1" - - "-" "a"')
    assert field(document, "http.response") is None
    assert field(document, "event.outcome") is None
    assert field(document, "http.request.method") == "GET"


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36.000Z"),
        ("31/Dec/2023:23:59:60 +0000", "2023-12-31T23:59:59.000Z"),
        ("01/Jan/2024:00:15:00 +0545", "2023-12-31T18:30:00.000Z"),
        ("29/Feb/2024:12:00:00 +1400", "2024-02-28T22:00:00.000Z"),
        ("26/Mar/2023:02:30:00 +0100", "2023-03-26T01:30:00.000Z"),
    ],
)
def test_time_zones(time: str, expected: str) -> None:
    [document] = parse(f'1.2.3.4 - - [{time}] "GET / HTTP/1.1" 200 1')
    assert document["@timestamp"] == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "empty"),
        (" \r", "empty"),
        ("hello", "format"),
        (b"\xff\xfe\x00", "not_utf8"),
        ('1.2.3.4 - - [30/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 1', "time"),
        ('1.2.3.4 - - [10/Oct/+12025:12:00:00 +0000] "GET / HTTP/1.1" 200 1', "time"),
        ('1.2.3.4 - - [10/Oct/0000:12:00:00 +0000] "GET / HTTP/1.1" 200 1', "time"),
        ('1.2.3.4 - - [yesterday] "GET / HTTP/1.1" 200 1', "time"),
    ],
)
def test_rejects_say_why_and_keep_the_line(line: str | bytes, reason: str) -> None:
    [document] = parse(line)
    raw = line.encode() if isinstance(line, str) else line
    assert document["event"]["kind"] == "pipeline_error"
    assert document["error"]["type"] == reason
    assert document["wwwatch"]["length_bytes"] == len(raw)
    if isinstance(line, str):
        assert document["event"]["original"] == line
    else:
        assert document["wwwatch"]["raw"] == "//4A"


def test_invalid_utf8_in_a_good_line_is_an_event() -> None:
    [good, bad] = parse(
        f"1.2.3.4 - - {TAIL}", b'1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /\xff\x00 HTTP/1.1" 200 1'
    )
    assert good["log"]["offset"] == 0
    assert bad["log"]["offset"] == len(f"1.2.3.4 - - {TAIL}") + 1
    assert bad["url"]["original"] == "/\\xff\x00"


def test_too_long_line_is_cut_and_counted() -> None:
    chunk = Chunk(0, 10_000_001, [b"x" * 1000], b"", {0: 10_000_000})
    converter = Converter("id", "p", "default", "host", "", None, only=False, with_actions=False)
    [text] = in_order(converter.convert(chunk, INGESTED))
    document = orjson.loads(text)
    assert document["error"]["type"] == "too_long"
    assert document["wwwatch"]["length_bytes"] == 10_000_000
    assert document["event"]["original"] == "x" * 1000


def test_named_format_takes_no_other() -> None:
    documents = parse(f'w.example:80 1.2.3.4 - - {TAIL} "-" "x"', f'1.2.3.4 - - {TAIL} "-" "x"', format_name="combined")
    assert [document["event"]["kind"] for document in documents] == ["pipeline_error", "event"]


def test_lines_of_other_formats_are_taken_by_auto() -> None:
    documents = parse(
        *[f'1.2.3.4 - - {TAIL} "-" "x"'] * 5, f"5.6.7.8 - - {TAIL}", f'w.example 1.1.1.1 - - {TAIL} "-" "x"'
    )
    assert [field(document, "source.ip") for document in documents] == ["1.2.3.4"] * 5 + ["5.6.7.8", "1.1.1.1"]
    assert field(documents[-1], "url.domain") == "w.example"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"1.2.3.4 - - {TAIL}", "common"),
        (f'1.2.3.4 - - {TAIL} "-" "x"', "combined"),
        (f'w:80 1.2.3.4 - - {TAIL} "-" "x"', "vhost-combined"),
        (f'"1.2.3.4 - - {TAIL} "-" "x""', "quoted-combined"),
    ],
)
def test_detection(line: str, name: str) -> None:
    found = formats.detect(frame_of(chunk_of("noise", line, line))["line"])
    assert found is not None
    assert found.name == name


def test_nothing_known_is_detected_as_nothing() -> None:
    assert formats.detect(frame_of(chunk_of("a", "b"))["line"]) is None


def test_unknown_format_name_says_what_is_known() -> None:
    with pytest.raises(UsageError, match="combinde") as caught:
        formats.named("combinde")
    assert "combined" in caught.value.hint


def test_nothing_of_hostile_text_escapes_its_field() -> None:
    forged = '1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "GET /" 200 1 "-" "x" HTTP/1.1" 404 2 "-" "\\" 200 5 \\"y"'
    [document] = parse(forged)
    assert document["event"]["original"] == forged
    assert document["source"]["ip"] == "1.2.3.4"
