"""One line that keeps one network out, in the words of each program; for single incidents and for whole lists. Pure.

Only an address or a network that parses as one gets into a line; nothing else from a log ever does.
"""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WEB_PORTS = "{ 80, 443 }"


def as_network(text: object) -> Network | None:
    """None for what is no address or network, for the machine itself, and for everybody."""
    try:
        network = ipaddress.ip_network(str(text))
    except ValueError:
        return None
    # A scope (`fe80::1%eth0`) may hold any text at all.
    if getattr(network.network_address, "scope_id", None):
        return None
    apart = network.is_loopback or network.is_unspecified or network.is_multicast or network.prefixlen == 0
    return None if apart else network


def order(network: Network) -> tuple[int, int, int]:
    """A sort key: IPv4 first, then by address, the larger network first."""
    return network.version, int(network.network_address), network.prefixlen


def shown(network: Network) -> str:
    """An address without its prefix length, a network with it."""
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def family(network: Network) -> str:
    """How nftables calls its protocol."""
    return "ip" if network.version == 4 else "ip6"


def nginx(network: Network) -> str:
    """For `http`, `server` or `location`."""
    return f"deny {shown(network)};"


def apache(network: Network) -> str:
    """Within <RequireAll>, beside something that is granted."""
    return f"Require not ip {shown(network)}"
