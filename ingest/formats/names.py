"""The formats that have a name."""

from collections.abc import Sequence

from ingest.formats import combined
from ingest.formats.log_format import LogFormat
from wwwatch.errors import UsageError

AUTO = "auto"
FORMATS: dict[str, LogFormat] = {item.name: item for item in combined.FORMATS}
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


def candidates(chosen: LogFormat | None, only: bool) -> Sequence[LogFormat]:
    """The formats to try, in order: the chosen one first; the others too unless it was named by the user."""
    if chosen and only:
        return (chosen,)
    others = [item for item in FORMATS.values() if item is not chosen]
    return (chosen, *others) if chosen else others
