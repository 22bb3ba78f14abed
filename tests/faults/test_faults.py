"""The fault suite in its short form. `make soak` is the long one."""

import os
from pathlib import Path

import pytest

from tests.faults.scenarios import SCENARIOS
from tests.faults.world import Scale, World

SEED = int(os.environ.get("WWWATCH_TEST_SEED", "1"))
PEAK_BYTES = 250 << 20


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_line_is_stored_once(engine_url: str, tmp_path: Path, name: str) -> None:
    found = SCENARIOS[name](World(engine_url, tmp_path, SEED), Scale())
    assert found.lost <= found.bound, found
    assert found.duplicates == 0, found
    assert found.struck > 0, found
    assert (found.peak_bytes or 0) <= PEAK_BYTES, found
