"""Lines as nginx and Apache write them."""

import re
from dataclasses import replace

import pytest

from simulator.attacks import ATTACKS
from simulator.lines import combined
from simulator.machines import MACHINES
from simulator.planning import spread
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import generate

START = 1_772_000_000.0  # 2026-02-25 06:13:20 UTC
# Strict: quoted fields hold printable ASCII, without bare quotes, and backslashes only as escapes.
FIELD = r"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\x[0-9A-F]{2})"
NGINX = re.compile(
    r"^(?P<address>[0-9a-f.:]+) - (?P<user>-|[^ \[\]\"]+) "
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):\d\d:\d\d:\d\d \+0000\] "
    rf'"(?P<request>{FIELD}*)" (?P<status>[1-5]\d\d) (?P<bytes>\d+) "(?P<referrer>{FIELD}+)" "(?P<agent>{FIELD}+)"$'
)
APACHE = re.compile(
    r'^\S+ - \S+ \[[^\]]+\] "(?:[^"\\]|\\["\\bnrtvf]|\\x[0-9a-f]{2})*" \d{3} (?:-|[1-9]\d*) '
    r'"(?:[^"\\]|\\["\\bnrtvf]|\\x[0-9a-f]{2})+" "(?:[^"\\]|\\["\\bnrtvf]|\\x[0-9a-f]{2})+"$'
)
EXAMPLE = Request(
    START,
    "198.51.100.7",
    "",
    "GET",
    "/a?b=c",
    "HTTP/1.1",
    200,
    512,
    "https://example.com/",
    "Mozilla/5.0",
    3.0,
    "visitor",
    "normal",
    "person",
)


@pytest.fixture(scope="module")
def everything() -> list[Request]:
    end = START + 86400
    planned = spread(list(ATTACKS), START, end, 4, 0.1)
    return generate(Site.shop(1), START, end, 4, 150, planned, tuple(MACHINES))


def test_a_line_in_full() -> None:
    assert combined(EXAMPLE) == (
        "198.51.100.7 - - [25/Feb/2026:06:13:20 +0000] "
        '"GET /a?b=c HTTP/1.1" 200 512 "https://example.com/" "Mozilla/5.0"'
    )
    assert combined(EXAMPLE, vhost="shop.example.com:443").startswith("shop.example.com:443 198.51.100.7 - - [")


def test_what_is_empty_is_a_dash() -> None:
    bare = replace(EXAMPLE, method="", target="", referrer="", user_agent="", response_bytes=0, user="mia")

    assert combined(bare).endswith('- mia [25/Feb/2026:06:13:20 +0000] "" 200 0 "-" "-"')
    assert combined(bare, server="apache").endswith('"-" 200 - "-" "-"')


def test_escapes_are_the_servers_own() -> None:
    odd = replace(EXAMPLE, method="", target=b'\x16\x03"\\\n\xff\xc3\xa9'.decode("utf-8", "surrogateescape"))

    assert r'"\x16\x03\x22\x5C\x0A\xFF\xC3\xA9"' in combined(odd)
    assert r'"\x16\x03\"\\\n\xff\xc3\xa9"' in combined(odd, server="apache")


def test_every_line_is_strict_combined(everything: list[Request]) -> None:
    assert {request.style for request in everything} > set(ATTACKS)
    for request in everything:
        match = NGINX.match(combined(request))
        assert match, request
        assert (match["address"], int(match["status"])) == (request.address, request.status)
        assert int(match["bytes"]) == request.response_bytes
        assert APACHE.match(combined(request, server="apache")), request
