"""W3C extended logs (IIS, CloudFront): each file says in a `#Fields` line what its columns are, and may say it anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ingest.formats.log_format import LineFormat, LogFormat, Reading
from ingest.formats.pieces import is_dated
from wwwatch.errors import UsageError

FIELDS = "#Fields:"
DIRECTIVE = r"^#(?:Version|Fields|Software|Start-Date|End-Date|Date|Remark):"
NAME = "w3c"
# CloudFront logs seconds where IIS logs milliseconds, and escapes percent-wise.
CLOUDFRONT = "x-edge-location"

_VALUES = {
    "date": "date",
    "time": "clock",
    "c-ip": "peer",
    "cs-username": "user",
    "cs-method": "method",
    "cs-uri-stem": "path",
    "cs-uri-query": "arguments",
    "cs-uri": "target",
    "cs-version": "protocol",
    "cs-protocol-version": "protocol",
    "cs-protocol": "scheme",
    "cs-host": "host",
    "cs(host)": "host",
    "x-host-header": "host",
    "s-port": "port",
    "sc-status": "status",
    "sc-bytes": "whole_bytes",
    "cs-bytes": "request_bytes",
    "time-taken": "duration_ms",
    "cs(user-agent)": "agent",
    "cs(referer)": "referrer",
    "cs(x-forwarded-for)": "forwarded_for",
    "x-forwarded-for": "forwarded_for",
    "ssl-protocol": "tls",
    "ssl-cipher": "cipher",
    "x-edge-request-id": "request_id",
}
# Of two columns with one meaning the later name in this list is the better.
_BETTER = ("cs(host)", "x-host-header")
MOST_COLUMNS = 200
_SPACED = ("agent", "referrer")
_MARK = r'[^\s"\\\x00-\x1f\x7f]+'
_TOLERANT = r'(?:"[^"]*"|[^\s"][^\s]*)'


@dataclass(frozen=True)
class W3cFormat(LogFormat):
    """A W3C log with these columns; without columns, one whose `#Fields` line is still to come."""

    columns: tuple[str, ...] = ()

    def readings(self) -> Sequence[Reading]:
        """None without columns."""
        return (
            [item._replace(read=_Plain(item.read), plain=False) for item in self._lines.readings()]
            if self.columns
            else []
        )

    def values(self) -> frozenset[str]:
        """The values of its columns that say something."""
        return frozenset(self._named.values())

    @cached_property
    def _named(self) -> dict[int, str]:
        """Value names by place of the column."""
        lowered = [name.lower() for name in self.columns]
        places: dict[str, int] = {}
        for place, name in enumerate(lowered):
            value = _VALUES.get(name)
            if value == "duration_ms" and CLOUDFRONT in lowered:
                value = "duration_s"
            if value and (value not in places or name in _BETTER):
                places[value] = place
        return {place: value for value, place in places.items()}

    @cached_property
    def _lines(self) -> LineFormat:
        named = self._named
        marker = next(iter(named.values()))
        return LineFormat(
            self.name, f"^{self._words(_MARK)}$", (rf"^{self._words(_TOLERANT)}\s*$",), marker, None, None
        )

    def _words(self, word: str) -> str:
        """One word a column, those that say something in a group."""
        named = self._named
        places = range(len(self.columns))
        return "[ \t]".join(f"(?<{named[place]}>{word})" if place in named else word for place in places)


@dataclass(frozen=True)
class _Plain:
    """Values without quotes around them, and with the blanks that are written as plus signs."""

    read: Callable[[pl.Series], pl.DataFrame]

    def __call__(self, lines: pl.Series) -> pl.DataFrame:
        frame = self.read(lines)
        return frame.with_columns(
            pl.col(name).str.strip_chars('"').str.replace_all("+", " ", literal=True)
            if name in _SPACED
            else pl.col(name).str.strip_chars('"')
            for name in frame.columns
        )


def directive(line: str) -> W3cFormat:
    """The format that a `#Fields: ...` line declares. Raise UsageError if none of its columns is known."""
    found = of_header(line)
    if not found.columns:
        raise UsageError(f"No column of {line!r} is known.", f"Columns that are: {', '.join(sorted(_VALUES))}.")
    return found


def of_header(line: str) -> W3cFormat:
    """The format that a `#Fields: ...` line declares; one that takes nothing if it makes no sense."""
    columns = tuple(line.removeprefix(FIELDS).split())
    found = W3cFormat(f"{FIELDS} {' '.join(columns)}", columns=columns, usual_server="iis")
    if len(columns) > MOST_COLUMNS or not found.values():
        return OPEN
    certain = "aws_cloudfront" if CLOUDFRONT in columns else ""
    return W3cFormat(
        found.name, server=certain, usual_server="iis", timeless=not is_dated(found.values()), columns=columns
    )


OPEN = W3cFormat(NAME, usual_server="iis")
