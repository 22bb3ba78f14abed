"""Prints the part of requirements.lock that an image needs: base dependencies, and those of the extras it is given.

    python docker/locked.py [EXTRA...] > wanted.txt        # for pip install --require-hashes -r
    python docker/locked.py --build > build.txt            # what builds our own wheel

The lock says of each package what asked for it (`# via`), so it is a graph: what is reached from the names in
pyproject.toml is wanted. Nothing but the standard library: this runs before anything is installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
VIA = re.compile(r"^\s*#\s+(?:via\s+)?(\S.*)$")


def normal(name: str) -> str:
    """As package indices compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def blocks(lock: str) -> dict[str, str]:
    """Each requirement of the lock with its hashes and comments, by name."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        if match := NAME.match(line):
            current = found.setdefault(normal(match[1]), [])
        if line.strip() and (current or NAME.match(line)):
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def asked_for_by(block: str) -> set[str]:
    """The packages that need this one."""
    comments = (VIA.match(line) for line in block.splitlines())
    return {normal(match[1].split()[0]) for match in comments if match and match[1] != "via"}


def reached(lock: Mapping[str, str], roots: Iterable[str]) -> list[str]:
    """Names of the roots and of everything they need, sorted. Raise KeyError for a root that is not locked."""
    wanted = {normal(root) for root in roots}
    if missing := sorted(wanted - set(lock)):
        raise KeyError(f"not in the lock: {', '.join(missing)}; run make lock")
    while more := {name for name, block in lock.items() if asked_for_by(block) & wanted} - wanted:
        wanted |= more
    return sorted(wanted)


def roots(project: Mapping[str, Any], extras: Iterable[str]) -> list[str]:
    """What pyproject.toml names for a plain installation and these extras."""
    table = project["project"]
    declared = [*table["dependencies"], *(item for extra in extras for item in table["optional-dependencies"][extra])]
    return [match[1] for item in declared if (match := NAME.match(item))]


def main() -> None:
    """Print."""
    lock = blocks(Path("requirements.lock").read_text(encoding="utf-8"))
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    wanted = ["hatchling"] if sys.argv[1:] == ["--build"] else roots(project, sys.argv[1:])
    print("\n".join(lock[name] for name in reached(lock, wanted)))


if __name__ == "__main__":
    main()
