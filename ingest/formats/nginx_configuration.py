"""Access logs of an nginx configuration, includes followed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.formats.configuration import Configuration, Definition, Log, included, read_text
from ingest.formats.nginx import VARIABLE
from ingest.formats.nginx_syntax import Token, tokens

DEFAULT_FORMAT = "combined"


@dataclass
class _Site:
    """A server block. name: its first server_name."""

    name: str = ""


@dataclass
class _Reader:
    folder: Path
    definitions: dict[str, Definition] = field(default_factory=dict)
    found: list[tuple[str, Sequence[str], _Site]] = field(default_factory=list)
    open_files: list[Path] = field(default_factory=list)

    def file(self, path: Path, site: _Site) -> None:
        """Read a file in the context of a block. One that includes itself is read once."""
        if path in self.open_files:
            return
        self.open_files.append(path)
        self.block(tokens(read_text(path), str(path)), path, site)
        self.open_files.pop()

    def block(self, source: Iterator[Token], path: Path, site: _Site) -> None:
        """Read the directives of a block to its end."""
        words: list[str] = []
        line = 0
        for token in source:
            if not token.mark:
                line = line if words else token.line
                words.append(token.text)
                continue
            if token.text == "}":
                return
            if token.text == "{":
                self.block(source, path, _Site() if words[:1] == ["server"] else site)
            elif words:
                self.directive(words, f"{path}:{line}", site)
            words = []

    def directive(self, words: Sequence[str], where: str, site: _Site) -> None:
        """Note what a directive says of logs."""
        match words:
            case ["include", pattern]:
                for path in included(pattern, self.folder):
                    self.file(path, site)
            case ["log_format", nickname, *parts]:
                self.definitions[nickname] = definition(nickname, parts)
            case ["access_log", target, *options] if target != "off":
                self.found.append((where, [target, *options], site))
            case ["server_name", name, *_]:
                site.name = name


def definition(nickname: str, parts: Sequence[str]) -> Definition:
    """A log_format of its words."""
    escape = "default"
    if parts and parts[0].startswith("escape="):
        escape, parts = parts[0].removeprefix("escape="), parts[1:]
    body = "".join(parts)
    quoted = body.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t").replace("\n", "\\n")
    option = "" if escape == "default" else f"escape={escape} "
    return Definition(nickname, f"log_format {nickname} {option}'{quoted}';", body, escape)


def read(path: Path) -> Configuration:
    """What a configuration logs, and how."""
    reader = _Reader(path.absolute().parent)
    reader.file(path.absolute(), _Site())
    logs = [_log(reader, where, words, site) for where, words, site in reader.found]
    return Configuration("nginx", logs, reader.definitions)


def _log(reader: _Reader, where: str, words: Sequence[str], site: _Site) -> Log:
    target, *options = words
    nickname = options[0] if options and "=" not in options[0] else DEFAULT_FORMAT
    path = ""
    if not target.startswith(("syslog:", "/dev/")):
        # Variables in a path make a file for each of their values.
        path = str(reader.folder / VARIABLE.sub("*", target))
    return Log("nginx", where, target, path, nickname, reader.definitions.get(nickname), site.name)
