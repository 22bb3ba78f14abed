"""Addresses of clients: public unicast ones, so that nothing downstream takes them for a machine of our own."""

from random import Random

# First bytes that are private, loopback, link-local, shared, documentation, benchmarking, multicast or reserved,
# in whole or in part.
UNUSED_FIRST_BYTES = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203}) | frozenset(range(224, 256))
USED_FIRST_BYTES = tuple(number for number in range(1, 224) if number not in UNUSED_FIRST_BYTES)
IPV6_SHARE = 0.18


def network(rng: Random) -> str:
    """The first three bytes of a /24: `81.2.69`."""
    return f"{rng.choice(USED_FIRST_BYTES)}.{rng.randrange(256)}.{rng.randrange(256)}"


def ipv4(rng: Random, inside: str = "") -> str:
    """A host address in the /24 `inside`, or anywhere."""
    return f"{inside or network(rng)}.{rng.randrange(1, 255)}"


def ipv6(rng: Random) -> str:
    """An address with privacy extension in a /64 of some provider."""
    prefix = (
        f"2a{rng.randrange(16):02x}:{rng.randrange(1, 65536):x}:{rng.randrange(1, 65536):x}:{rng.randrange(1, 65536):x}"
    )
    return prefix + ":" + ":".join(f"{rng.randrange(4096, 65536):x}" for _ in range(4))


def home(rng: Random) -> str:
    """A person's line at home."""
    return ipv6(rng) if rng.random() < IPV6_SHARE else ipv4(rng)


def several(rng: Random, count: int, per_network: int = 1) -> list[str]:
    """Distinct IPv4 addresses, `per_network` of them in each /24: a botnet with 1, a rented range with many."""
    found: dict[str, None] = {}
    while len(found) < count:
        inside = network(rng)
        for _ in range(min(per_network, count - len(found))):
            found[ipv4(rng, inside)] = None
    return list(found)
