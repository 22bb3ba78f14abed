"""How far each file is delivered. Kept on disk, and mirrored in the store for when the disk is lost.

A position moves only after the store has acknowledged everything before it. What may have been sent beyond it is
noted before it is sent, so that a crash leaves no doubt about which lines are in doubt.
"""

import gzip
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import filelock
import orjson

from ingest.reader import READ_BYTES, TAIL_BYTES, LogFile, read_piece
from ingest.road import Road
from wwwatch.console import plain_markup, say
from wwwatch.errors import InputError
from wwwatch.retention_settings import kept_for
from wwwatch.settings import Settings
from wwwatch.store import Store, StoreRefused, names

OPEN_END = 1 << 62  # in doubt up to the end, however long the file is
SLOTS = 16  # files with one first line that are told apart; more of them take turns in the last slot


class Held(InputError):  # noqa: N818 - reads as the condition it names
    """Another shipper is delivering this file. key: of its position."""

    def __init__(self, path: str, key: str) -> None:
        super().__init__(f"Another wwwatch ship is delivering {path} right now.", "Let it finish, then run this again.")
        self.key = key


@dataclass(frozen=True)
class Position:
    """offset: delivered bytes of the decompressed stream. sent_to: how far lines may have been sent, offset or more.
    lines: delivered lines. tail: digest of the last TAIL_BYTES before offset, to tell files with one first line apart;
    slot: the number of such a file. delivered_at: ISO 8601 UTC, empty before the first line. whole: the `stamp` of the
    file when it was delivered to its end, if it is compressed: it need not be unpacked to see that nothing is new.
    indices: the backing index each stream wrote to when what is in doubt, or the line before, was sent: it tells
    whether the stream has rolled over since.
    """

    identity: str
    path: str
    dataset: str
    format: str
    offset: int = 0
    sent_to: int = 0
    lines: int = 0
    tail: str = ""
    slot: int = 0
    delivered_at: str = ""
    whole: str = ""
    indices: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is kept under."""
        return f"{self.identity}-{self.slot}" if self.slot else self.identity


class Positions:
    """The positions of one namespace at one place: a store's cluster, a topic. mirror: the store that keeps copies."""

    def __init__(self, home: Path, place: str, mirror: Store | None, namespace: str, host: str) -> None:
        self._folder = home / "positions" / place / namespace
        self._store = mirror
        self._namespace = namespace
        self._host = host

    @contextmanager
    def locked(self, key: str, path: str) -> Iterator[None]:
        """Keep other shippers on this machine off this file. Raise Held if one is at it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self._folder / f"{key}.lock", timeout=0)
            lock.acquire()
        except filelock.Timeout as error:
            raise Held(path, key) from error
        except OSError as error:
            raise _no_home(self._folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def known(self, identity: str) -> list[Position]:
        """The positions of the files that start with this line, by slot: those on disk, else those in the store."""
        found: list[Position] = []
        while position := self.read(Position(identity, "", "", "", slot=len(found)).key):
            found.append(position)
            os.utime(self._file(position.key))  # its file is still there: `prune` goes by that
        return found or self._mirrored(identity)

    def prune(self, before: datetime) -> int:
        """Remove positions, and locks, of files that no run has looked at since. Return how many files that were.

        A file that is shipped again after that is sent as a new one.
        """
        old: dict[str, list[Path]] = {}
        for path in self._folder.glob("*.json"):
            old.setdefault(path.stem.partition("-")[0], []).append(path)
        gone = 0
        for paths in old.values():  # all files with one first line, or none: their slots are counted without a gap
            if all(path.stat().st_mtime < before.timestamp() for path in paths):
                gone += self._remove(paths)
        return gone

    def _remove(self, paths: list[Path]) -> int:
        with ExitStack() as locks:
            try:
                for path in paths:
                    locks.enter_context(self.locked(path.stem, str(path)))
            except Held:
                return 0
            for path in paths:
                path.unlink(missing_ok=True)
                path.with_suffix(".lock").unlink(missing_ok=True)
        return len(paths)

    def read(self, key: str) -> Position | None:
        """The position on disk; None if there is none."""
        try:
            return position_of(orjson.loads(self._file(key).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError, TypeError) as error:
            raise InputError(
                f"The position file {self._file(key)} cannot be read: {error}",
                "Delete it: the position is then taken from the store, and lines sent before are not stored twice.",
            ) from error

    def write(self, *positions: Position) -> None:
        """Put them on disk so that they survive a power cut."""
        path = self._folder
        try:
            for position in positions:
                path = self._file(position.key)
                with path.with_suffix(".new").open("wb") as file:
                    file.write(orjson.dumps(asdict(position), option=orjson.OPT_INDENT_2))
                    file.flush()
                    os.fsync(file.fileno())
                path.with_suffix(".new").replace(path)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _no_home(path, error) from error

    def mirror(self, now_iso: str, *positions: Position) -> None:
        """Put them in the store."""
        documents = [(self._id(position.key), self._document(position, now_iso)) for position in positions]
        if self._store is None:
            return
        try:
            self._store.write_documents(names.POSITIONS, documents, refresh=False)
        except StoreRefused as error:
            self._forbidden(error)

    def _document(self, position: Position, now_iso: str) -> dict[str, Any]:
        return {
            "@timestamp": now_iso,
            "host": {"name": self._host},
            "log": {"offset": position.offset, "file": {"path": position.path}},
            "wwwatch": {
                "namespace": self._namespace,
                "identity": position.identity,
                "position": asdict(position),
            },
        }

    def _mirrored(self, identity: str) -> list[Position]:
        found: list[Position] = []
        try:
            while self._store and (
                document := self._store.get_document(
                    names.POSITIONS, self._id(Position(identity, "", "", "", slot=len(found)).key)
                )
            ):
                # The mirror may lag behind the file that is lost: what was sent after it must be looked up.
                found.append(replace(position_of(document["wwwatch"]["position"]), sent_to=OPEN_END))
        except StoreRefused as error:
            self._forbidden(error)
        return found

    def _forbidden(self, error: StoreRefused) -> None:
        """The positions on disk do without a mirror."""
        self._store = None
        say(f"Positions are kept on this machine only. {plain_markup(error.message)}")

    def _id(self, key: str) -> str:
        return f"{key}-{self._namespace}"

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def prune_old(road: Road, settings: Settings, namespace: str, started: datetime) -> int:
    """After a run that looked at all its files: remove positions of those nobody looked at for as long as the settings
    keep them. started: when this run began. Return how many.
    """
    kept = kept_for(settings.retention.positions_days)
    positions = Positions(settings.home, road.place, road.mirror, namespace, settings.host.name)
    return positions.prune(started - kept) if kept else 0


def position_of(kept: dict[str, Any]) -> Position:
    """A position as it was kept, by this version or another one."""
    known = {item.name for item in fields(Position)}
    return Position(**{name: value for name, value in kept.items() if name in known})


def _no_home(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot keep positions in {path}: {error.strerror}",
        "Free space or correct permissions, or name another folder in home (WWWATCH_HOME). Nothing is lost.",
    )


def stamp(status: os.stat_result) -> str:
    """What changes whenever a file does."""
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def tail_digest(tail: bytes) -> str:
    """A short digest of the bytes before an offset."""
    return hashlib.blake2b(tail, digest_size=8).hexdigest()


def fitting(stream: LogFile, path: str, known: list[Position]) -> Generator[None, None, tuple[Position, bytes] | None]:
    """Of the positions of files with one first line, the one that is this file's, and the bytes before it (at most
    TAIL_BYTES); the stream then stands there. None if what is in the file was never delivered from it.

    A generator: it yields now and then, since reading through a compressed file takes time that others may need.
    """
    for position in sorted(known, key=lambda position: -position.offset):
        stream.seek(0)
        tail = (yield from skip(stream, path, position)) if position.offset else b""
        if tail is not None:
            return position, tail
    stream.seek(0)
    return None


def skip(stream: LogFile, path: str, position: Position) -> Generator[None, None, bytes | None]:
    """Bring a stream from its start to the position; return the bytes before it, at most TAIL_BYTES.

    None if what is there is not what was delivered; the stream then stands anywhere. Only a gzip stream is read
    through, yielding after each READ_BYTES; a plain one is sought.
    """
    done = 0
    if not isinstance(stream, gzip.GzipFile):
        done = max(0, position.offset - TAIL_BYTES)
        stream.seek(done)
    tail = b""
    while done < position.offset:
        piece = read_piece(stream, path, done, min(READ_BYTES, position.offset - done))
        if not piece:
            return None
        done += len(piece)
        tail = (tail + piece)[-TAIL_BYTES:]
        yield
    return tail if tail_digest(tail) == position.tail else None
