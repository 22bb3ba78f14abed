"""One connection: a request out, an answer back."""

import asyncio
from dataclasses import dataclass

HEAD_BYTES = 65_536
READ_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back. status: 0 where it was no HTTP. cookie: `name=value` if one was set."""

    status: int
    body_bytes: int
    cookie: str = ""


async def exchange(host: str, port: int, message: bytes, bind: str, timeout_seconds: float) -> Heard:
    """Send, and read to the end. Raise OSError or TimeoutError where there is no answer."""
    async with asyncio.timeout(timeout_seconds):
        local = (bind, 0) if bind else None
        reader, writer = await asyncio.open_connection(host, port, local_addr=local, limit=HEAD_BYTES)
        try:
            writer.write(message)
            await writer.drain()
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError as error:
                # HTTP/0.9, or a server that had enough.
                return Heard(0, len(error.partial))
            received = 0
            while piece := await reader.read(READ_BYTES):
                received += len(piece)
            return Heard(_status(head), received, _cookie(head))
        except asyncio.LimitOverrunError as error:
            raise ConnectionError("An answer with an endless head") from error
        finally:
            writer.close()


def _status(head: bytes) -> int:
    words = head.split(b" ", 2)
    return int(words[1]) if head.startswith(b"HTTP/") and len(words) > 1 and words[1].isdigit() else 0


def _cookie(head: bytes) -> str:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            return value.partition(";")[0].strip()
    return ""
