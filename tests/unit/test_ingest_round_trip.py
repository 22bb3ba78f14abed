"""Requests written down as servers write them, and read again: every value must come back as it was sent."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any

import orjson
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest import formats
from ingest.formats.log_format import LogFormat
from tests.unit.test_ingest_parse import field, parse
from wwwatch.errors import UsageError

Request = dict[str, Any]

# Naive, as hypothesis wants them.
EARLIEST, LATEST = datetime(1974, 1, 1), datetime(2999, 1, 1)  # noqa: DTZ001

ODD = [
    '"',
    "\\",
    "'",
    "]",
    "[",
    "|",
    "{",
    "}",
    ",",
    " ",
    "\\x41",
    '\\"',
    '" "',
    "%22",
    "é",
    "\U0001f600",
    "-",
    "\t",
    "\x01",
    "\x7f",
]
TEXT = st.lists(st.sampled_from(ODD) | st.text(max_size=6), max_size=8).map(
    lambda parts: re.sub(r"[\r\n\x00\x85\u2028\u2029\x0b\x0c\x1c-\x1e]", "", "".join(parts)).strip()
)
WORD = TEXT.map(lambda text: re.sub(r"\s", "", text))
VISIBLE = WORD.map(lambda text: re.sub(r"[\x00-\x20\x7f]", "", text))
REQUESTS = st.fixed_dictionaries(
    {
        "address": st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str),
        "user": VISIBLE.map(lambda text: text.replace("-", "")),
        "moment": st.datetimes(EARLIEST, LATEST).map(
            lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
        ),
        "method": st.sampled_from(["GET", "POST", "HEAD", "PROPFIND", "OPTIONS"]),
        "target": VISIBLE.map(lambda text: "/" + text),
        "version": st.sampled_from(["1.0", "1.1", "2.0", "3.0"]),
        "status": st.sampled_from([200, 204, 301, 304, 404, 499, 500]),
        "bytes": st.integers(0, 10**12),
        "referrer": TEXT,
        "agent": TEXT,
        "host": st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z]{2,5}){0,2}", fullmatch=True),
        "milliseconds": st.integers(0, 10**7),
    }
)  # fmt: skip


def expected(request: Request) -> dict[str, Any]:
    """What a document says of a request, by value name."""

    def said(text: str) -> str | None:
        return text if text not in {"", "-", '""'} else None

    address = ip_address(request["address"])
    mapped = getattr(address, "ipv4_mapped", None)
    return {
        "address": ("source.ip", str(mapped or address)),
        "user": ("user.name", said(request["user"])),
        "method": ("http.request.method", request["method"]),
        "target": ("url.original", request["target"]),
        "version": ("http.version", request["version"]),
        "status": ("http.response.status_code", request["status"]),
        "bytes": ("http.response.body.bytes", request["bytes"]),
        "referrer": ("http.request.referrer", said(request["referrer"])),
        "agent": ("user_agent.original", said(request["agent"])),
        "host": ("url.domain", request["host"]),
        "milliseconds": ("event.duration", request["milliseconds"] * 10**6),
    }


def assert_comes_back(line: str, log_format: LogFormat, name: str, request: Request, written: set[str]) -> None:
    [document] = parse(line, format_name=name)
    assert document["event"]["kind"] == "event", (line, log_format)
    assert document["event"]["original"] == line
    values = {item: pair for item, pair in expected(request).items() if item in written}
    found = {item: field(document, pair[0]) for item, pair in values.items()}
    assert found == {item: pair[1] for item, pair in values.items()}, line


def clf(moment: datetime) -> str:
    return moment.strftime("%d/%b/%Y:%H:%M:%S +0000")


def nginx_default(text: str) -> str:
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02X}" for byte in text.encode()
    ) or "-"  # fmt: skip


def nginx_json(text: str) -> str:
    return re.sub(r'["\\\x00-\x1f]', lambda match: orjson.dumps(match[0]).decode()[1:-1], text)


APACHE_LETTERS = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def apache_escape(text: str) -> str:
    return "".join(
        APACHE_LETTERS.get(chr(byte)) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
        for byte in text.encode()
    )  # fmt: skip


NGINX_VARIABLES: dict[str, tuple[Callable[[Request], str], set[str]]] = {
    "$remote_addr": (lambda r: r["address"], {"address"}),
    "$remote_user": (lambda r: r["user"], {"user"}),
    "[$time_local]": (lambda r: f"[{clf(r['moment'])}]", set()),
    "$time_iso8601": (lambda r: r["moment"].strftime("%Y-%m-%dT%H:%M:%S+00:00"), set()),
    "$msec": (lambda r: f"{r['moment'].timestamp():.3f}", set()),
    "$request": (lambda r: f"{r['method']} {r['target']} HTTP/{r['version']}", {"method", "target", "version"}),
    "$request_method": (lambda r: r["method"], {"method"}),
    "$request_uri": (lambda r: r["target"], {"target"}),
    "$server_protocol": (lambda r: f"HTTP/{r['version']}", {"version"}),
    "$status": (lambda r: str(r["status"]), {"status"}),
    "$body_bytes_sent": (lambda r: str(r["bytes"]), {"bytes"}),
    "$http_referer": (lambda r: r["referrer"], {"referrer"}),
    "$http_user_agent": (lambda r: r["agent"], {"agent"}),
    "$host": (lambda r: r["host"], {"host"}),
    "$request_time": (lambda r: f"{r['milliseconds'] / 1000:.3f}", {"milliseconds"}),
    "$upstream_response_time": (lambda _: "0.001, 0.2", set()),
    "$connection": (lambda _: "7", set()),
}
APACHE_VARIABLES: dict[str, tuple[Callable[[Request], str], set[str]]] = {
    "%a": (lambda r: r["address"], {"address"}),
    "%l": (lambda _: "-", set()),
    "%u": (lambda r: r["user"] or "-", {"user"}),
    "%t": (lambda r: f"[{clf(r['moment'])}]", set()),
    "%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t": (lambda r: r["moment"].isoformat("T", "milliseconds")[:23], set()),
    "%{msec}t": (lambda r: str(int(r["moment"].timestamp() * 1000)), set()),
    "%r": (lambda r: f"{r['method']} {r['target']} HTTP/{r['version']}", {"method", "target", "version"}),
    "%m": (lambda r: r["method"], {"method"}),
    "%H": (lambda r: f"HTTP/{r['version']}", {"version"}),
    "%>s": (lambda r: str(r["status"]), {"status"}),
    "%B": (lambda r: str(r["bytes"]), {"bytes"}),
    "%{Referer}i": (lambda r: r["referrer"], {"referrer"}),
    "%{User-Agent}i": (lambda r: r["agent"], {"agent"}),
    "%v": (lambda r: r["host"], {"host"}),
    "%D": (lambda r: str(r["milliseconds"] * 1000), {"milliseconds"}),
    "%X": (lambda _: "+", set()),
}
# In no quotes these are read as words, if another free text stands beside them; a client that sends blanks is rejected.
WORDS = {"$http_referer", "$remote_user", "%{Referer}i", "%u"}


@st.composite
def directives(draw: st.DrawFn, variables: dict[str, Any]) -> tuple[str, list[tuple[str, str, str]]]:
    """(body, [(before, variable, after)]) of a format with these variables, in quotes, brackets or neither."""
    chosen = draw(st.lists(st.sampled_from(sorted(variables)), min_size=1, max_size=9, unique=True))
    parts = []
    for name in chosen:
        before, after = draw(st.sampled_from([("", ""), ('"', '"'), ('"', '"'), ("<", ">"), ("k=", ""), ("", "\t")]))
        if draw(st.booleans()) and ("," in after or not after):
            after += " "
        parts.append((before, name, after + draw(st.sampled_from([" ", " ", " - ", '" "']))))
    parts[-1] = (parts[-1][0], parts[-1][1], parts[-1][2].rstrip())
    return "".join(map("".join, parts)), parts


@settings(max_examples=80, deadline=None)
@given(directives(NGINX_VARIABLES), REQUESTS, st.sampled_from(["default", "json"]))
def test_any_log_format_that_is_taken(drawn: Any, request: Request, escape: str) -> None:
    body, parts = drawn
    quoted = body.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    directive = f"log_format drawn escape={escape} '{quoted}';"
    log_format = compiled(directive)
    assume(log_format is not None)
    assert log_format
    escaped = nginx_json if escape == "json" else nginx_default
    line, written = "", set[str]()
    for before, name, after in parts:
        write, values = NGINX_VARIABLES[name]
        text = write(request)
        if name in WORDS and before != '"':
            text = re.sub(r"\s", "", text)
        request = request | {item: text for item in values if item in {"referrer", "user"}}
        line += before + (text if name == "[$time_local]" else escaped(text)) + after
        written |= values
    assume(line.strip() == line)
    if any(name in {"$msec"} for _, name, _ in parts):
        assert field(parse(line, format_name=directive)[0], "@timestamp") == iso(request["moment"])
    assert_comes_back(line, log_format, directive, request, written)


@settings(max_examples=80, deadline=None)
@given(directives(APACHE_VARIABLES), REQUESTS)
def test_any_logformat_that_is_taken(drawn: Any, request: Request) -> None:
    body, parts = drawn
    quoted = body.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    directive = f'LogFormat "{quoted}" drawn'
    log_format = compiled(directive)
    assume(log_format is not None)
    assert log_format
    line, written = "", set[str]()
    for before, name, after in parts:
        write, values = APACHE_VARIABLES[name]
        text = write(request)
        if name in WORDS and before != '"':
            text = re.sub(r"\s", "", text)
        request = request | {item: text for item in values if item in {"referrer", "user"}}
        if not text and before != '"':
            text = "-"
        line += before + apache_escape(text) + after
        written |= values
    assume(line.strip() == line)
    assert_comes_back(line, log_format, directive, request, written)


@cache
def compiled(directive: str) -> LogFormat | None:
    try:
        return formats.named(directive)
    except UsageError:
        return None


def iso(moment: datetime) -> str:
    return moment.isoformat("T", "milliseconds").replace("+00:00", "Z")


def combined(request: Request, escaped: Callable[[str], str]) -> str:
    start = f"{request['address']} - {escaped(request['user']) or '-'} [{clf(request['moment'])}] "
    line = f"{request['method']} {request['target']} HTTP/{request['version']}"
    end = f'{request["status"]} {request["bytes"]} "{escaped(request["referrer"])}" "{escaped(request["agent"])}"'
    return f'{start}"{escaped(line)}" {end}'


ALL = {"address", "user", "method", "target", "version", "status", "bytes", "referrer", "agent"}


@settings(max_examples=30, deadline=None)
@given(REQUESTS, st.sampled_from([nginx_default, apache_escape]))
def test_combined_and_its_kin(request: Request, escaped: Callable[[str], str]) -> None:
    line = combined(request, escaped)
    for name, written in (
        ("combined", line),
        ("quoted-combined", f'"{line}"'),
        ("vhost-combined", f"{request['host']}:80 {line}"),
        ("nginx-main", f'{line} "-"'),
        ("forwarded-combined", f"9.9.9.9, {line}"),
        ("litespeed", line),
    ):
        log_format = formats.FORMATS[name]
        values = ALL | ({"host"} if name == "vhost-combined" else set())
        assert_comes_back(written, log_format, name, request, values)


@settings(max_examples=30, deadline=None)
@given(REQUESTS)
def test_json_logs(request: Request) -> None:
    moment, protocol = iso(request["moment"]), f"HTTP/{request['version']}"
    shared = {"status": request["status"]}
    caddy = {
        "ts": request["moment"].timestamp(), "user_id": request["user"], "size": request["bytes"], **shared,
        "request": {
            "client_ip": request["address"], "proto": protocol, "method": request["method"], "host": request["host"],
            "uri": request["target"], "headers": {"User-Agent": [request["agent"]], "Referer": [request["referrer"]]},
        },
        "duration": request["milliseconds"] / 1000,
    }  # fmt: skip
    traefik = {
        "StartUTC": moment, "ClientHost": request["address"], "ClientUsername": request["user"] or "-",
        "RequestMethod": request["method"], "RequestPath": request["target"], "RequestProtocol": protocol,
        "RequestHost": request["host"], "DownstreamStatus": request["status"],
        "DownstreamContentSize": request["bytes"],
        "Duration": request["milliseconds"] * 10**6, "request_User-Agent": request["agent"],
        "request_Referer": request["referrer"],
    }  # fmt: skip
    usual = {
        "time_iso8601": moment, "remote_addr": request["address"], "remote_user": request["user"],
        "request": f"{request['method']} {request['target']} {protocol}", "status": str(request["status"]),
        "body_bytes_sent": str(request["bytes"]), "request_time": f"{request['milliseconds'] / 1000:.3f}",
        "http_user_agent": request["agent"], "http_referer": request["referrer"], "host": request["host"],
    }  # fmt: skip
    for name, members in (("caddy-json", caddy), ("traefik-json", traefik), ("json", usual)):
        line = orjson.dumps(members).decode()
        assert_comes_back(line, formats.FORMATS[name], name, request, ALL | {"host", "milliseconds"})
        [document] = parse(line, format_name=name)
        difference = datetime.fromisoformat(document["@timestamp"]) - request["moment"]
        assert abs(difference) <= timedelta(milliseconds=1)  # a float of seconds
