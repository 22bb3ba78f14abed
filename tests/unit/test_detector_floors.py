"""Short windows tell of nothing low, so what is asked of them may be less: never too little."""

from collections import defaultdict

import hypothesis.strategies as st
from hypothesis import given

from detector.classes import ATTACK_CLASSES, Severity
from detector.features import GRAVE, REMEMBERED, SHORTLIST
from wwwatch.signs import INJECTION_TAGS

BELOW = {name: st.integers(0, floor - 1) for name, floor in GRAVE.items()}


@given(st.fixed_dictionaries(BELOW), st.sampled_from(INJECTION_TAGS), st.integers(0, 9))
def test_below_the_floors_of_short_windows_everything_but_a_flood_is_low(
    below: dict[str, int], tag: str, successes: int
) -> None:
    counts: defaultdict[str, float] = defaultdict(float, below)
    counts["login_failures"] = below["login_attempts"]
    counts["login_successes"] = successes
    counts["distinct_missing_paths"] = below["errors"]
    counts[tag] = min(below["hostile"], below["requests"])
    for attack in ATTACK_CLASSES.values():
        if attack.name != "dos":  # fewer requests than that floor in a minute are no flood
            assert attack.severity(counts) <= Severity.LOW


def test_what_is_judged_is_remembered() -> None:
    assert all(REMEMBERED[name] <= SHORTLIST[name] <= GRAVE[name] for name in SHORTLIST)
