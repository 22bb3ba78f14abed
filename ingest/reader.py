"""From files to chunks of whole lines, each with its place in the decompressed stream."""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from glob import glob, has_magic
from io import BufferedReader
from pathlib import Path
from typing import Protocol, cast

from wwwatch.errors import InputError, UsageError

CHUNK_BYTES = 4 << 20
READ_BYTES = 1 << 20
LONGEST_LINE_BYTES = 1 << 20
TAIL_BYTES = 1024
GZIP_MAGIC = b"\x1f\x8b"
STDIN = "-"
LogFile = BufferedReader | gzip.GzipFile


class ByteSource(Protocol):
    """What the reader needs of a stream: bytes as they come, empty at the end."""

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes, without waiting for all of them."""


class Prefixed:
    """A stream that cannot be sought, from its start again: the bytes read already, then the rest."""

    def __init__(self, head: bytes, stream: ByteSource) -> None:
        self._head, self._stream = head, stream

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
            return piece
        return self._stream.read1(size)


@dataclass(frozen=True)
class Chunk:
    """Whole lines in their order.

    lines: without their line feeds, each cut at LONGEST_LINE_BYTES. lengths: real length in bytes of those that
    were cut, by position. offset, end: place of the first byte, and of the byte after the last one, in the
    decompressed stream. tail: the last bytes before end, at most TAIL_BYTES. terminated: False if the last line has
    no line feed (yet).
    """

    offset: int
    end: int
    lines: list[bytes]
    tail: bytes
    lengths: dict[int, int] = field(default_factory=dict)
    terminated: bool = True


def expand(paths: Sequence[str]) -> list[str]:
    """Files named on a command line, globs resolved, each once, in order. Raise UsageError where nothing matches."""
    found: list[str] = []
    for path in paths:
        if path != STDIN and has_magic(path) and not Path(path).exists():
            matches = sorted(item for item in glob(path, recursive=True) if not Path(item).is_dir())  # noqa: PTH207 - Path.glob takes no absolute pattern
            if not matches:
                raise UsageError(f"No file matches {path}.", "Check the folder and the pattern.")
            found += matches
        else:
            found.append(path)
    return list(dict.fromkeys(found))


@contextmanager
def opened(path: str) -> Iterator[LogFile]:
    """The decompressed bytes of a file, or of stdin for `-`. Raise InputError if it cannot be opened."""
    with _raw(path) as raw:
        try:
            compressed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}") from error
        if not compressed:
            yield raw
        else:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked


def _raw(path: str) -> AbstractContextManager[BufferedReader]:
    if path == STDIN:
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    if Path(path).is_dir():
        raise InputError(f"{path} is a directory.", f"Name files or a glob such as {path.rstrip('/')}/*.log")
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise InputError(f"Cannot open {path}: {error.strerror}") from error


def resumable(path: str) -> bool:
    """Whether a path can be read from its start again. Pipes (stdin, process substitution) cannot."""
    return path != STDIN and Path(path).is_file()


def read_piece(stream: ByteSource, path: str, offset: int, size: int = READ_BYTES) -> bytes:
    """The next bytes, empty at the end. Raise InputError saying where it broke: broken gzip, failing disk."""
    try:
        return stream.read1(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path} is damaged after {offset:,} decompressed bytes: {error}",
            "The lines before are delivered. Mend or fetch the file again, and run the same command.",
        ) from error
    except OSError as error:
        raise InputError(f"Cannot read on in {path} after {offset:,} bytes: {error.strerror}") from error


def chunks(stream: ByteSource, path: str, offset: int = 0, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Chunks of whole lines from `offset` (where the stream stands) to the end.

    Memory stays bounded: of a line longer than LONGEST_LINE_BYTES only the head is kept. If reading breaks, the
    whole lines before are yielded first, then InputError is raised.
    """
    pieces: list[bytes] = []
    held = 0
    while True:
        try:
            piece = read_piece(stream, path, offset + held)
        except InputError:
            yield from _whole_lines(b"".join(pieces), offset)
            raise
        pieces.append(piece)
        held += len(piece)
        if piece and held < chunk_bytes:
            continue
        data = b"".join(pieces)
        cut = data.rfind(b"\n") + 1
        if not piece:
            yield from _whole_lines(data, offset)
            if data[cut:]:
                yield _tail(data[cut:], offset + cut)
            return
        if cut:
            yield from _whole_lines(data[:cut], offset)
            pieces, held, offset = [data[cut:]], len(data) - cut, offset + cut
        else:
            chunk, rest = _long_line(stream, path, data, offset)
            yield chunk
            pieces, held, offset = [rest], len(rest), chunk.end


def _whole_lines(data: bytes, offset: int) -> Iterator[Chunk]:
    """Nothing, or one chunk of the terminated lines of data."""
    cut = data.rfind(b"\n") + 1
    if not cut:
        return
    lines = data[: cut - 1].split(b"\n")
    lengths = {number: len(line) for number, line in enumerate(lines) if len(line) > LONGEST_LINE_BYTES}
    for number in lengths:
        lines[number] = lines[number][:LONGEST_LINE_BYTES]
    yield Chunk(offset, offset + cut, lines, data[max(0, cut - TAIL_BYTES) : cut], lengths)


def _tail(line: bytes, offset: int) -> Chunk:
    """A last line without line feed."""
    lengths = {0: len(line)} if len(line) > LONGEST_LINE_BYTES else {}
    return Chunk(offset, offset + len(line), [line[:LONGEST_LINE_BYTES]], line[-TAIL_BYTES:], lengths, terminated=False)


def _long_line(stream: ByteSource, path: str, data: bytes, offset: int) -> tuple[Chunk, bytes]:
    """Read on to the end of a line that is longer than a chunk, keeping its head only; and what was read beyond."""
    head, tail, length = data[:LONGEST_LINE_BYTES], data[-TAIL_BYTES:], len(data)
    while True:
        piece = read_piece(stream, path, offset + length)
        feed = piece.find(b"\n")
        end = len(piece) if feed < 0 else feed + 1
        tail = (tail + piece[:end])[-TAIL_BYTES:]
        if feed >= 0:
            length += feed
            return Chunk(offset, offset + length + 1, [head], tail, {0: length}), piece[end:]
        length += len(piece)
        if not piece:
            return Chunk(offset, offset + length, [head], tail, {0: length}, terminated=False), b""
