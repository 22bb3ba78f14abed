"""Addresses and names wherever they stand in a text, replaced."""

import re
from collections.abc import Callable, Container
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
    rf"{_BEFORE}(?:{_OCTETS}{_AFTER_IPV4}|(?:{_HEX}{_COLON}){{2,7}}(?:{_OCTETS}{_AFTER_IPV4}|{_HEX}(?![\w:])))"
)
# `Chrome/120.0.0.0`: a word and a slash, and no path before them, make it the version of a program.
_PROGRAM = r"(?:^|[ \"(;,])[A-Za-z][\w.+-]*/"
_BEFORE_VERSION = re.compile(_PROGRAM + "$")
_LONGEST_PROGRAM = 64

# The same for polars, which cannot look around: where there may be an address. Times have three colons, not four.
MAYBE_ADDRESS = rf"{_OCTETS}|::|(?:[0-9A-Fa-f]{{1,4}}:){{4}}|%3[Aa]{_HEX}%3[Aa]"
VERSION = _PROGRAM + _OCTETS + r"\b"


def replace_addresses(text: str, pseudonym_of: Callable[[str], str | None], own: Container[str] = ()) -> str:
    """The text with each address in it replaced.

    pseudonym_of: what may be an address -> its replacement, None if it is none.
    own: addresses that are replaced also where they look like the version of a program.
    """

    def replaced(match: re.Match[str]) -> str:
        found = match[0]
        plain = found.replace("%3A", ":").replace("%3a", ":")
        hidden = pseudonym_of(plain)
        if hidden is None:
            # Words and colons before an IPv4 address look like the start of an IPv6 one.
            return found if found == plain and _IPV4.fullmatch(found) else _IPV4.sub(_inner, found)
        start = match.start()
        if found not in own and _BEFORE_VERSION.search(text, max(0, start - _LONGEST_PROGRAM), start):
            return found
        return hidden.replace(":", ":" if found == plain else "%3A")

    def _inner(match: re.Match[str]) -> str:
        return pseudonym_of(match[0]) or match[0]

    return _ADDRESS.sub(replaced, text)


def word(name: str) -> re.Pattern[str]:
    """An expression for a name where it stands as a word of its own: as it is, or escaped for a URL or JSON."""
    forms = {name, quote(name, safe=""), quote(name), orjson.dumps(name).decode()[1:-1]}
    longest_first = sorted(map(re.escape, forms), key=lambda form: (-len(form), form))
    return re.compile(rf"(?:{_BEFORE}(?<!-))(?:{'|'.join(longest_first)})(?![\w-]|\.\w)", re.IGNORECASE)
