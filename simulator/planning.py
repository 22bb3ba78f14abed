"""Which attacks come when, for somebody who only says "some"."""

from collections.abc import Sequence

from simulator.attacks import ATTACKS
from simulator.randomness import derive
from simulator.traffic import Planned

# Everyday attackers are neither the quietest nor the most violent.
LOWEST_STRENGTH, HIGHEST_STRENGTH = 0.15, 0.6
# The share of the span, from its end, in which no attack begins, so that most have room to finish.
TAIL_SHARE = 0.1


def spread(styles: Sequence[str], start: float, end: float, seed: int, strength: float | None = None) -> list[Planned]:
    """One run of each style at a random time of [start, end), those that take all day from the start on.

    strength: the same for all, or None for one drawn for each. Raise ValueError for an unknown style.
    """
    planned = []
    for name in styles:
        if name not in ATTACKS:
            raise ValueError(f"No attack style is called {name!r}. There are: {', '.join(ATTACKS)}")
        rng = derive(seed, "plan", name, int(start))
        chosen = LOWEST_STRENGTH + rng.random() * (HIGHEST_STRENGTH - LOWEST_STRENGTH) if strength is None else strength
        lasts = ATTACKS[name].figures(chosen).get("seconds", 0)
        room = max(0.0, (end - start) * (1 - TAIL_SHARE) - lasts)
        planned.append(Planned(name, round(start + rng.random() * room, 3), round(chosen, 3)))
    return sorted(planned, key=lambda plan: (plan.start, plan.style))


def spread_often(
    styles: Sequence[str], start: float, end: float, seed: int, strength: float | None = None, rounds: int = 1
) -> list[Planned]:
    """`spread` over each of `rounds` equal parts of the span."""
    length = (end - start) / rounds
    return [
        plan
        for number in range(rounds)
        for plan in spread(styles, start + number * length, start + (number + 1) * length, seed, strength)
    ]
