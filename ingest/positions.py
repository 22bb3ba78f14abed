"""How far each file is delivered. Kept on disk, and mirrored in the store for when the disk is lost.

A position moves only after the store has acknowledged everything before it. What may have been sent beyond it is
noted before it is sent, so that a crash leaves no doubt about which lines are in doubt.
"""

import gzip
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import filelock
import orjson

from ingest.reader import READ_BYTES, TAIL_BYTES, LogFile, read_piece
from wwwatch.errors import InputError
from wwwatch.store import Store, names

OPEN_END = 1 << 62  # in doubt up to the end, however long the file is


@dataclass(frozen=True)
class Position:
    """offset: delivered bytes of the decompressed stream. sent_to: how far lines may have been sent, offset or more.
    lines: delivered lines. tail: digest of the last TAIL_BYTES before offset, to tell files with one first line apart.
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
    indices: dict[str, str] = field(default_factory=dict)


class Positions:
    """The positions of one namespace in one store."""

    def __init__(self, home: Path, store: Store, namespace: str, host: str) -> None:
        self._folder = home / "positions" / store.cluster_uuid / namespace
        self._store = store
        self._namespace = namespace
        self._host = host

    @contextmanager
    def locked(self, identity: str, path: str) -> Iterator[None]:
        """Keep other shippers on this machine off this file. Raise InputError if one is at it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self._folder / f"{identity}.lock", timeout=0)
            lock.acquire()
        except filelock.Timeout as error:
            raise InputError(
                f"Another wwwatch ship is delivering {path} right now.", "Let it finish, then run this again."
            ) from error
        except OSError as error:
            raise _no_home(self._folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def read(self, identity: str) -> Position | None:
        """The position on disk, else the one in the store, else None."""
        try:
            return Position(**orjson.loads(self._file(identity).read_bytes()))
        except FileNotFoundError:
            return self._mirrored(identity)
        except (OSError, orjson.JSONDecodeError, TypeError) as error:
            raise InputError(
                f"The position file {self._file(identity)} cannot be read: {error}",
                "Delete it: the position is then taken from the store, and lines sent before are not stored twice.",
            ) from error

    def write(self, position: Position) -> None:
        """Put it on disk so that it survives a power cut."""
        path = self._file(position.identity)
        temporary = path.with_suffix(".new")
        try:
            with temporary.open("wb") as file:
                file.write(orjson.dumps(asdict(position), option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _no_home(path, error) from error

    def mirror(self, position: Position, now_iso: str) -> None:
        """Put it in the store."""
        document = {
            "@timestamp": now_iso,
            "host": {"name": self._host},
            "log": {"offset": position.offset, "file": {"path": position.path}},
            "wwwatch": {"namespace": self._namespace, "position": asdict(position)},
        }
        document["wwwatch"] |= {"identity": position.identity}  # type: ignore[operator]
        self._store.write_documents(names.POSITIONS, [(self._id(position.identity), document)], refresh=False)

    def _mirrored(self, identity: str) -> Position | None:
        document = self._store.get_document(names.POSITIONS, self._id(identity))
        if document is None:
            return None
        fields: dict[str, Any] = document["wwwatch"]["position"]
        # The mirror may lag behind the file that is lost: what was sent after it must be looked up.
        return replace(Position(**fields), sent_to=OPEN_END)

    def _id(self, identity: str) -> str:
        return f"{identity}-{self._namespace}"

    def _file(self, identity: str) -> Path:
        return self._folder / f"{identity}.json"


def _no_home(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot keep positions in {path}: {error.strerror}",
        "Free space or correct permissions, or name another folder in home (WWWATCH_HOME). Nothing is lost.",
    )


def tail_digest(tail: bytes) -> str:
    """A short digest of the bytes before an offset."""
    return hashlib.blake2b(tail, digest_size=8).hexdigest()


def skip(stream: LogFile, path: str, position: Position) -> bytes | None:
    """Bring a stream from its start to the position; return the bytes before it, at most TAIL_BYTES.

    None if what is there is not what was delivered; the stream then stands anywhere. Only a gzip stream is read
    through; a plain one is sought.
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
    return tail if tail_digest(tail) == position.tail else None
