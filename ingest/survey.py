"""Which files there are to follow, found by name, known by inode."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.reader import matches
from ingest.source import Origin

Inode = tuple[int, int]  # device, number


@dataclass(frozen=True)
class Input:
    """What is followed: a path or a glob, and what to take a file of it for. expected: that there is a file is."""

    pattern: str
    origin_of: Callable[[str], Origin]
    expected: bool = True


@dataclass(frozen=True)
class Found:
    """A file at one moment. modified_ns: of its content, touched_ns: of its name, permissions or content."""

    origin: Origin
    inode: Inode
    size_bytes: int
    modified_ns: int
    touched_ns: int = 0


@dataclass(frozen=True)
class Survey:
    """files: by inode, each under the first name that leads to it. names: every name, also what a link points to.
    directories: where files may come, go or change. missing: patterns that match nothing.
    """

    files: dict[Inode, Found]
    names: dict[str, Inode]
    directories: set[str]
    missing: list[str]


def survey(inputs: Iterable[Input]) -> Survey:
    """Look."""
    result = Survey({}, {}, set(), [])
    for item in inputs:
        paths = matches(item.pattern)
        seen = 0
        for path in paths:
            try:
                status = os.stat(path)
            except OSError:
                continue  # it went between two looks, or is a link to nothing
            seen += 1
            inode = (status.st_dev, status.st_ino)
            for name in {path, os.path.realpath(path)} if os.path.islink(path) else (path,):
                result.names[os.path.normpath(name)] = inode
                result.directories.add(os.path.dirname(name) or ".")
            if inode not in result.files:
                touched_ns = max(status.st_mtime_ns, status.st_ctime_ns)
                result.files[inode] = Found(item.origin_of(path), inode, status.st_size, status.st_mtime_ns, touched_ns)
        if not seen:
            if item.expected:
                result.missing.append(item.pattern)
            result.directories.add(str(_standing(Path(item.pattern).parent)))
    return result


def _standing(folder: Path) -> Path:
    """The deepest part of a path that is there and holds no pattern."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
