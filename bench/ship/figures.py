"""Figures as a table: what was measured, what is to be reached, and whether it was."""

from collections.abc import Iterable
from dataclasses import dataclass

from wwwatch.console import print_table


@dataclass(frozen=True)
class Figure:
    """at_least: whether more is better. target: what is to be reached, None for what is only to compare with."""

    what: str
    measured: float
    unit: str
    target: float | None = None
    at_least: bool = True

    @property
    def reached(self) -> bool | None:
        """None where there is nothing to reach."""
        if self.target is None:
            return None
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    def cells(self) -> tuple[str, str, str, str]:
        """what, measured, to reach, reached."""
        if self.target is None:
            return self.what, self.shown(self.measured), "", ""
        sign = "≥" if self.at_least else "≤"
        return (
            self.what,
            self.shown(self.measured),
            f"{sign} {self.shown(self.target)}",
            "yes" if self.reached else "NO",
        )

    def shown(self, value: float) -> str:
        """With its unit, in as many digits as mean something."""
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f} {self.unit}".rstrip()


def print_figures(title: str, figures: Iterable[Figure]) -> None:
    """The table, on stdout."""
    rows = [figure.cells() for figure in figures]
    print_table(title, ("what", "measured", "to reach", "reached"), rows, numeric=("measured", "to reach"))
