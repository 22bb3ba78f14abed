"""Log formats: what a line looks like, as expressions with one named group a field.

Every format has two expressions. `strict` takes the ordinary line, in which no field needs escaping in JSON: no
backslash, no control character, no quote inside quotes. It is fast, and what it takes can be copied as it is.
`tolerant` is a list of slower ones for the rest, tried in order. Group names are those of `ingest.parse`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from wwwatch.errors import UsageError

AUTO = "auto"
SAMPLE_LINES = 500

# A token and a quoted value that need no escaping, then the same as servers escape them: `\"`, `\\`, `\xhh`.
_WORD = r'[^ "\\\x00-\x1f\x7f]+'
_QUOTED = r'[^"\\\x00-\x1f\x7f]*'
_ESCAPED = r'(?:[^"\\]|\\.)*'

_VHOST = r'(?<domain>[^ :"\\\x00-\x1f\x7f]+)(?::(?<port>[0-9]{1,5}))? '
_VHOST_TOLERANT = r'(?<domain>[^\s"]+?)(?::(?<port>\d{1,5}))? '
_CLIENT = rf"(?<address>{_WORD}) {_WORD} (?<user>{_WORD}) \[(?<time>[^\]\\\x00-\x1f]+)\] "
# A user name may hold spaces. It never starts with "- ": that is a line with a host in front of the client.
_CLIENT_TOLERANT = r'(?<address>[^\s",]+) \S+ (?<user>-|""|[^\s-].*?|-\S.*?) \[(?<time>[^\]]+)\] '
_CLIENT_AFTER_VHOST = _CLIENT_TOLERANT.replace(r'[^\s",]+', r'[^\s",-][^\s",]*')
_REQUEST = (
    r'"(?<method>[A-Z]+) (?<target>[^ "\\\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)" '
    r"(?<status>[0-9]{3}) (?<bytes>[0-9]+|-)"
)
_REQUEST_TOLERANT = rf'"(?<request>{_ESCAPED})" (?<status>\d{{3}}|-)(?: (?<bytes>\d+|-))?'
# Some loggers do not escape quotes. The request then ends at the first quote that a status follows.
_REQUEST_UNESCAPED = r'"(?<request>.*?)" (?<status>\d{3}|-)(?: (?<bytes>\d+|-))?'
_AGENT = rf' "(?<referrer>{_QUOTED})" "(?<agent>{_QUOTED})"'
_AGENT_TOLERANT = rf' "(?<referrer>{_ESCAPED})" "(?<agent>{_ESCAPED})"(?: .*?)?'
# The last quote may be missing: cut lines are frequent.
_AGENT_UNESCAPED = r' "(?<referrer>.*?)" "(?<agent>.*?)"?'
# At most one more quoted value, as nginx's own default writes the forwarded addresses; then blanks. Written so that the
# expression never has to look back (a blank leads to either), which makes it three times as fast.
_END_AFTER_AGENT = rf'(?: (?:"{_QUOTED}" ?)?)?$'


@dataclass(frozen=True)
class LogFormat:
    """How to read a line.

    strict, tolerant: expressions (Rust syntax) with named groups out of domain, port, address, user, time,
    request or method + target + version, status, bytes, referrer, agent. server: `nginx` or `apache` where only
    one writes this format, else empty.
    """

    name: str
    strict: str
    tolerant: tuple[str, ...]
    server: str = ""


def _line(*parts: str) -> str:
    return "^" + "".join(parts)


def _tolerant_line(*parts: str) -> str:
    return "(?s)^" + "".join(parts) + r"\s*$"


def _quoted_line(*parts: str) -> str:
    """The whole line in one more pair of quotes."""
    return '^"' + "".join(parts) + r'" ?$'


_COMBINED_TOLERANT = (
    _tolerant_line(_CLIENT_TOLERANT, _REQUEST_TOLERANT, _AGENT_TOLERANT),
    _tolerant_line(_CLIENT_TOLERANT, _REQUEST_UNESCAPED, _AGENT_UNESCAPED),
)

FORMATS: dict[str, LogFormat] = {
    item.name: item
    for item in (
        LogFormat("combined", _line(_CLIENT, _REQUEST, _AGENT, _END_AFTER_AGENT), _COMBINED_TOLERANT),
        LogFormat(
            "vhost-combined",
            _line(_VHOST, _CLIENT, _REQUEST, _AGENT, _END_AFTER_AGENT),
            (
                _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, _REQUEST_TOLERANT, _AGENT_TOLERANT),
                _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, _REQUEST_UNESCAPED, _AGENT_UNESCAPED),
            ),
            server="apache",
        ),
        LogFormat(
            "quoted-combined",
            _quoted_line(_CLIENT, _REQUEST, _AGENT),
            (
                '(?s)^"' + _CLIENT_TOLERANT + _REQUEST_TOLERANT + _AGENT_TOLERANT + r'"\s*$',
                '(?s)^"' + _CLIENT_TOLERANT + _REQUEST_UNESCAPED + _AGENT_UNESCAPED + r'"?\s*$',
            ),
        ),
        LogFormat(
            "common",
            _line(_CLIENT, _REQUEST, r" ?$"),
            (
                _tolerant_line(_CLIENT_TOLERANT, _REQUEST_TOLERANT),
                _tolerant_line(_CLIENT_TOLERANT, _REQUEST_UNESCAPED),
            ),
        ),
    )
}
ALIASES = {"nginx": "combined"}


def named(name: str) -> LogFormat | None:
    """The format of that name; None for `auto`. Raise UsageError for a name we do not know."""
    if name == AUTO:
        return None
    found = FORMATS.get(ALIASES.get(name, name))
    if found is None:
        known = ", ".join((AUTO, *FORMATS, *ALIASES))
        raise UsageError(
            f"There is no log format {name!r}.",
            f"Give one of: {known}. Formats written as a log_format or LogFormat directive are not read yet.",
        )
    return found


def detect(lines: pl.Series) -> LogFormat | None:
    """The format that takes most of the first lines, None if none takes any. lines: text, one line an element."""
    sample = lines.head(SAMPLE_LINES)
    best, most = None, 0
    for candidate in FORMATS.values():
        taken = int(match_any(sample, candidate).sum())
        if taken > most:
            best, most = candidate, taken
    return best


def match_any(lines: pl.Series, log_format: LogFormat) -> pl.Series:
    """For each line, whether one of the format's expressions takes it."""
    taken = lines.str.contains(log_format.strict).fill_null(value=False)
    for expression in log_format.tolerant:
        if taken.all():
            break
        taken = taken | lines.str.contains(expression).fill_null(value=False)
    return taken


def candidates(chosen: LogFormat | None, only: bool) -> Sequence[LogFormat]:
    """The formats to try, in order: the chosen one first; the others too unless it was named by the user."""
    if chosen and only:
        return (chosen,)
    others = [item for item in FORMATS.values() if item is not chosen]
    return (chosen, *others) if chosen else others
