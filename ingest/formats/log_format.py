"""What a log format is: one or more ways to read a line into named values.

Every format has a fast reading and slower ones. The fast one (`strict`) takes the ordinary line, in which no value
needs escaping in JSON: no backslash, no control character, no quote inside quotes; what it takes can be copied as it
is. The others (`tolerant`) take the rest, and are tried in order. Value names are those of `ingest.formats.values`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import NamedTuple

import polars as pl

from ingest.formats.escapes import BACKSLASH, Undo
from ingest.formats.values import PLAIN


class Reading(NamedTuple):
    """One way to read lines.

    test: whether each line may be taken. read: lines to a frame of values, text, a row a line. marker: the column that
    is null where a line is not taken. clean: what it takes needs no escaping in JSON; None if that is so where the line
    holds neither backslash nor control character. plain: its values are those that `ingest.parse` takes as they are.
    undo: how the server's escapes are undone, None if there is nothing to undo.
    """

    test: Callable[[pl.Series], pl.Series]
    read: Callable[[pl.Series], pl.DataFrame]
    marker: str
    clean: bool | None
    plain: bool
    undo: Undo | None


@dataclass(frozen=True)
class LogFormat:
    """How to read a line.

    name: also what is remembered of a file, so `named(name)` gives the format again. server: who alone writes it,
    empty if several do. usual_server: who mostly does. timeless: it does not log the time of every
    request. example: a line of it.
    """

    name: str
    server: str = field(default="", kw_only=True)
    usual_server: str = field(default="", kw_only=True)
    timeless: bool = field(default=False, kw_only=True)
    example: str = field(default="", kw_only=True)

    def readings(self) -> Sequence[Reading]:
        """The ways to read a line, in the order to try them."""
        raise NotImplementedError

    def values(self) -> frozenset[str]:
        """Names of the values it may give."""
        raise NotImplementedError


@dataclass(frozen=True)
class LineFormat(LogFormat):
    """A format by regular expressions (Rust syntax) with a named group a value.

    marker: a group that is in every match. clean: as of a `Reading`, for the strict expression.
    """

    strict: str
    tolerant: tuple[str, ...]
    marker: str = "address"
    undo: Undo | None = BACKSLASH
    clean: bool | None = True

    def readings(self) -> Sequence[Reading]:
        """The strict expression, then the tolerant ones."""
        plain = self.values() <= PLAIN
        first = _Groups(self.strict)
        rest = [_Groups(item) for item in self.tolerant]
        return (
            Reading(first.test, first.read, self.marker, self.clean, plain, None),
            *(Reading(item.test, item.read, self.marker, False, plain, self.undo) for item in rest),
        )

    @cache  # noqa: B019 - formats are few and live long
    def values(self) -> frozenset[str]:
        """The names of the groups."""
        found = [pl.Series([""]).str.extract_groups(item).struct.fields for item in (self.strict, *self.tolerant)]
        return frozenset(chain.from_iterable(found))


@dataclass(frozen=True)
class UnionFormat(LogFormat):
    """Several ways in which one server logs."""

    members: tuple[LogFormat, ...]

    def readings(self) -> Sequence[Reading]:
        """The fast ones of all members, then the others."""
        each = [item.readings() for item in self.members]
        return [*(item[0] for item in each), *chain.from_iterable(item[1:] for item in each)]

    def values(self) -> frozenset[str]:
        """The values of any member."""
        return frozenset().union(*(item.values() for item in self.members))


@dataclass(frozen=True)
class _Groups:
    """The named groups of an expression, for each line."""

    expression: str

    def test(self, lines: pl.Series) -> pl.Series:
        return lines.str.contains(self.expression)

    def read(self, lines: pl.Series) -> pl.DataFrame:
        return lines.str.extract_groups(self.expression).struct.unnest()


def by_name(formats: Sequence[LogFormat]) -> dict[str, LogFormat]:
    """Formats by their name."""
    return {item.name: item for item in formats}
