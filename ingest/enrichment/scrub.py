"""Addresses and names wherever they stand in a text, replaced."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

import orjson

_OCTETS = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
_COLON = r"(?::|%3[Aa])"
_HEX = r"[0-9A-Fa-f]{0,4}"
# Nothing of the same word stands before, though the escape of a character may.
_BEFORE = r"(?:(?<![\w.%])|(?<=%[0-9A-Fa-f]{2})|(?<=\\x[0-9A-Fa-f]{2}))"
_AFTER_IPV4 = r"(?!\w|\.[0-9])"
_IPV4 = re.compile(rf"{_BEFORE}{_OCTETS}{_AFTER_IPV4}")
_ADDRESS = re.compile(
    rf"{_BEFORE}(?:{_OCTETS}{_AFTER_IPV4}|(?:{_HEX}{_COLON}){{2,7}}(?:{_OCTETS}{_AFTER_IPV4}|{_HEX}(?!\w|:[0-9A-Fa-f:])))"
)
# `Chrome/120.0.0.0`: a word and a slash, and no path before them, make it the version of a program.
_PROGRAM = r"(?:^|[ \"(;,])[A-Za-z][\w.+-]*/"
_BEFORE_VERSION = re.compile(_PROGRAM + "$")
_LONGEST_PROGRAM = 64
LEAST_COLONS = 6  # of an IPv6 address without `::`, with an IPv4 address at its end
_NGINX, _APACHE = {0x22: r"\x22", 0x5C: r"\x5c"}, {0x22: r"\"", 0x5C: r"\\"}

# The same for polars, which cannot look around: where there may be an address. Times have three colons, not four.
MAYBE_ADDRESS = rf"{_OCTETS}|::|(?:[0-9A-Fa-f]{{1,4}}:){{4}}|%3[Aa]{_HEX}%3[Aa]"
VERSION = _PROGRAM + _OCTETS + r"\b"


def replace_addresses(text: str, pseudonym_of: Callable[[str], str | None], own: Iterable[str] = ()) -> str:
    """The text with each address in it replaced.

    pseudonym_of: what may be an address -> its replacement, None if it is none.
    own: addresses that are replaced whatever stands around them.
    """

    def replaced(match: re.Match[str]) -> str:
        found, start = match[0], match.start()
        if _BEFORE_VERSION.search(text, max(0, start - _LONGEST_PROGRAM), start):
            return found
        plain = found.replace("%3A", ":").replace("%3a", ":")
        hidden = pseudonym_of(plain) or _within(plain, pseudonym_of)
        return found if hidden is None else hidden.replace(":", ":" if found == plain else "%3A")

    text = _ADDRESS.sub(replaced, text)
    for address in own:
        if address in text and (hidden := pseudonym_of(address)):
            text = text.replace(address, hidden)
    return text


def _within(text: str, pseudonym_of: Callable[[str], str | None]) -> str | None:
    """Words and colons with an address among them, replaced; None if there is none. The longest one is meant."""
    if "::" in text or text.count(":") >= LEAST_COLONS:
        ends = [at for at, character in enumerate(text + ":") if character == ":"]
        starts = [0, *(end + 1 for end in ends[:-1]), *(end for end in ends if text[end : end + 2] == "::")]
        spans = [(start, end) for start in starts for end in [*ends, *(end + 1 for end in ends)] if end - start > 2]
        for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
            if hidden := pseudonym_of(text[start:end]):
                return text[:start] + hidden + text[end:]
    hidden = _IPV4.sub(lambda match: pseudonym_of(match[0]) or match[0], text)
    return None if hidden == text else hidden


def _in_bytes(text: str, quotes: Mapping[int, str]) -> str:
    """The text as servers escape it: bytes that are not ASCII as `\\xhh`, quotes in their way."""
    return "".join(
        quotes.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in text.encode()
    )


def word(name: str) -> re.Pattern[str]:
    """An expression for a name where it stands as a word of its own, as it is or escaped for URLs, JSON or logs."""
    forms = {name, quote(name, safe=""), quote(name), json.dumps(name)[1:-1], orjson.dumps(name).decode()[1:-1]}
    forms |= {_in_bytes(name, _NGINX), _in_bytes(name, _APACHE)}
    longest_first = sorted(map(re.escape, forms), key=lambda form: (-len(form), form))
    return re.compile(rf"(?:{_BEFORE}(?<!-))(?:{'|'.join(longest_first)})(?![\w-]|\.\w)", re.IGNORECASE)
