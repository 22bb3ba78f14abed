"""From a server's own directive to expressions: what compilers of log_format and LogFormat have in common.

A directive is literal text and variables. A quote, a tab or another control character never stands inside a value,
as servers escape them: there one value ends, and nothing a client sends can move it. Between two such places (a
segment) at most one variable may hold any blanks; the others are single words, or lists of them by comma. Then a line
can be read in one way only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise

import polars as pl

from ingest.formats.escapes import Undo
from ingest.formats.log_format import LineFormat
from ingest.formats.pieces import is_dated
from wwwatch.errors import UsageError


class Kind(Enum):
    """What text a variable stands for."""

    WORD = auto()  # no blanks
    FREE = auto()  # anything
    USUALLY_WORD = auto()  # anything, unless another one in its segment is free: then a word
    LIST = auto()  # words, by comma or colon, with blanks
    FIXED = auto()  # what its own pattern says, so that it may touch the next one


@dataclass(frozen=True)
class Literal:
    """Text that stands in every line."""

    text: str


@dataclass(frozen=True)
class Variable:
    """A value of each line.

    source: as the directive has it. at: its place in the directive, from 1. value: its name, empty if it is not kept.
    rank: of several with one name the lowest is kept. pattern: of FIXED ones, with the groups of its values. optional:
    the server may write a dash instead.
    """

    source: str
    at: int
    kind: Kind
    value: str = ""
    rank: int = 0
    pattern: str = ""
    optional: bool = False


Piece = Literal | Variable
MARKER = "hit"  # an empty group: null where the expression does not match
_HARD = re.compile(r'["\x00-\x1f\x7f]')
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f\\]")
_CLOSING = frozenset("])}>|,;'")
_META = re.compile(r"([\\.+*?()|\[\]{}^$#&~-])")
_GROUP = re.compile(r"\(\?<([a-z_0-9]+)>")
# What the whole request line holds need not be kept twice.
_IN_REQUEST = frozenset({"method", "target", "path", "query", "arguments", "protocol"})


@dataclass(frozen=True)
class _Texts:
    """What values look like: in quotes or free, as a word (with a place for more characters it never holds)."""

    free: str
    word: str
    request: str


_STRICT = _Texts(
    r'[^"\\\x00-\x1f\x7f]*',
    r'[^ "\\\x00-\x1f\x7f{}]',
    r'(?<method>[A-Z]+) (?<target>[^ "\\\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)',
)
_TOLERANT = _Texts(r'(?:[^"\\]|\\.)*', r'(?:[^\s"\\{}]|\\.)', r'(?<request>(?:[^"\\]|\\.)*)')
# Nothing is escaped: a value ends where what follows it in the directive begins.
_LAZY = _Texts(r".*?", r"[^\s{}]", r"(?<request>.*?)")


def compile_format(
    name: str, pieces: Sequence[Piece], server: str, undo: Undo | None, may_be_empty: bool
) -> LineFormat:
    """The format of a directive. may_be_empty: a missing value is written as nothing, not as a dash.

    Raise UsageError where a line could be read in more than one way, and where the directive logs nothing we know.
    """
    if not any(isinstance(piece, Variable) for piece in pieces):
        raise UsageError(
            f"The log format {name!r} has no variable.", "Put it in single quotes, so that the shell keeps it."
        )
    pieces = _without_repetition(_settled(pieces))
    strict = _expression(pieces, _STRICT, may_be_empty)
    values = frozenset(_GROUP.findall(strict)) - {MARKER}
    if not values:
        raise UsageError(f"The log format {name!r} logs nothing that is known.", "docs/formats.md lists what is.")
    tolerant = [_expression(pieces, _TOLERANT if undo else _LAZY, may_be_empty)]
    # A tab between values must be escaped in JSON like any other.
    clean = None if any(isinstance(piece, Literal) and _UNCLEAN.search(piece.text) for piece in pieces) else True
    found = LineFormat(
        name, f"^(?<{MARKER}>){strict}$", (rf"(?s)^(?<{MARKER}>){tolerant[0]}\s*$",), MARKER, undo, clean,
        server=server, timeless=not is_dated(values) or _has_optional_time(pieces),
    )  # fmt: skip
    try:
        found.values()
    except pl.exceptions.ComputeError as error:
        raise UsageError(f"The log format {name[:200]!r} is too long to be read.", "Log fewer variables.") from error
    return found


def _has_optional_time(pieces: Sequence[Piece]) -> bool:
    optional = [piece.pattern for piece in pieces if isinstance(piece, Variable) and piece.optional]
    return any(is_dated(frozenset(_GROUP.findall(pattern))) for pattern in optional)


def _settled(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, each with a kind that makes the line readable in one way. Raise UsageError if there is none."""
    for first, second in pairwise(pieces):
        if isinstance(first, Literal) or isinstance(second, Literal):
            continue
        if Kind.FIXED not in {first.kind, second.kind}:
            raise _ambiguous(first, second, "nothing is")
    settled: list[Piece] = []
    for segment in _segments(pieces):
        free = [piece for piece in segment if isinstance(piece, Variable) and piece.kind in {Kind.FREE, Kind.LIST}]
        usual = [piece for piece in segment if isinstance(piece, Variable) and piece.kind is Kind.USUALLY_WORD]
        # Lists can be told from each other, by their commas, but not from what may hold commas.
        if len(free) > 1 and any(piece.kind is Kind.FREE for piece in free):
            raise _ambiguous(free[0], free[1], "nothing that a client cannot send is")
        alone = Kind.FREE if len(usual) == 1 and not free else Kind.WORD
        settled += [replace(piece, kind=alone) if piece in usual else piece for piece in segment]
    return settled


def _ambiguous(first: Variable, second: Variable, between: str) -> UsageError:
    return UsageError(
        f"The log format cannot be read in one way only: at character {second.at}, {second.source} cannot be told from "
        f"{first.source} at {first.at}, as {between} between them.",
        "Put each of them in double quotes in the server's configuration.",
    )


def _segments(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Runs of pieces between places where a value must end; the literal with that place closes its run."""
    segment: list[Piece] = []
    for piece in pieces:
        segment.append(piece)
        if isinstance(piece, Literal) and _HARD.search(piece.text):
            yield segment
            segment = []
    yield segment


def _without_repetition(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, each value kept once: of those with one name the best."""
    best: dict[str, Variable] = {}
    for piece in pieces:
        if isinstance(piece, Variable) and piece.value:
            known = best.get(piece.value)
            if known is None or (piece.rank, piece.optional) < (known.rank, known.optional):
                best[piece.value] = piece
    dropped = _IN_REQUEST if "request" in best else frozenset()
    kept = [
        replace(piece, value="", pattern=_GROUP.sub("(?:", piece.pattern))
        if isinstance(piece, Variable) and piece.value and (best[piece.value] is not piece or piece.value in dropped)
        else piece
        for piece in pieces
    ]
    return _with_single_groups(kept)


def _with_single_groups(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, each group of fixed patterns kept in the one of the lowest rank."""
    seen: set[str] = set()
    patterns: dict[int, str] = {}
    fixed = [(piece.rank, number, piece) for number, piece in enumerate(pieces) if isinstance(piece, Variable)]

    def once(match: re.Match[str]) -> str:
        known = match[1] in seen
        seen.add(match[1])
        return "(?:" if known else match[0]

    for _, number, piece in sorted(fixed, key=lambda item: item[:2]):
        patterns[number] = _GROUP.sub(once, piece.pattern)
    return [
        replace(piece, pattern=patterns[number]) if isinstance(piece, Variable) else piece
        for number, piece in enumerate(pieces)
    ]


def _expression(pieces: Sequence[Piece], texts: _Texts, may_be_empty: bool) -> str:
    written = ""
    for number, piece in enumerate(pieces):
        if isinstance(piece, Literal):
            written += _META.sub(r"\\\1", piece.text)
            continue
        before = pieces[number - 1] if number else Literal("")
        after = pieces[number + 1] if number + 1 < len(pieces) else Literal("")
        quoted = _text(before)[-1:] == '"' == _text(after)[:1]
        written += _value(piece, texts, quoted, _text(after)[:1], may_be_empty)
    return written


def _text(piece: Piece) -> str:
    return piece.text if isinstance(piece, Literal) else ""


def _value(piece: Variable, texts: _Texts, quoted: bool, follows: str, may_be_empty: bool) -> str:
    if piece.kind is Kind.FIXED:
        return f"(?:{piece.pattern}|-)" if piece.optional or may_be_empty else f"(?:{piece.pattern})"
    if piece.value == "request":
        return texts.request
    never = _META.sub(r"\\\1", follows) if follows in _CLOSING else ""
    word = texts.word.format(never) + ("*" if may_be_empty else "+")
    if quoted or piece.kind is Kind.FREE:
        # Apache writes an empty user name as two quotes, quoted or not.
        body = texts.free if piece.value != "user" or quoted else f'(?:""|{texts.free})'
    elif piece.kind is Kind.LIST:
        item = texts.word.format(never + ",") + ("*" if may_be_empty else "+")
        body = rf"{item}(?:(?:, ?| : ){item})*"
    else:
        body = word
    return f"(?<{piece.value}>{body})" if piece.value else f"(?:{body})"
