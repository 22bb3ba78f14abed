"""The formats that have a name, and those that a directive describes."""

import os
from collections.abc import Sequence
from pathlib import Path

from ingest.formats import apache, combined, configuration, json_lines, nginx, servers, w3c
from ingest.formats.log_format import LogFormat, by_name
from wwwatch.errors import UsageError

AUTO = "auto"
# Those tried on a file nobody named a format for, the most particular first: of two that take the same lines the first
# is chosen.
DETECTED: tuple[LogFormat, ...] = (*servers.FORMATS, *json_lines.FORMATS, *combined.FORMATS, w3c.OPEN)
FORMATS = by_name((*DETECTED, *servers.NAMED_ONLY, *json_lines.NAMED_ONLY))
ALIASES = {
    "nginx": "combined", "apache": "combined", "vhost_combined": "vhost-combined", "traefik": "traefik-clf",
    "caddy": "caddy-json", "iis": "w3c", "cloudfront": "w3c", "envoy": "envoy-default", "haproxy": "haproxy-http",
}  # fmt: skip


def named(name: str) -> LogFormat | None:
    """The format of that name or directive; None for `auto`. Raise UsageError for what is neither.

    A directive is nginx's log_format, Apache's LogFormat (whole, or what stands in their quotes), or `#Fields: ...`.
    FILE:NAME is the format of that name in a server's configuration.
    """
    text = name.strip()
    if text == AUTO:
        return None
    file, _, nickname = text.rpartition(":")
    if text not in FORMATS and file and os.path.isfile(file):  # noqa: PTH113 - Path raises where a directive is longer than a file's name may be
        return configuration.named(Path(file), nickname)
    found = described(text)
    if found:
        return found
    raise UsageError(
        f"There is no log format {name!r}.",
        f"Give one of: {', '.join((AUTO, *FORMATS))}; or a log_format or LogFormat directive, in single quotes.",
    )


def described(text: str) -> LogFormat | None:
    """The format of that name or directive, whoever wrote it: no file is looked at. None if it is neither."""
    found = FORMATS.get(ALIASES.get(text, text))
    if found:
        return found
    if text.startswith(w3c.FIELDS):
        return w3c.directive(text)
    if text.startswith(("log_format ", "log_format\t")) or nginx.VARIABLE.search(text):
        return nginx.directive(text)
    return apache.directive(text) if "%" in text else None


def remembered(name: str) -> LogFormat | None:
    """The format a file is remembered to have; None if nothing, or nothing that is known any more."""
    if not name:
        return None
    try:
        return named(name)
    except UsageError:
        return None


def candidates(chosen: LogFormat | None, only: bool) -> Sequence[LogFormat]:
    """The formats to try, in order: the chosen one first; the others too unless it was named by the user."""
    if chosen and only:
        return (chosen,)
    others = [item for item in DETECTED if item is not chosen]
    return (chosen, *others) if chosen else others
