"""What `wwwatch simulate` writes to disk: the log, and the ground truth beside it."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import orjson

from simulator.truth import Truth
from wwwatch.errors import InputError, UsageError


@contextmanager
def opened(output: str, append: bool, force: bool) -> Iterator[TextIO]:
    """The log to write to. A file with lines in it is not overwritten by accident: it could be a real one."""
    if output == "-":
        yield sys.stdout
        return
    path = Path(output)
    try:
        if not append and not force and path.exists() and path.stat().st_size:
            raise UsageError(f"{path} is there and not empty.", "Name another file, or add --force to overwrite it.")
        with path.open("a" if append else "w", encoding="ascii", newline="") as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(
            f"Cannot write {path}: {error.strerror}", "Choose a file in a folder you can write to."
        ) from error


def write_labels(path: Path, truth: Iterable[Truth]) -> None:
    """One JSON object an address and attack. Who reads the file meanwhile finds it whole."""
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(b"".join(orjson.dumps(found.record()) + b"\n" for found in truth))
        partial.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write the ground truth to {path}: {error.strerror}") from error
