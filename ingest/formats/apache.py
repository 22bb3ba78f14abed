"""Apache `LogFormat` to a format."""

import re
from collections.abc import Callable, Iterator

from ingest.formats import strftime
from ingest.formats.apache_syntax import words
from ingest.formats.compiled import Kind, Literal, Piece, Variable, compile_format
from ingest.formats.escapes import BACKSLASH
from ingest.formats.log_format import LineFormat
from wwwatch.errors import UsageError

DIRECTIVES = ("logformat", "customlog", "transferlog", "globallog")
# `%`, conditions by status, `<` or `>` for the first or last of internal redirects, `{argument}`, letter.
_VARIABLE = re.compile(
    r"%(?P<condition>!?[0-9,]*)(?P<redirect>[<>]*)(?P<condition_too>!?[0-9,]*)"
    r"(?:\{(?P<argument>[^}]*)\})?(?P<letter>\^[a-zA-Z]{2}|[A-Za-z%])"
)
_ESCAPE = re.compile(r"\\([\"\\nrt])")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}

_TIME = r"\[(?<time>[^\]\"\\\x00-\x1f\x7f]+)\]"
_STATUS = "(?<status>[0-9]{3}|-)"
_LETTER_VARIABLES: dict[str, tuple[str, Kind, int]] = {
    "h": ("address", Kind.WORD, 1),
    "a": ("address", Kind.WORD, 0),
    "u": ("user", Kind.USUALLY_WORD, 0),
    "r": ("request", Kind.FREE, 0),
    "m": ("method", Kind.WORD, 0),
    "U": ("path", Kind.USUALLY_WORD, 0),
    "q": ("query", Kind.FIXED, 0),
    "H": ("protocol", Kind.WORD, 0),
    "b": ("bytes", Kind.WORD, 0),
    "B": ("bytes", Kind.WORD, 0),
    "O": ("whole_bytes", Kind.WORD, 0),
    "I": ("request_bytes", Kind.WORD, 0),
    "D": ("duration_us", Kind.WORD, 0),
    "T": ("duration_s", Kind.WORD, 0),
    "v": ("host", Kind.WORD, 1),
    "V": ("host", Kind.WORD, 2),
    "p": ("port", Kind.WORD, 0),
    "L": ("", Kind.WORD, 0),
    "f": ("", Kind.USUALLY_WORD, 0),
}
_HEADERS: dict[str, tuple[str, Kind, int]] = {
    "referer": ("referrer", Kind.USUALLY_WORD, 0),
    "user-agent": ("agent", Kind.FREE, 0),
    "x-forwarded-for": ("forwarded_for", Kind.LIST, 0),
    "forwarded": ("forwarded", Kind.USUALLY_WORD, 0),
    "x-real-ip": ("real_ip", Kind.USUALLY_WORD, 0),
    "cf-connecting-ip": ("real_ip", Kind.USUALLY_WORD, 1),
    "true-client-ip": ("real_ip", Kind.USUALLY_WORD, 2),
    "host": ("host", Kind.USUALLY_WORD, 0),
    "x-request-id": ("request_id", Kind.USUALLY_WORD, 1),
}
_ENVIRONMENT: dict[str, tuple[str, Kind, int]] = {
    "ssl_protocol": ("tls", Kind.WORD, 0),
    "ssl_cipher": ("cipher", Kind.WORD, 0),
    "ssl_tls_sni": ("host", Kind.WORD, 3),
    "unique_id": ("request_id", Kind.WORD, 0),
    "request_scheme": ("scheme", Kind.WORD, 0),
    "remote_addr": ("address", Kind.WORD, 3),
}
_END = 10  # the begin of a request is its time, as everywhere; the end is better than nothing
_COARSENESS = {"msec": 1, "sec": 2}
_DURATIONS = {"s": "duration_s", "ms": "duration_ms", "us": "duration_us"}


def directive(text: str) -> LineFormat:
    """The format of a `LogFormat` or `CustomLog` directive, or of its body. Raise UsageError if it makes none."""
    name = text.strip()
    body = name
    first, _, rest = name.partition(" ")
    if first.lower() in DIRECTIVES:
        parts = words(rest, "--format")
        body = next((part for part in parts if "%" in part), "")
    return of_body(name, body)


def of_body(name: str, body: str) -> LineFormat:
    """The format of what stands between the quotes of a `LogFormat`."""
    return compile_format(name, list(_joined(_pieces(body))), "apache", BACKSLASH, may_be_empty=False)


def _pieces(body: str) -> Iterator[Piece]:
    at = literal_from = 0
    while (at := body.find("%", at)) >= 0:
        match = _VARIABLE.match(body, at)
        if match is None:
            raise UsageError(
                f"In the LogFormat, character {at + 1}: {body[at : at + 20]!r} is no directive.",
                "See mod_log_config; a percent sign is written %%.",
            )
        if literal_from < at:
            yield Literal(_unescaped(body[literal_from:at]))
        yield Literal("%") if match["letter"] == "%" else _variable(match)
        at = literal_from = match.end()
    if literal_from < len(body):
        yield Literal(_unescaped(body[literal_from:]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbouring literals as one, so that every variable sees what follows it."""
    literal = ""
    for piece in pieces:
        if isinstance(piece, Literal):
            literal += piece.text
            continue
        if literal:
            yield Literal(literal)
        literal = ""
        yield piece
    if literal:
        yield Literal(literal)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), text)


def _variable(match: re.Match[str]) -> Variable:
    letter, argument = match["letter"], match["argument"]
    place = match.start() + 1
    optional = bool(match["condition"] or match["condition_too"])
    redirect = match["redirect"][-1:]

    def variable(value: str, kind: Kind, rank: int = 0, pattern: str = "") -> Variable:
        return Variable(match[0], place, kind, value, rank, pattern, optional)

    if letter == "t":
        return _time(variable, argument, match[0], redirect)
    if letter == "s":
        # The last status is what the client got; without a sign it is the first.
        return variable("status", Kind.FIXED, {">": 0, "": 1, "<": 2}[redirect], _STATUS)
    # Everything else is the first by default, where that and the last differ.
    rank = 10 if redirect == ">" else 20 if redirect == "<" else 0
    found = _lettered(letter, argument)
    if found is None:
        raise UsageError(
            f"In the LogFormat, character {place}: {match[0]} is not known.", "See mod_log_config for what is."
        )
    value, kind, own_rank = found
    if kind is Kind.FIXED:
        return variable(value, kind, rank, r'(?<query>\?[^\s"\\\x00-\x1f\x7f]*|)' if letter == "q" else "[X+-]")
    return variable(value, kind, rank + own_rank)


def _lettered(letter: str, argument: str | None) -> tuple[str, Kind, int] | None:
    """(value, kind, rank) of a letter and its argument, None if there is no such letter."""
    name = (argument or "").lower()
    if letter == "i":
        return _HEADERS.get(name, ("", Kind.USUALLY_WORD, 0))
    if letter in {"x", "e"}:
        return _ENVIRONMENT.get(name, ("", Kind.USUALLY_WORD, 0))
    if letter == "T" and name in _DURATIONS:
        return (_DURATIONS[name], Kind.WORD, 0)
    if letter == "p" and name in {"remote", "local"}:
        return ("", Kind.WORD, 0)
    if (letter == "h" and name == "c") or (letter == "a" and name == "c"):
        # The peer of the connection; %a is who mod_remoteip takes for the client.
        return ("connection", Kind.WORD, 0)
    if letter == "X":
        return ("", Kind.FIXED, 0)
    if letter in _LETTER_VARIABLES:
        return _LETTER_VARIABLES[letter]
    if letter in {"C", "n", "o", "^ti", "^to"}:
        return ("", Kind.USUALLY_WORD, 0)
    return ("", Kind.WORD, 0) if letter in {"A", "k", "l", "P", "R", "S", "c"} else None


def _time(variable: Callable[..., Variable], argument: str | None, source: str, redirect: str) -> Variable:
    rank = 5 if redirect == "<" else 0
    if not argument:
        return variable("time", Kind.FIXED, rank, _TIME)
    moment, colon, layout = argument.partition(":")
    if not colon or moment not in {"begin", "end"}:
        moment, layout = "begin", argument
    rank += _END if moment == "end" else 0
    return variable("", Kind.FIXED, rank + _COARSENESS.get(layout, 0), strftime.pattern(layout, source))
