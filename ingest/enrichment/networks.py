"""Is an address in one of many networks? By bisection, so that long lists cost nothing."""

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, collapse_addresses, ip_address, ip_network

from wwwatch.ingest_settings import UNIX

Address = IPv4Address | IPv6Address


def parsed(text: str) -> Address | None:
    """An address; an IPv4 address inside an IPv6 one counts as itself; None for anything else.

    A scope (`fe80::1%eth0`) may hold any text at all and is no part of an address in a log.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


class Networks:
    """A set of IPv4 and IPv6 networks; `unix:` stands for the sockets of the machine itself."""

    def __init__(self, networks: Iterable[str]) -> None:
        texts = list(networks)
        self._sockets = UNIX in texts
        known = [ip_network(text) for text in texts if text != UNIX]
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for version in (4, 6):
            # Collapsed networks are sorted and do not overlap.
            merged = list(collapse_addresses(network for network in known if network.version == version))  # type: ignore[type-var]
            self._starts[version] = [int(network.network_address) for network in merged]
            self._ends[version] = [int(network.broadcast_address) for network in merged]

    def __contains__(self, address: Address) -> bool:
        place = bisect_right(self._starts[address.version], int(address)) - 1
        return place >= 0 and int(address) <= self._ends[address.version][place]

    def holds(self, text: str) -> bool:
        """Whether a text is an address in one of the networks, or names a socket where those count."""
        if self._sockets and text.startswith(UNIX):
            return True
        address = parsed(text)
        return address is not None and address in self
