"""Positions of files long gone are removed, and those of files still looked at never."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.positions import Position, Positions

NOW = datetime.now(UTC)
LONG = timedelta(days=200)
KEPT = timedelta(days=180)


def positions(home: Path, *known: Position) -> Positions:
    """Positions on disk that were last looked at long ago."""
    kept = Positions(home, "cluster", None, "shop", "web1")
    for position in known:
        with kept.locked(position.key, position.path):
            kept.write(position)
    for path in home.rglob("*.json"):
        os.utime(path, ((NOW - LONG).timestamp(),) * 2)
    return kept


ONE = Position("a" * 16, "/var/log/one.log", "nginx.access", "combined", offset=5)


def files(home: Path) -> set[str]:
    return {path.name for path in home.rglob("*") if path.is_file()}


def test_what_nobody_looked_at_goes_with_its_lock(tmp_path: Path) -> None:
    kept = positions(tmp_path, ONE)
    assert kept.prune(NOW - LONG - KEPT) == 0
    assert kept.prune(NOW - KEPT) == 1
    assert files(tmp_path) == set()


def test_a_file_that_is_shipped_again_without_news_keeps_its_position(tmp_path: Path) -> None:
    kept = positions(tmp_path, ONE)
    assert kept.known(ONE.identity) == [ONE]
    assert kept.prune(NOW - KEPT) == 0
    assert kept.known(ONE.identity) == [ONE]


def test_files_with_one_first_line_go_together_or_not_at_all(tmp_path: Path) -> None:
    kept = positions(tmp_path, ONE, replace(ONE, slot=1))
    newer = next(path for path in tmp_path.rglob("*.json") if path.stem.endswith("-1"))
    os.utime(newer)
    assert kept.prune(NOW - KEPT) == 0
    assert len(kept.known(ONE.identity)) == 2


def test_a_file_that_is_being_shipped_keeps_its_position(tmp_path: Path) -> None:
    kept = positions(tmp_path, ONE)
    with kept.locked(ONE.key, ONE.path):
        assert kept.prune(NOW - KEPT) == 0
    assert kept.known(ONE.identity) == [ONE]
