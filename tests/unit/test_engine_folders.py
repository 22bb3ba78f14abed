"""Where the engine's files go, and to whom they belong."""

import os
from pathlib import Path

import pytest

from wwwatch.engine import folders as folders_module
from wwwatch.engine.folders import Account, Folders, engine_account


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """The folders the engine's user can reach."""
    reachable: set[Path] = set()
    monkeypatch.setattr(folders_module, "can_reach", lambda path, account: account is None or path in reachable)
    return reachable


def make(tmp_path: Path, account: Account | None = None, home: str = "home") -> Folders:
    return Folders(tmp_path / home, tmp_path / "cache", "opensearch", account, system=tmp_path / "system")


def test_a_normal_user_keeps_everything_at_home(tmp_path: Path) -> None:
    folders = make(tmp_path)
    assert folders.base == tmp_path / "home" / "engine" / "opensearch"
    assert folders.engines == tmp_path / "cache" / "engines"


def test_root_uses_home_if_the_engines_user_can_reach_it(tmp_path: Path, reach: set[Path]) -> None:
    reach |= {tmp_path / "home", tmp_path / "cache"}
    folders = make(tmp_path, Account(1, 1))
    assert folders.base == tmp_path / "home" / "engine" / "opensearch"
    assert folders.engines == tmp_path / "cache" / "engines"


def test_root_goes_to_the_systems_folder_otherwise_and_keeps_homes_apart(tmp_path: Path, reach: set[Path]) -> None:
    one, two = make(tmp_path, Account(1, 1)), make(tmp_path, Account(1, 1), "other")
    assert tmp_path / "system" in one.base.parents
    assert one.base != two.base
    assert one.cluster_name != two.cluster_name
    assert one.engines == two.engines == tmp_path / "system" / "engines"
    assert one.downloads == tmp_path / "cache" / "downloads"  # only root reads them


def test_only_root_needs_another_user() -> None:
    assert engine_account(1000) is None
    nobody = engine_account(0)
    assert nobody is not None
    assert nobody.user_id != 0
    assert nobody.process_options["extra_groups"] == []


def test_reach_is_asked_of_the_system(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can ask for another user")
    nobody = engine_account(0)
    assert folders_module.can_reach(Path("/usr/not/there/yet"), nobody)
    assert not folders_module.can_reach(tmp_path / "x", nobody)  # pytest's folder is private


def test_prepare_begins_config_anew_and_keeps_data(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.prepare({"a.yml": "a"})
    (folders.data / "kept").touch()
    folders.log.write_text("old")
    folders.ports_file.write_text("127.0.0.1:1\n")
    (folders.tmp / "rest").touch()
    folders.prepare({"b.yml": "b"})
    assert (folders.data / "kept").exists()
    assert [path.name for path in folders.config.iterdir()] == ["b.yml"]
    assert not folders.ports_file.exists()
    assert not folders.log.exists()
    assert not any(folders.tmp.iterdir())
    assert folders.base.stat().st_mode & 0o077 == 0


def test_remove_deletes_only_its_own(tmp_path: Path, reach: set[Path]) -> None:
    folders = make(tmp_path, Account(os.geteuid(), os.getegid()))
    folders.prepare({})
    neighbour = folders.system / "homes" / "other"
    neighbour.mkdir()
    folders.remove()
    assert list((folders.system / "homes").iterdir()) == [neighbour]


def test_remove_leaves_the_home(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.prepare({})
    (folders.home / "positions").touch()
    folders.lock.touch()
    folders.remove()
    assert not folders.base.exists()
    assert (folders.home / "positions").exists()
