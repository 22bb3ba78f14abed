r"""What servers write for bytes that may not stand in a log line, undone.

Apache writes `\"`, `\\`, `\t` and `\xhh`; nginx by default `\xHH` for all of them; with `escape=json` it writes
what JSON does. What is no such escape stays. Bytes that are no UTF-8 stay `\xhh`.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import polars as pl


class Undo(NamedTuple):
    """How to undo a server's escapes. sign: the character that begins each of them."""

    sign: str
    text: Callable[[str], str]


_BACKSLASH = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([\"\\abfnrtv]))")
_LETTERS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_JSON = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|([\"\\/bfnrt]))")
_HAPROXY = re.compile(rb"#([0-9A-F]{2})")
_SURROGATES = re.compile("[\ud800-\udfff]")


def undo_backslash(text: str) -> str:
    """Escapes of Apache and of nginx by default."""

    def byte(match: re.Match[bytes]) -> bytes:
        digits, letter = match[1], match[2]
        return bytes((int(digits, 16) if digits else _LETTERS[letter.decode()],))

    raw = _BACKSLASH.sub(byte, text.encode("utf-8", "surrogatepass"))
    return raw.decode("utf-8", "backslashreplace")


def undo_json(text: str) -> str:
    """Escapes of JSON. Half surrogates, which are no text, become U+FFFD."""

    def character(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else chr(_LETTERS.get(match[2], ord(match[2])))

    plain = _JSON.sub(character, text)
    if _SURROGATES.search(plain):
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


def undo_haproxy(text: str) -> str:
    """`#hh` for what may not stand in a line."""
    raw = _HAPROXY.sub(lambda match: bytes((int(match[1], 16),)), text.encode("utf-8", "surrogatepass"))
    return raw.decode("utf-8", "backslashreplace")


BACKSLASH = Undo("\\", undo_backslash)
JSON = Undo("\\", undo_json)
HAPROXY = Undo("#", undo_haproxy)


def undone(values: pl.Series, undo: Undo) -> pl.Series:
    """Texts with their escapes undone; each distinct text with one is looked at once."""
    rows = values.str.contains(undo.sign, literal=True).fill_null(value=False).arg_true()
    if not len(rows):
        return values
    known: dict[str, str] = {}
    plain = []
    for text in values.gather(rows).to_list():
        if text not in known:
            known[text] = undo.text(text)
        plain.append(known[text])
    return values.scatter(rows, plain)
