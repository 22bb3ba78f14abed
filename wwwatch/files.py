"""Files others read while we write them: whole or not at all."""

import os
import tempfile
from pathlib import Path

from wwwatch.errors import InputError

READABLE = 0o644


def write_atomically(path: Path, text: str, mode: int = READABLE) -> None:
    """Replace a file by a text, flushed to disk first: a reader sees the old one or the new one.

    A link is followed. Raise InputError if it cannot be written; the old file then stays.
    """
    path = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(mode)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.", "Name a file in a folder that is there.") from error
