"""Counts over time as columns of characters: blocks on a terminal, plain ASCII elsewhere."""

from collections.abc import Sequence

EIGHTHS = " ▁▂▃▄▅▆▇█"
PLAIN = " .:#"
HEIGHT = 6


def columns(counts: Sequence[int], levels: str = EIGHTHS, height: int = HEIGHT) -> list[str]:
    """Lines, the highest first, of one column a count. levels: characters from empty to full.

    What is not zero shows, however small it is beside the highest.
    """
    top = max(counts, default=0)
    steps = len(levels) - 1
    filled = [-(-count * height * steps // top) if top else 0 for count in counts]
    return [
        "".join(levels[min(max(steps_up - row * steps, 0), steps)] for steps_up in filled)
        for row in reversed(range(height))
    ]
