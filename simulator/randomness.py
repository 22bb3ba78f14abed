"""Chance that repeats: every actor draws from a generator of its own, named after what it is for.

So one actor more changes nothing about the others, and the same seed gives the same traffic on every platform
(a text seeds `random.Random` through SHA-512, never through `hash`).
"""

import math
from random import Random


def derive(seed: int | str, *parts: object) -> Random:
    """The generator of one purpose: the same seed and parts always give the same numbers."""
    return Random(":".join(map(str, (seed, *parts))))


def poisson(rng: Random, mean: float) -> int:
    """How many of many rare things happen. Exact below a mean of 30, the normal approximation above."""
    if mean <= 0:
        return 0
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def around(rng: Random, median: float, spread: float = 0.6) -> float:
    """A positive figure around its median, skewed to the right as durations and sizes are (log-normal)."""
    return median * math.exp(rng.gauss(0.0, spread))


def logarithmic(low: float, high: float, strength: float) -> float:
    """The figure at `strength` (0 to 1) of the way from low to high, in equal factors. Both must be positive."""
    return low * math.exp(math.log(high / low) * strength)


def pronounceable(rng: Random, syllables: int) -> str:
    """A made-up word."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(syllables))


def letters(rng: Random, length: int, alphabet: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> str:
    """Random text: tokens, cache busters, file hashes."""
    return "".join(rng.choices(alphabet, k=length))
