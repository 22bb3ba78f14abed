"""How a request comes to seem to come from its client's address, though this machine sends it."""

import hashlib
import ipaddress
from dataclasses import dataclass

from simulator.request import Request

FORWARDED, LOOPBACK = "forwarded", "loopback"
# 127.0.0.0/8 without the addresses that services of this machine are likely to use.
FIRST_LOOPBACK, LAST_LOOPBACK = int(ipaddress.IPv4Address("127.1.0.0")), int(ipaddress.IPv4Address("127.254.255.255"))


@dataclass(frozen=True, slots=True)
class Way:
    """How one request is sent.

    address: what the server will log. bind: the local address to send from, or empty. headers: what tells the address.
    """

    address: str
    bind: str
    headers: dict[str, str]


def way(kind: str, request: Request) -> Way | None:
    """FORWARDED: a header that the server trusts. LOOPBACK: an address of 127.0.0.0/8 for each client.

    None where the server could not know the client: what is no whole request carries no header.
    """
    if kind == LOOPBACK:
        address = loopback(request.address)
        return Way(address, address, {})
    if not request.method or unfinished(request):
        return None
    return Way(request.address, "", {"X-Forwarded-For": request.address})


def unfinished(request: Request) -> bool:
    """Is it a connection that is kept open without a whole request?"""
    return request.status == 408


def loopback(address: str) -> str:
    """The address of 127.0.0.0/8 that stands for a client; neighbours of a /24 stay neighbours."""
    text = str(ipaddress.ip_address(address))
    network, separator, host = text.rpartition("." if "." in text else ":")
    span = (LAST_LOOPBACK - FIRST_LOOPBACK + 1) // 256
    digest = int.from_bytes(hashlib.blake2b((network + separator).encode(), digest_size=8).digest())
    last = int(host) if separator == "." else int(host or "0", 16) % 256
    return str(ipaddress.IPv4Address(FIRST_LOOPBACK + digest % span * 256 + last))
