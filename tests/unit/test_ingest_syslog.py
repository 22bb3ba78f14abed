"""Syslog headers and framing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import syslog
from ingest.syslog import Framing, Message, parse

LINE = b'203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'


@pytest.mark.parametrize(
    ("header", "host", "app"),
    [
        (b"<190>Nov 24 08:00:00 web1 nginx: ", "web1", "nginx"),
        (b"<190>Nov  4 08:00:00 nginx: ", "", "nginx"),
        (b"<190>Nov 24 08:00:00 web1.example.org httpd[123]: ", "web1.example.org", "httpd"),
        (b"<190>Nov 24 08:00:00 2001:db8::1 nginx: ", "2001:db8::1", "nginx"),
        (b"<13>2026-11-24T08:00:00.123456+01:00 web1 apache2: ", "web1", "apache2"),
        (b"<13>1 2026-11-24T08:00:00.1Z web1 nginx 42 - - ", "web1", "nginx"),
        (b"<13>1 - - - - - - ", "", ""),
        (b'<13>1 2026-11-24T08:00:00Z web1 nginx - - [time ok="1"][a b="\\"]"] \xef\xbb\xbf', "web1", "nginx"),
        (b"<13>", "", ""),
        (b"", "", ""),
    ],
)  # fmt: skip
def test_headers_are_taken_off(header: bytes, host: str, app: str) -> None:
    assert parse(header + LINE) == Message(host, app, LINE)
    assert parse(header + LINE + b"\n\0") == Message(host, app, LINE)


def test_a_line_of_its_own_keeps_what_looks_like_a_tag() -> None:
    assert parse(b"web1: " + LINE).line == b"web1: " + LINE


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_both_framings_in_any_pieces(step: int) -> None:
    counted = b"%d %s" % (len(LINE), LINE)
    stream = LINE + b"\n" + counted + counted + b"<1>x\n" + LINE
    framing = Framing()
    pieces = [stream[start : start + step] for start in range(0, len(stream), step)]
    found = [message for piece in pieces for message in framing.feed(piece)]
    # The first line starts with a digit, and no blank ends a count there.
    assert [*found, framing.rest()] == [LINE, LINE, LINE, b"<1>x", LINE]


@pytest.mark.parametrize("start", [b"", b"50 "])
def test_of_a_long_message_the_head_is_kept(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "LONGEST_LINE_BYTES", 20)
    stream = start + b"x" * 50 + (b"" if start else b"\n") + b"next\n"
    framing = Framing()
    found = [message for place in range(len(stream)) for message in framing.feed(stream[place : place + 1])]
    assert found == [b"x" * 20, b"next"]


@given(st.binary())
def test_whatever_is_sent_ends_as_something(data: bytes) -> None:
    framing = Framing()
    for message in [*framing.feed(data), framing.rest()]:
        parse(message)
