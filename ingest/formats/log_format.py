"""What a log format is.

Every format has two expressions. `strict` takes the ordinary line, in which no field needs escaping in JSON: no
backslash, no control character, no quote inside quotes. It is fast, and what it takes can be copied as it is.
`tolerant` is a list of slower ones for the rest, tried in order. Group names are those of `ingest.parse`.
"""

from dataclasses import dataclass


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
