"""HTTP/1 as a site behind a proxy needs it: one request a connection, bounded in size."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

HEAD_LIMIT_BYTES = 65_536
BODY_LIMIT_BYTES = 1_048_576
READ_TIMEOUT_SECONDS = 20.0
PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Received:
    """A request. target: as sent, undecoded bytes as surrogate escapes. headers: by lower-case name."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.target.partition("?")[2]

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True)
class Reply:
    """An answer. length: what Content-Length says where the body is left out (HEAD)."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None

    def encoded(self) -> bytes:
        """As it goes over the wire."""
        length = len(self.body) if self.length is None else self.length
        lines = [
            f"HTTP/1.1 {self.status} {PHRASES.get(self.status, 'Unknown')}",
            "Connection: close",
            "Server: wwwatch-site",
        ]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status not in {204, 304}:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


async def receive(reader: asyncio.StreamReader) -> Received | Reply | None:
    """The request of a connection; an answer to one that is none; None where nothing came."""
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            line, *rest = head[:-4].decode("utf-8", "surrogateescape").split("\r\n")
            method, _, remainder = line.partition(" ")
            target, _, version = remainder.rpartition(" ")
            if not version.startswith("HTTP/") or not target:
                return Reply(400)
            headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
            length = headers.get("content-length", "0")
            if not length.isascii() or not length.isdigit():
                return Reply(400)
            if int(length) > BODY_LIMIT_BYTES:
                return Reply(413)
            return Received(method, target, headers, await reader.readexactly(int(length)))
    except asyncio.LimitOverrunError:
        return Reply(431)
    except TimeoutError:
        return Reply(408)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
