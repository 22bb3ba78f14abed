"""The days whose events retention has removed: a line of such a day that comes late is stored, but not judged.

Judged alone, it would take back what the whole day had shown. Kept as ranges of UTC days in one control document a
namespace. `detect --since` judges such days all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from wwwatch.moments import iso
from wwwatch.store import Store, names

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """A set of UTC days. ranges: (first, last), both included, in order and apart from each other."""

    ranges: tuple[tuple[date, date], ...] = ()

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ranges)

    def with_days(self, days: Iterable[date]) -> "Days":
        """The same with more days."""
        merged: list[tuple[date, date]] = []
        for first, last in sorted([*self.ranges, *((day, day) for day in days)]):
            if merged and first <= merged[-1][1] + DAY:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return Days(tuple(merged))


def read(store: Store, namespace: str) -> Days:
    """The removed days of a namespace."""
    document = store.get_document(names.CONTROL, _id(namespace))
    return _parsed(document) if document else Days()


def add(store: Store, namespace: str, days: Iterable[date], now: datetime) -> None:
    """Remember more days as removed."""
    ranges = read(store, namespace).with_days(days).ranges
    own = {"namespace": namespace, "kind": "retention"}
    removed = [[first.isoformat(), last.isoformat()] for first, last in ranges]
    document = {"@timestamp": iso(now), "wwwatch": own, "removed": removed}
    store.write_documents(names.CONTROL, [(_id(namespace), document)])


def _parsed(document: dict[str, Any]) -> Days:
    ranges = ((date.fromisoformat(first), date.fromisoformat(last)) for first, last in document["removed"])
    return Days(tuple(ranges))


def _id(namespace: str) -> str:
    return f"retention:{namespace}"
