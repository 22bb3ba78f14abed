"""Pseudonyms of addresses and names, by one secret key.

Addresses go through Crypto-PAn, so that a /24 or /64 stays one; names through HMAC-SHA-256. The same address has the
same pseudonym in all files, and on all hosts that hold the key.
"""

import base64
import binascii
import hmac
import re
from array import array
from collections.abc import Sequence
from copy import copy
from typing import Any

from ingest.enrichment.cryptopan import BLOCK_BYTES, KEY_BYTES, CryptoPan, Unchanged
from ingest.enrichment.networks import parsed
from ingest.enrichment.packages import optional
from wwwatch.errors import SettingsError
from wwwatch.ingest_settings import UNIX

SETTING = "ingest.pseudonyms"
NAME_DIGITS = 16  # of hexadecimal: 64 bits, so that a million names still differ
MOST_REMEMBERED = 50_000
NOTHING = ("", "-")
_MADE = re.compile(rf"(?:host|user)-[0-9a-f]{{{NAME_DIGITS}}}")


def key_of(text: str) -> bytes:
    """The 32 bytes of a key in base64. Raise SettingsError if there is none, or it is none."""
    advice = (
        "Make one with `openssl rand -base64 32`, keep it safe, and name its file in "
        "WWWATCH_INGEST__PSEUDONYMS__KEY_FILE."
    )
    if not text:
        raise SettingsError(f"{SETTING} needs a key, and {SETTING}.key is not set.", advice)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingsError(f"{SETTING}.key is not base64.", advice) from error
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{SETTING}.key holds {len(key)} bytes, not {KEY_BYTES}.", advice)
    return key


class Pseudonyms:
    """The pseudonyms of one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        ciphers: Any = optional("cryptography.hazmat.primitives.ciphers", SETTING)
        self._key = key
        self._remembered: dict[str, str | None] = {}

        def aes(secret: bytes) -> Any:
            # Single blocks under ECB are what both uses ask for: AES as a random function of its input.
            return ciphers.Cipher(ciphers.algorithms.AES(secret), ciphers.modes.ECB()).encryptor()

        self._pan: CryptoPan | Unchanged = CryptoPan(aes(key[:BLOCK_BYTES]).update, key[BLOCK_BYTES:])
        self._checks = aes(self._digest("check", "")[:BLOCK_BYTES])

    def keeping_addresses(self) -> "Pseudonyms":
        """The same for names, with addresses left as they are: they are pseudonyms already."""
        other = copy(self)
        other._pan, other._remembered = Unchanged(), {}
        return other

    def of_clients(self, texts: Sequence[str]) -> list[str]:
        """Of addresses and host names as they are logged. Sockets and what stands for nothing stay."""
        found = [parsed(text) for text in texts]
        hidden = iter(self._pan.pseudonyms([address for address in found if address is not None]))
        return [
            str(next(hidden)) if address is not None else self.of_host(text)
            for text, address in zip(texts, found, strict=True)
        ]

    def of_address(self, text: str) -> str | None:
        """Of one address, remembered; None if it is none."""
        if text not in self._remembered:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            address = parsed(text)
            self._remembered[text] = None if address is None else str(self._pan.pseudonyms([address])[0])
        return self._remembered[text]

    def original(self, text: str) -> str | None:
        """The address behind a pseudonym of one; None for anything else, such as a name, which has no way back."""
        address = parsed(text)
        return None if address is None else str(self._pan.original(address))

    def of_host(self, name: str) -> str:
        """Of a host name; of a pseudonym, itself."""
        return (
            name
            if name in NOTHING or name.startswith(UNIX) or _MADE.fullmatch(name)
            else f"host-{self._name('host', name.lower())}"
        )

    def of_user(self, name: str) -> str:
        """Of a user name; of a pseudonym, itself."""
        return name if _MADE.fullmatch(name) else f"user-{self._name('user', name)}"

    def of_checks(self, checks: Sequence[int]) -> list[int]:
        """Of checksums (32 bits), likewise 32 bits."""
        words = array("I", bytes(BLOCK_BYTES * len(checks)))
        words[:: BLOCK_BYTES // words.itemsize] = array("I", checks)
        hidden = array("I", self._checks.update(words.tobytes()))
        return hidden[:: BLOCK_BYTES // words.itemsize].tolist()

    def _name(self, purpose: str, text: str) -> str:
        return self._digest(purpose, text).hex()[:NAME_DIGITS]

    def _digest(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{purpose}\0{text}".encode(), "sha256")
