"""Crypto-PAn: addresses to addresses, such that networks stay networks.

J. Xu, J. Fan, M. Ammar, S. Moon: Prefix-Preserving IP Address Anonymization (ICNP 2002). Two addresses that share
their first k bits become two that share exactly their first k bits. Whether bit k is turned over is said by the first
bit of AES over the k bits before it, filled up with a secret pad. IPv6 is done the same way over 128 bits.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

KEY_BYTES = 32
BLOCK_BYTES = 16
BLOCK_BITS = 8 * BLOCK_BYTES
Address = IPv4Address | IPv6Address


class CryptoPan:
    """The map of one key: encrypt is AES, block by block, under its first half; its second half becomes the pad."""

    def __init__(self, encrypt: Callable[[bytes], bytes], second_half: bytes) -> None:
        self._encrypt = encrypt
        pad = int.from_bytes(encrypt(second_half), "big")
        # For each length: the bits of the pad that fill up behind a prefix of it.
        self._fill = [pad & ((1 << (BLOCK_BITS - length)) - 1) for length in range(BLOCK_BITS)]

    def pseudonyms(self, addresses: Sequence[Address]) -> list[Address]:
        """The pseudonym of each address, in order; one call of AES for all."""
        blocks = bytearray()
        for address in addresses:
            value = int(address) << (BLOCK_BITS - address.max_prefixlen)
            for length, fill in enumerate(self._fill[: address.max_prefixlen]):
                head = value >> (BLOCK_BITS - length) << (BLOCK_BITS - length)
                blocks += (head | fill).to_bytes(BLOCK_BYTES, "big")
        # The first bit of every block that comes out turns over one bit of an address.
        first_bytes = self._encrypt(bytes(blocks))[::BLOCK_BYTES]
        found: list[Address] = []
        start = 0
        for address in addresses:
            turned = 0
            for byte in first_bytes[start : start + address.max_prefixlen]:
                turned = turned << 1 | byte >> 7
            start += address.max_prefixlen
            found.append(type(address)(int(address) ^ turned))
        return found


class Unchanged:
    """The map that leaves every address as it is."""

    def pseudonyms(self, addresses: Sequence[Address]) -> list[Address]:
        """The addresses."""
        return list(addresses)
