"""What makes a log file the same file: its host and its first line. Name, inode and compression may change."""

import base64
import hashlib

from ingest.reader import ByteSource, read_piece
from wwwatch.errors import InputError

DIGEST_BYTES = 10  # 16 characters, in every id: short, and a million files still differ
HEAD_BYTES = 1 << 16


def identity(host: str, head: bytes) -> str:
    """16 lower-case characters from the host's name and the first telling line of a log.

    head: the first bytes of the decompressed stream. Blank lines and `#` headers, which many files share, do not tell.
    """
    lines = head.split(b"\n")
    first = next(filter(_tells, lines), lines[0])
    digest = hashlib.blake2b(host.encode() + b"\0" + first.rstrip(b"\r"), digest_size=DIGEST_BYTES).digest()
    return base64.b32encode(digest).decode().lower()


def is_settled(head: bytes) -> bool:
    """Whether the first telling line is whole, so that the identity stays while the log grows."""
    return len(head) >= HEAD_BYTES or any(map(_tells, head.split(b"\n")[:-1]))


def _tells(line: bytes) -> bool:
    return bool(line.strip()) and not line.startswith(b"#")


def read_head(stream: ByteSource, path: str) -> bytes:
    """The first HEAD_BYTES of a stream, or all that can be read. Raise InputError if nothing can."""
    head = b""
    while len(head) < HEAD_BYTES:
        try:
            piece = read_piece(stream, path, len(head), HEAD_BYTES - len(head))
        except InputError:
            if b"\n" in head:
                break  # the reader meets the damage again, after it has delivered the lines before it
            raise
        if not piece:
            break
        head += piece
    return head
