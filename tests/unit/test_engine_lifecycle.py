"""When waiting for the engine ends."""

import pytest

from wwwatch.engine.lifecycle import READY_SECONDS, STILL_SECONDS, _settled
from wwwatch.engine.state import Health


@pytest.mark.parametrize(
    ("health", "waited_seconds", "still_seconds", "settled"),
    [
        (Health(red=False, opening=0), 1.0, 0.0, True),
        (Health(red=False, opening=3), 1.0, 0.0, True),  # copies may come later; the data is there
        (Health(red=True, opening=3), 60.0, 0.0, False),
        (Health(red=True, opening=0), 60.0, STILL_SECONDS - 1, False),
        (Health(red=True, opening=0), 60.0, STILL_SECONDS + 1, True),
        (Health(red=True, opening=3), READY_SECONDS + 1, 0.0, True),
    ],
)
def test_settled(health: Health, waited_seconds: float, still_seconds: float, settled: bool) -> None:
    assert _settled(health, waited_seconds, still_seconds) is settled
