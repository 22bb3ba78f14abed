"""What a panel is, as data. `pages/` is written in these words; the back ends and the queries read them."""

from dataclasses import dataclass, field
from typing import Literal

from dashboards.filters import Filter

WIDTH = 48  # columns of the grid, in both products


@dataclass(frozen=True)
class Measure:
    """A figure.

    of: `count` counts documents, those of `where` if given; `share` is the part of the documents that `where` takes;
    the others are figures of a field. percent: which percentile. colour: of its line or bar.
    """

    label: str
    of: Literal["count", "share", "unique", "sum", "mean", "max", "min", "percentile"] = "count"
    field: str = ""
    where: Filter | None = None
    percent: int = 95
    colour: str = ""


@dataclass(frozen=True)
class Top:
    """The `size` values of a field with the most of the first measure."""

    field: str
    label: str
    size: int = 10


@dataclass(frozen=True)
class Group:
    """A group of documents with its name and its colour, the same on every page."""

    label: str
    where: Filter
    colour: str


@dataclass(frozen=True)
class Groups:
    """Named groups, in this order. They must not overlap."""

    label: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Ranges:
    """Ranges of a number between edges: low <= value < high. None: without end."""

    field: str
    label: str
    edges: tuple[float | None, ...]


Split = Top | Groups | Ranges


@dataclass(frozen=True, kw_only=True)
class Panel:
    """id: stable and its own on the page. answers: the question, in words, shown with the panel. data: a data view of
    `data_views.py`. where: which of its documents."""

    id: str
    title: str
    answers: str
    data: str = "access"
    where: Filter | None = None


@dataclass(frozen=True, kw_only=True)
class Figure(Panel):
    """One number, large."""

    measure: Measure


@dataclass(frozen=True, kw_only=True)
class OverTime(Panel):
    """Measures over time, or one measure split."""

    measures: tuple[Measure, ...]
    by: Top | Groups | None = None
    shape: Literal["bars", "lines", "areas"] = "lines"


@dataclass(frozen=True, kw_only=True)
class Breakdown(Panel):
    """One measure by a split: horizontal bars for names, columns for ranges, a donut for parts of a whole."""

    measure: Measure
    by: Split
    shape: Literal["bars", "columns", "donut"] = "bars"


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """A row for each value, most of the first measure first.."""

    by: tuple[Top, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True, kw_only=True)
class Swimlanes(Panel):
    """A lane for each value over time; the darker, the more of the measure."""

    measure: Measure
    by: Top


@dataclass(frozen=True, kw_only=True)
class WeekdayHours(Panel):
    """How many documents by weekday and hour of the day, in the browser's time zone."""


@dataclass(frozen=True, kw_only=True)
class Documents(Panel):
    """The documents themselves: a saved search of its own. sort: (field, direction) pairs."""

    columns: tuple[str, ...]
    sort: tuple[tuple[str, Literal["asc", "desc"]], ...] = (("@timestamp", "desc"),)


@dataclass(frozen=True, kw_only=True)
class Note:
    """Words, as Markdown."""

    id: str
    markdown: str


AnyPanel = Panel | Note


@dataclass(frozen=True)
class Row:
    """Panels side by side. height: in grid rows of 28 pixels. widths: in grid columns; empty: all alike."""

    height: int
    panels: tuple[AnyPanel, ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Control:
    """A list to choose values of a field from, for the whole page."""

    field: str
    label: str
    data: str = "access"


@dataclass(frozen=True)
class Page:
    """time_from: where the page begins when opened, up to now; empty: keeps the time it was called with."""

    id: str
    title: str
    answers: str
    rows: tuple[Row, ...]
    controls: tuple[Control, ...] = field(default=())
    time_from: str = ""
    refresh_seconds: int = 0

    def panels(self) -> tuple[AnyPanel, ...]:
        """Every panel, from top to bottom."""
        return tuple(panel for row in self.rows for panel in row.panels)
