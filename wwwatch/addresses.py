"""What is an IP address, and what only looks like one."""

import ipaddress


def as_address(text: str) -> str | None:
    """An IPv4 or IPv6 address in its shortest usual form; None for anything else, such as a host name."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A scope (`fe80::1%eth0`) may hold any text at all and is no part of an address in a log.
    return None if "%" in text else str(address)
