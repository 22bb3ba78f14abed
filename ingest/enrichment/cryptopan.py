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
            for length in range(address.max_prefixlen):
                blocks += self._block(value, length)
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

    def original(self, pseudonym: Address) -> Address:
        """The address behind a pseudonym: each bit tells how the next one was turned."""
        value, size = 0, pseudonym.max_prefixlen
        for length in range(size):
            turned = self._encrypt(self._block(value, length))[0] >> 7
            bit = (int(pseudonym) >> (size - 1 - length) & 1) ^ turned
            value |= bit << (BLOCK_BITS - 1 - length)
        return type(pseudonym)(value >> (BLOCK_BITS - size))

    def _block(self, value: int, length: int) -> bytes:
        """What AES is asked about a prefix of a value of 128 bits."""
        head = value >> (BLOCK_BITS - length) << (BLOCK_BITS - length)
        return (head | self._fill[length]).to_bytes(BLOCK_BYTES, "big")


class Unchanged:
    """The map that leaves every address as it is."""

    def pseudonyms(self, addresses: Sequence[Address]) -> list[Address]:
        """The addresses."""
        return list(addresses)

    def original(self, pseudonym: Address) -> Address:
        """The address."""
        return pseudonym
