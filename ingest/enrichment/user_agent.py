"""Browser, operating system and device of an agent, by the rules of the uap-core project."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from ingest.distinct import Remembered
from ingest.enrichment.packages import optional
from ingest.enrichment.texts import added, marked

AGENT = "user_agent.original"
LONGEST = 1024  # an agent beyond this is no browser's, and every rule would have to look at all of it


def _version(part: Any) -> str | None:
    numbers = [part.major, part.minor, part.patch] if part else []
    known = [number for number in numbers if number]
    return ".".join(known) or None


# What each field takes of what was found: browser, operating system, device.
_TAKE: dict[str, Callable[[Any], str | None]] = {
    "name": lambda found: found.user_agent and found.user_agent.family,
    "version": lambda found: _version(found.user_agent),
    "os.name": lambda found: found.os and found.os.family,
    "os.version": lambda found: _version(found.os),
    "device.name": lambda found: found.device and found.device.family,
}


class UserAgent:
    """A step that adds `user_agent.*`. fields: which, without that prefix. An agent no rule knows has none."""

    def __init__(self, fields: Sequence[str]) -> None:
        parser = optional("ua_parser", "ingest.user_agent")
        regex = optional("ua_parser.regex", "ingest.user_agent")
        self._fields = tuple(dict.fromkeys(fields))
        wanted = {
            "name": parser.Domain.USER_AGENT, "version": parser.Domain.USER_AGENT,
            "os.name": parser.Domain.OS, "os.version": parser.Domain.OS, "device.name": parser.Domain.DEVICE,
        }  # fmt: skip
        self._domains = parser.Domain(0)
        for field in self._fields:
            self._domains |= wanted[field]
        self._resolve = regex.Resolver(parser.load_lazy_builtins())
        self._known = Remembered(self._build)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        return added(frame, self._known(frame[AGENT])) if AGENT in frame.columns else frame

    def _build(self, agents: pl.Series) -> pl.DataFrame:
        found = [self._resolve(agent[:LONGEST], self._domains) for agent in agents.to_list()]
        columns = {
            f"user_agent.{field}": pl.Series([_TAKE[field](item) for item in found], dtype=pl.String)
            for field in self._fields
        }
        return marked(pl.DataFrame(columns))
