"""Rates with the interval the sample allows."""

import math
from dataclasses import dataclass

# 95 % of a normal distribution lies within this many standard deviations.
Z = 1.959964


@dataclass(frozen=True)
class Rate:
    """A share of `hits` in `total`; `total` may be a sum of shares, as in an average by run."""

    hits: float
    total: float

    @property
    def value(self) -> float:
        """hits / total; NaN where nothing was counted."""
        return self.hits / self.total if self.total else math.nan

    def interval(self) -> tuple[float, float]:
        """The 95 % score interval (Wilson, 1927); it stays inside 0..1 also where all or none were hits."""
        if not self.total:
            return 0.0, 1.0
        share, n = self.value, self.total
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        """`0.97 (0.91-0.99)`; `-` where nothing was counted."""
        if not self.total:
            return "-"
        low, high = self.interval()
        return f"{self.value:.2f} ({low:.2f}-{high:.2f})"


def upper_bound(events: int, exposure: float) -> float:
    """The 95 % upper bound of a Poisson rate: events in so much exposure (site-weeks). None seen gives 3 / exposure.

    Rule of three for none; else Byar's approximation of the exact limit.
    """
    if exposure <= 0:
        return math.inf
    if events == 0:
        return 3.0 / exposure
    n = events + 1
    return n * (1 - 1 / (9 * n) + Z / (3 * math.sqrt(n))) ** 3 / exposure
