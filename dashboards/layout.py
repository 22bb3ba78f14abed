"""Where each panel lies on the grid."""

from collections.abc import Iterator
from typing import Any

from dashboards.panels import WIDTH, AnyPanel, Page, Row


def placed(page: Page) -> Iterator[tuple[AnyPanel, dict[str, Any]]]:
    """(panel, its `gridData`), from top to bottom, left to right."""
    top = 0
    for row in page.rows:
        left = 0
        for panel, width in zip(row.panels, widths(row), strict=True):
            yield panel, {"x": left, "y": top, "w": width, "h": row.height, "i": panel.id}
            left += width
        top += row.height


def widths(row: Row) -> tuple[int, ...]:
    """The row's own widths, or the grid shared out evenly."""
    if row.widths:
        return row.widths
    count = len(row.panels)
    return tuple(WIDTH * (number + 1) // count - WIDTH * number // count for number in range(count))
