"""The fuzz targets, as far as fits into a test run; `make fuzz` goes on for as long as you like."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

RUNS = 1500


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(TARGETS)), st.data())
def test_mutations(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS[name]))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, len(seed)))
    TARGETS[name](seed[:start] + data.draw(st.binary(max_size=20)) + seed[end:])


@pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="atheris has no wheel for this platform")
def test_a_short_search() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "any", f"-runs={RUNS}", "-seed=1"]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, timeout=300,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
