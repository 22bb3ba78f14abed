"""Requests as lines of an access log, as nginx or Apache would write them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from simulator.request import Request

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What needs escaping: the quote, the backslash, control characters, and everything beyond ASCII.
UNSAFE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
APACHE_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\v": "\\v", "\b": "\\b", "\f": "\\f", '"': '\\"', "\\": "\\\\"}

Escape = Callable[[str], str]


def combined(request: Request, vhost: str = "", server: str = "nginx") -> str:
    """One line in combined format, in UTC, without a line end. What is empty is written as `-`.

    vhost: written in front, as Apache's vhost_combined has it (`shop.example.com:443`).
    server: `nginx` writes quotes and bytes outside printable ASCII as \\xHH; `apache` in its own, shorter way, and
    `-` for an empty body.
    """
    escape = escape_apache if server == "apache" else escape_nginx
    line = f"{request.method} {request.target} {request.http_version}" if request.method else request.target
    size = "-" if server == "apache" and not request.response_bytes else str(request.response_bytes)
    who = f"{request.address} - {_quoted(request.user, escape)} [{_stamp(int(request.time))}]"
    what = f'"{_request_line(line, escape, server)}" {request.status} {size}'
    text = f'{who} {what} "{_quoted(request.referrer, escape)}" "{_quoted(request.user_agent, escape)}"'
    return f"{vhost} {text}" if vhost else text


def escape_nginx(text: str) -> str:
    """Quotes, backslashes and bytes that are not printable ASCII as \\xHH."""
    return UNSAFE.sub(lambda match: "".join(f"\\x{byte:02X}" for byte in _bytes(match[0])), text)


def escape_apache(text: str) -> str:
    """The usual short escapes, \\xhh for other bytes that are not printable ASCII."""
    return UNSAFE.sub(
        lambda match: APACHE_SHORT.get(match[0]) or "".join(f"\\x{byte:02x}" for byte in _bytes(match[0])), text
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _quoted(text: str, escape: Escape) -> str:
    if not text:
        return "-"
    return escape(text) if UNSAFE.search(text) else text


def _request_line(line: str, escape: Escape, server: str) -> str:
    """nginx logs nothing between the quotes where there was no request line, Apache logs a dash."""
    if not line:
        return "-" if server == "apache" else ""
    return escape(line) if UNSAFE.search(line) else line


@lru_cache(maxsize=4)
def _stamp(second: int) -> str:
    """`22/Dec/2022:10:26:07 +0000`, whatever the locale."""
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment.year} {moment:%H:%M:%S} +0000".replace(" ", ":", 1)
