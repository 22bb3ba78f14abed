"""What web servers' configurations log: which file, in which format."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.formats import apache, combined, nginx
from ingest.formats.log_format import LogFormat
from wwwatch.errors import InputError, UsageError

# What both servers know without a definition, by their names for it.
BUILT_IN = {"nginx": {"combined": combined.COMBINED}, "apache": {"": combined.COMMON}}


@dataclass(frozen=True)
class Definition:
    """A format that a configuration defines. directive: as `--format` takes it. body: its text. escape: of nginx."""

    nickname: str
    directive: str
    body: str
    escape: str = "default"


@dataclass(frozen=True)
class Log:
    """A log that a configuration writes.

    server: nginx or apache. where: file and line of the directive. target: what the directive names. path: a glob for
    what is written there, empty where it is no file. definition: None for a format that the server knows by itself.
    site: the virtual host, empty if it is for several.
    """

    server: str
    where: str
    target: str
    path: str
    nickname: str
    definition: Definition | None
    site: str = ""

    def log_format(self) -> LogFormat:
        """Its format. Raise UsageError if it cannot be read."""
        if self.definition is None:
            known = BUILT_IN[self.server].get(self.nickname)
            if known is None:
                raise UsageError(
                    f"{self.where}: there is no log format {self.nickname!r} in the configuration.",
                    "Name the main configuration file, which includes the others.",
                )
            return known
        return compiled(self.server, self.definition)


def compiled(server: str, definition: Definition) -> LogFormat:
    """The format of a definition. Raise UsageError if it cannot be read."""
    if server == "nginx":
        return nginx.of_body(definition.directive, definition.body, definition.escape)
    return apache.of_body(definition.directive, definition.body)


@dataclass(frozen=True)
class Configuration:
    """What a configuration says of access logs. definitions: by nickname."""

    server: str
    logs: Sequence[Log]
    definitions: Mapping[str, Definition]


def read_text(path: Path) -> str:
    """A configuration file. Raise InputError if it cannot be read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(
            f"The configuration {path} cannot be read: {error.strerror}.", "Check the path, or run as its owner."
        ) from error


def included(pattern: str, folder: Path) -> Iterator[Path]:
    """The files that an include names: a file, a folder, or a glob relative to a folder."""
    wanted = Path(pattern) if Path(pattern).is_absolute() else folder / pattern
    if wanted.is_dir():
        yield from sorted(item for item in wanted.rglob("*") if item.is_file())
    elif re.search(r"[*?\[]", pattern):
        yield from sorted(
            item for item in Path(wanted.anchor).glob(str(wanted.relative_to(wanted.anchor))) if item.is_file()
        )
    elif wanted.exists():
        yield wanted


def read(path: Path) -> Configuration:
    """The configuration of nginx or Apache that starts in a file. Raise InputError or UsageError if it makes none."""
    from ingest.formats import apache_configuration, nginx_configuration  # noqa: PLC0415 - they need this module

    text = read_text(path)
    readers: dict[str, Callable[[Path], Configuration]] = {
        "apache": apache_configuration.read,
        "nginx": nginx_configuration.read,
    }
    return readers["apache" if _is_apache(text) else "nginx"](path)


def named(path: Path, nickname: str) -> LogFormat:
    """The format of a nickname in a configuration. Raise UsageError if there is none, or it cannot be read."""
    found = read(path)
    definition = found.definitions.get(nickname)
    if definition is None:
        known = ", ".join(found.definitions) or "none"
        raise UsageError(f"{path} defines no log format {nickname!r}.", f"It defines: {known}.")
    return compiled(found.server, definition)


def _is_apache(text: str) -> bool:
    """Directives of nginx end with a semicolon, sections of Apache are tags."""
    return bool(
        re.search(
            r"(?im)^\s*(?:<\w+|(?:LogFormat|CustomLog|TransferLog|ServerRoot|Include(?:Optional)?)\s[^;]*$)", text
        )
    )
