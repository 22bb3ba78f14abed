"""Lines that come by network or pipe, which have no second copy to come back to, put into files first.

The follower then takes them from there as from any log: a store that is away, a shipper that is killed, positions, all
work the one way there is. A file is removed once it is delivered and nobody writes to it.
"""

import fcntl
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from ingest.servers import server_of
from ingest.source import Origin
from ingest.survey import Input
from wwwatch.errors import InputError

SEGMENT_BYTES = 64 << 20
LEAST_SEGMENT_BYTES = 1 << 20  # smaller ones are not worth a new file
MOST_STREAMS = 1000  # names come from the network: whoever makes them up gets no more files than that
OTHER = "other"
STDIN, SYSLOG = "stdin", "syslog"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")


class Spool:
    """The spool of one namespace, below `home`. most_bytes: what it may hold. Safe to use from several threads."""

    def __init__(self, home: Path, namespace: str, host: str, most_bytes: int) -> None:
        self._folder = home / "spool" / namespace
        self._host, self._most_bytes = host, most_bytes
        self._guard = Lock()
        self._open: dict[Path, _Segment] = {}
        self._held_bytes = sum(path.stat().st_size for path in self._folder.glob("**/*.log"))

    @property
    def full(self) -> bool:
        """Whether it holds as much as it may: receive no more until some of it is delivered."""
        return self._held_bytes >= self._most_bytes

    @property
    def input(self) -> Input:
        """What the follower is to follow."""
        return Input(str(self._folder / "**" / "*.log"), self._origin, expected=False)

    def append(self, kind: str, host: str, app: str, lines: Sequence[bytes]) -> None:
        """Keep lines. kind: STDIN or SYSLOG. host, app: as the sender says. Raise InputError if that is impossible."""
        folder = self._folder / kind / _safe(host, self._host) / _safe(app, OTHER)
        data = b"".join(line + b"\n" for line in lines)
        with self._guard:
            if folder not in self._open and len(self._open) >= MOST_STREAMS:
                folder = self._folder / kind / self._host / OTHER
            try:
                segment = self._open.get(folder)
                if segment is None or segment.size_bytes >= SEGMENT_BYTES:
                    if segment:
                        segment.close()
                    segment = self._open[folder] = _Segment(folder)
                segment.write(data)
            except OSError as error:
                raise InputError(
                    f"Cannot keep received lines in {folder}: {error.strerror}",
                    "Free space or correct permissions, or name another folder in home (WWWATCH_HOME).",
                ) from error
            self._held_bytes += len(data)

    def sync(self) -> None:
        """What was appended survives a power cut from now on."""
        with self._guard:
            written = [segment for segment in self._open.values() if segment.dirty]
        for segment in written:
            segment.sync()

    def forget(self, delivered: Mapping[str, int]) -> list[str]:
        """Remove what is delivered and complete; what one still writes to is completed if it is large.

        delivered: bytes by path. Return the paths that were removed.
        """
        return [name for name, size_bytes in delivered.items() if self._forget(Path(name), size_bytes)]

    def _forget(self, path: Path, size_bytes: int) -> bool:
        if self._folder not in path.parents:
            return False
        with self._guard:
            segment = self._open.get(path.parent)
            if segment and segment.path == path:
                if segment.size_bytes != size_bytes or size_bytes < LEAST_SEGMENT_BYTES:
                    return False
                self._open.pop(path.parent).close()
            try:
                if path.stat().st_size != size_bytes or not _let_go(path):
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
            self._held_bytes -= size_bytes
            return True

    def close(self) -> None:
        """Nothing more is received. What is there is delivered by this run or the next."""
        with self._guard:
            for segment in self._open.values():
                segment.sync()
                segment.close()
            self._open.clear()

    def _origin(self, path: str) -> Origin:
        kind, host, app = Path(path).relative_to(self._folder).parts[:3]
        return Origin(path, kind if kind == STDIN else f"{kind}:{app}", host, server_of(app))


class _Segment:
    """A file of the spool that is written to. A lock on it tells other shippers that it is not complete."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{time.time_ns()}-{os.getpid()}.log"
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        self.size_bytes = 0
        self.dirty = False

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.size_bytes += len(data)
        self.dirty = True

    def sync(self) -> None:
        self.dirty = False
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def _let_go(path: Path) -> bool:
    """Whether nobody writes to a segment any more."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _safe(name: str, otherwise: str) -> str:
    """A name from the network as the name of a folder."""
    return name if _SAFE.fullmatch(name) else otherwise
