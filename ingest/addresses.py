"""Client addresses: which are IP addresses, and their networks."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import polars as pl

IPV6_NETWORK_BITS = 64
COLUMNS = ("source.ip", "wwwatch.net")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = rf"^(?:{_OCTET}\.){{3}}{_OCTET}$"


def fields(values: pl.Series) -> pl.DataFrame:
    """`source.ip` (null for host names) and `wwwatch.net` (the /24 or /64) of each client address."""
    is_ipv4 = values.str.contains(IPV4)
    net = values.set(~is_ipv4, None).str.replace(r"[0-9]+$", "0/24")
    ip = values.set(~is_ipv4, None)
    others = (values.str.contains(":", literal=True) & ~is_ipv4).arg_true()
    if len(others):
        known = [_ipv6(value) for value in values.gather(others)]
        ip = ip.scatter(others, [item[0] for item in known])
        net = net.scatter(others, [item[1] for item in known])
    return pl.DataFrame(dict(zip(COLUMNS, (ip, net), strict=True)))


def _ipv6(text: str) -> tuple[str | None, str | None]:
    """(address, network) of an IPv6 address in canonical form; an IPv4 address inside one counts as itself."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None, None
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return None, None
        address = address.ipv4_mapped or address
    bits = 24 if isinstance(address, IPv4Address) else IPV6_NETWORK_BITS
    return str(address), str(ip_network((address, bits), strict=False))
