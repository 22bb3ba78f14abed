"""How nginx reads its configuration: words, quotes, comments, blocks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from wwwatch.errors import UsageError

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n]*)
    | (?P<mark>[;{}])
    | '(?P<single>(?:[^'\\]|\\.)*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | (?P<word>(?:\$\{[^}\s]*\}|\\.|[^\s;{}\\'"])(?:\$\{[^}\s]*\}|\\.|[^\s;{}\\])*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_LETTERS = {"t": "\t", "r": "\r", "n": "\n"}


class Token(NamedTuple):
    """A word, or one of `;`, `{`, `}` (mark). line: from 1."""

    text: str
    line: int
    mark: bool = False


def tokens(text: str, where: str) -> Iterator[Token]:
    """The tokens of a configuration. where: for the error. Raise UsageError where a quote is not closed."""
    at = 0
    line = 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UsageError(f"{where}, line {line}: a quote is not closed.", "Check it with nginx -t.")
        kind = match.lastgroup
        if kind == "mark":
            yield Token(match[0], line, mark=True)
        elif kind in {"single", "double", "word"}:
            yield Token(unescaped(match[kind]), line)
        line += match[0].count("\n")
        at = match.end()


def unescaped(text: str) -> str:
    """Text with the escapes of nginx undone: of quotes, backslash, tab and line ends."""
    return _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), text)
