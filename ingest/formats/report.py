"""Whether a format takes the lines of a log, and what detection would miss of it."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingest.formats.detection import taken_mask
from ingest.formats.log_format import LogFormat

# What detection uses: the values of which one is enough, and what goes without any of them.
HOST = "virtual host"
NEEDED: tuple[tuple[str, frozenset[str], str], ...] = (
    ("client", frozenset({"address", "addresses", "peer", "connection"}), "nobody can be told from anybody else"),
    ("time", frozenset(), "lines count as of when they are read"),
    ("request", frozenset({"request", "target", "path"}), "no attack shows in what is asked for"),
    ("method", frozenset({"request", "method"}), "logins and floods of POST are not seen"),
    ("status", frozenset({"status"}), "failures are not seen: no scans, no guessing of passwords"),
    ("size", frozenset({"bytes", "whole_bytes"}), "scraping is not told by what was taken"),
    ("user agent", frozenset({"agent"}), "tools and crawlers are not told by name"),
    ("referrer", frozenset({"referrer"}), "browsing is not told from fetching"),
    (
        "duration",
        frozenset({"duration_s", "duration_ms", "duration_us", "duration_ns", "stages_s"}),
        "no slow requests",
    ),
    (HOST, frozenset({"domain", "host"}), "sites of one log are not told apart"),
)


@dataclass(frozen=True)
class Check:
    """taken, refused: lines looked at that the format takes, or does not. sample: the first that it does not."""

    taken: int
    refused: int
    sample: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {"taken": self.taken, "refused": self.refused} | ({"sample": self.sample} if self.sample else {})


def check(lines: pl.Series, log_format: LogFormat) -> Check:
    """Try a format on lines. Empty ones do not count."""
    written = lines.filter(lines.str.strip_chars() != "")
    mask = taken_mask(written, log_format)
    refused = written.filter(~mask)
    return Check(int(mask.sum()), len(refused), refused[0] if len(refused) else "")


def missing(log_format: LogFormat) -> list[tuple[str, str]]:
    """(what, consequence) of all that the format does not log and detection uses."""
    values: Set[str] = log_format.values()
    return [
        (name, consequence)
        for name, enough, consequence in NEEDED
        if (log_format.timeless if name == "time" else not enough & values)
    ]
