"""The main job, as `make demo` runs it."""

from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.mark.slow
def test_demo_finds_its_attacks_and_runs_twice(run: Run, tmp_path: Path) -> None:
    """The day is yesterday's, so what it holds differs from day to day: seven of nine is what any day must give."""
    done = run("demo", "--output", tmp_path / "demo", "--seed", "11")
    assert done.returncode == 0, done.stderr
    table = done.stdout.split("what was found")[1]
    attacks = [line for line in table.splitlines() if "│" in line and ":" in line.split("│")[0]]
    assert len(attacks) == 9
    assert sum("missed" not in line for line in attacks) >= 7
    page = (tmp_path / "demo" / "digest.html").read_text(encoding="utf-8")
    assert "data:image/" in page or "<svg" in page
    assert "<script" not in page
    again = run("demo", "--output", tmp_path / "demo", "--seed", "11")
    assert again.returncode == 0
    assert " 0 sent, " in again.stdout + again.stderr
