"""Access logs of an Apache configuration, includes followed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.formats.apache_syntax import lines, words
from ingest.formats.configuration import Configuration, Definition, Log, included, read_text

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_EXPORT = re.compile(r"^\s*(?:export\s+)?(\w+)=([^\s#]*)", re.MULTILINE)
_SHELL_VARIABLE = re.compile(r"\$\{?\w+\}?")
_SECTION = re.compile(r"^<(/?)(\w+)")
# Debian and its kin keep the variables of the configuration in this file beside it.
ENVIRONMENT = "envvars"


@dataclass
class _Site:
    name: str = ""


@dataclass
class _Reader:
    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    last: Definition | None = None  # the LogFormat without nickname, for TransferLog
    found: list[tuple[str, str, str, Definition | None, _Site]] = field(default_factory=list)
    open_files: list[Path] = field(default_factory=list)

    def file(self, path: Path, site: _Site) -> None:
        """Read a file in the context of a site. One that includes itself is read once."""
        if path in self.open_files:
            return
        self.open_files.append(path)
        sites = [site]
        for number, line in lines(read_text(path)):
            section = _SECTION.match(line)
            if section and section[2].lower() == "virtualhost":
                sites = sites[:1] if section[1] else [*sites, _Site()]
            elif not section:
                where = f"{path}:{number}"
                self.directive([self.expanded(word) for word in words(line, where)], where, sites[-1])
        self.open_files.pop()

    def expanded(self, word: str) -> str:
        """A word with the variables that are known."""
        return _VARIABLE.sub(lambda match: self.variables.get(match[1], match[0]), word)

    def directive(self, parts: Sequence[str], where: str, site: _Site) -> None:
        """Note what a directive says of logs."""
        match [parts[0].lower(), *parts[1:]]:
            case ["serverroot", root]:
                self.root = Path(root)
            case ["define", name, value]:
                self.variables[name] = value
            case ["include" | "includeoptional", pattern]:
                for path in included(pattern, self.root):
                    self.file(path, site)
            case ["servername", name]:
                site.name = name
            case ["logformat", body]:
                self.last = self.definitions.get(body) or definition("", body)
            case ["logformat", body, nickname]:
                self.definitions[nickname] = definition(nickname, body)
            case ["customlog" | "globallog", target, wanted, *_]:
                self.found.append((where, target, wanted, None, site))
            case ["transferlog", target]:
                self.found.append((where, target, "", self.last, site))


def definition(nickname: str, body: str) -> Definition:
    """A LogFormat of its text."""
    quoted = body.replace("\\", "\\\\").replace('"', '\\"')
    return Definition(nickname, f'LogFormat "{quoted}" {nickname}'.rstrip(), body)


def read(path: Path) -> Configuration:
    """What a configuration logs, and how."""
    path = path.absolute()
    reader = _Reader(path.parent)
    environment = path.parent / ENVIRONMENT
    if environment.is_file():
        for name, value in _EXPORT.findall(read_text(environment)):
            reader.variables[name] = _SHELL_VARIABLE.sub("", value.strip("'\""))
    reader.file(path, _Site())
    return Configuration("apache", [_log(reader, *item) for item in reader.found], reader.definitions)


def _log(reader: _Reader, where: str, target: str, wanted: str, last: Definition | None, site: _Site) -> Log:
    path = "" if target.startswith(("|", "syslog", "/dev/")) else str(reader.root / target)
    known = last or reader.definitions.get(wanted)
    if known is None and "%" in wanted:
        known = definition("", wanted)
    return Log("apache", where, target, path, known.nickname if known else wanted, known, site.name)
