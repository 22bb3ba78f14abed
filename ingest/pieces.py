"""What a document is put together from: constant text and expressions, in order. The same for most chunks, so kept."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import polars as pl

from ingest.parse import LINE

SLOT = "\0"  # in JSON it never stands by itself
ORIGINAL = "event.original"
PLACE = "place"  # the column of what an id says of a line beside its file
_CONTROLS = [chr(code) for code in range(0x20)]
_CONTROL_ESCAPES = [orjson.dumps(control).decode()[1:-1] for control in _CONTROLS]

Piece = str | pl.Expr


class Member(NamedTuple):
    """A field by its dotted name, of the column of that name. always: in every row. quoted: text, not JSON already."""

    name: str
    always: bool
    quoted: bool


class _Literal(str):
    """JSON of a value that is the same in all documents."""

    __slots__ = ()


class _Original(NamedTuple):
    """The line itself. dirty: it holds more to escape than quotes."""

    dirty: bool


Node = dict[str, Any]  # of nodes, Members, _Literals and the _Original


@lru_cache(maxsize=64)
def plan(
    fields: tuple[Member, ...], constants: tuple[tuple[str, str], ...], identity: str | None, dirty: bool
) -> tuple[Piece, ...]:
    """The pieces of a document, null in rows without them. With an identity they begin with the bulk action line.

    constants: (dotted name, JSON). Where that JSON is SLOT, the piece with it is left as text, to be filled in.
    """
    tree: Node = {}
    for field in fields:
        _plant(tree, field.name, field)
    _plant(tree, ORIGINAL, _Original(dirty))
    for name, text in constants:
        _plant(tree, name, _Literal(text))
    pieces: list[Piece] = []
    if identity is not None:
        pieces = [f'{{"create":{{"_id":"{identity}', pl.col(PLACE), '"}}\n']
    merged = _merged([*pieces, *_object(tree)])
    return tuple(pl.lit(item) if isinstance(item, str) and SLOT not in item else item for item in merged)


def escape(text: pl.Expr) -> pl.Expr:
    """Text as it stands between the quotes of JSON."""
    quoted = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return quoted.str.replace_many(_CONTROLS, _CONTROL_ESCAPES)


def _plant(tree: Node, name: str, leaf: object) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[last] = leaf


def _always(node: Any) -> bool:
    """Whether a field or object is in every row."""
    if isinstance(node, dict):
        return any(map(_always, node.values()))
    return node.always if isinstance(node, Member) else True


def _object(tree: Mapping[str, Any]) -> list[Piece]:
    """An object that is in every row: one member that always is leads, so that the others bring their comma."""
    members = sorted(tree.items(), key=lambda item: not _always(item[1]))
    pieces: list[Piece] = ["{"]
    for number, (name, node) in enumerate(members):
        pieces += _member(name, node, "," if number else "")
    return [*pieces, "}"]


def _member(name: str, node: Any, comma: str) -> list[Piece]:
    """`,"name":value`, or nothing in rows without it."""
    key = f'{comma}"{name}":'
    if isinstance(node, _Literal):
        return [key + node]
    if isinstance(node, dict):
        return [key, *_object(node)] if _always(node) else [_sparse(key, node)]
    if isinstance(node, _Original):
        line = pl.col(LINE)
        return [key + '"', escape(line) if node.dirty else line.str.replace_all('"', '\\"', literal=True), '"']
    value = pl.col(node.name).cast(pl.String)
    quote = '"' if node.quoted else ""
    if node.always:
        return [key + quote, value, quote]
    # Null in, null out: the whole member is missing where its value is.
    return [pl.concat_str([pl.lit(key + quote), value, pl.lit(quote)], ignore_nulls=False)]


def _sparse(key: str, tree: Mapping[str, Any]) -> pl.Expr:
    """An object that some rows lack: its members each with a comma, the first comma cut off, null if none."""
    if len(tree) == 1 and not isinstance(node := next(iter(tree.values())), dict):
        value = _member(next(iter(tree)), node, "")[0]
        return pl.concat_str([pl.lit(key + "{"), value, pl.lit("}")], ignore_nulls=False)
    pieces: list[Piece] = []
    for name, node in tree.items():
        pieces += _member(name, node, ",")
    inner = pl.concat_str(
        [pl.lit(item) if isinstance(item, str) else item for item in _merged(pieces)], ignore_nulls=True
    )
    return pl.when(inner != "").then(pl.concat_str([pl.lit(key + "{"), inner.str.slice(1), pl.lit("}")]))


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces with neighbouring constants joined."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif not isinstance(piece, str) or piece:
            merged.append(piece)
    return merged
