"""How far the files of a host are delivered, from the positions on its disk; no store is asked."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ingest.identity import identity, read_head
from ingest.positions import Position, position_of, stamp
from ingest.reader import opened
from wwwatch.errors import InputError


@dataclass(frozen=True)
class Progress:
    """store: cluster UUID of the store that has the lines. size_bytes, behind_bytes: None where the file is not to be
    found under its last name any more, or would have to be unpacked to tell.
    """

    store: str
    position: Position
    size_bytes: int | None
    behind_bytes: int | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        position = self.position
        return {
            "path": position.path,
            "identity": position.key,
            "store": self.store,
            "size_bytes": self.size_bytes,
            "delivered_bytes": position.offset,
            "behind_bytes": self.behind_bytes,
            "lines": position.lines,
            "delivered_at": position.delivered_at or None,
            "dataset": position.dataset,
            "format": position.format,
        }


def progress(home: Path, namespace: str, host: str) -> list[Progress]:
    """Every file known of a namespace, the latest delivery first."""
    found = [_progress(store, position, host) for store, position in _positions(home, namespace)]
    return sorted(found, key=lambda item: (item.position.delivered_at, item.position.path), reverse=True)


def _positions(home: Path, namespace: str) -> Iterator[tuple[str, Position]]:
    for path in sorted(home.glob(f"positions/*/{namespace}/*.json")):
        try:
            yield path.parent.parent.name, position_of(orjson.loads(path.read_bytes()))
        except (OSError, orjson.JSONDecodeError, TypeError) as error:
            raise InputError(
                f"The position file {path} cannot be read: {error}", "Delete it, and ship again."
            ) from error


def _progress(store: str, position: Position, host: str) -> Progress:
    try:
        with opened(position.path) as stream:
            if identity(host, read_head(stream, position.path)) != position.identity:
                return Progress(store, position, None, None)
            status = os.fstat(stream.fileno())
    except InputError:
        return Progress(store, position, None, None)
    if position.whole:
        return Progress(store, position, None, 0 if position.whole == stamp(status) else None)
    behind = status.st_size - position.offset
    return Progress(store, position, status.st_size, behind if behind >= 0 else None)
