"""Pins, and how an archive becomes a folder."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from wwwatch.engine.distribution import DISTRIBUTIONS, unpack
from wwwatch.errors import EngineError

OPENSEARCH = DISTRIBUTIONS["opensearch"]
WHOLE = replace(OPENSEARCH, without=())
TOP = OPENSEARCH.folder_name


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "engine.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, mode in (
            ("lib/a.jar", 0o600),
            ("bin/run", 0o700),
            ("modules/analysis-common/x", 0o644),
            ("modules/y/z", 0o644),
        ):
            entry = zipfile.ZipInfo(f"{TOP}/{name}")
            entry.external_attr = (0o100000 | mode) << 16
            made.writestr(entry, name)
    return path


def test_the_path_in_a_maven_repository() -> None:
    assert OPENSEARCH.path == ("org/opensearch/distribution/integ-test-zip/opensearch/3.8.0/opensearch-3.8.0.zip")


def test_everyone_can_read_what_was_unpacked(archive: Path, tmp_path: Path) -> None:
    engines = tmp_path / "engines"
    engines.mkdir()
    folder = unpack(WHOLE, archive, engines)
    assert folder == engines / TOP
    assert (folder / "lib" / "a.jar").stat().st_mode & 0o777 == 0o644
    assert (folder / "bin" / "run").stat().st_mode & 0o777 == 0o755
    assert (folder / "modules" / "analysis-common" / "x").exists()


def test_what_is_left_out_shows_in_the_name(archive: Path, tmp_path: Path) -> None:
    folder = unpack(OPENSEARCH, archive, tmp_path)
    assert folder.name == f"{TOP}-without-analysis-common"
    assert not (folder / "modules" / "analysis-common").exists()
    assert (folder / "modules" / "y" / "z").exists()


def test_half_unpacked_folders_of_the_dead_are_cleared_away(archive: Path, tmp_path: Path) -> None:
    (tmp_path / f".{TOP}.dead" / TOP).mkdir(parents=True)
    unpack(WHOLE, archive, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [TOP]


def test_a_broken_archive_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(EngineError, match="no zip archive"):
        unpack(OPENSEARCH, broken, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
