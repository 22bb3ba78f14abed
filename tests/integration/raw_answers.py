"""What a panel should say, counted from the raw documents in Python: nothing here knows of aggregations.

A document is flat: field -> the list of its values, as an index would hold them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dashboards.filters import All, Between, Exists, Filter, Is, Not
from dashboards.panels import Groups, Measure, Ranges, Split, Top
from wwwatch.moments import parse_moment

Flat = Mapping[str, list[Any]]
Document = dict[str, Any]

HOUR_MS = 3_600_000
# What is longer is stored, but not indexed; of the templates.
LONGEST = {"url.path": 1024, "url.query": 1024, "http.request.referrer": 1024, "user_agent.original": 1024}
DATES = {"@timestamp", "event.start", "event.end", "wwwatch.done_at"}


def flat(document: Document) -> Flat:
    """Every field of a document; dates as milliseconds; `_ignored` names what is too long to be indexed."""
    found: dict[str, list[Any]] = defaultdict(list)
    _flatten("", document, found)
    ignored = [name for name, limit in LONGEST.items() if any(len(value) > limit for value in found.get(name, ()))]
    for name in ignored:
        del found[name]
    return dict(found) | ({"_ignored": ignored} if ignored else {})


def _flatten(prefix: str, value: Any, found: dict[str, list[Any]]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(f"{prefix}.{name}" if prefix else name, inner, found)
    elif isinstance(value, list):
        for inner in value:
            _flatten(prefix, inner, found)
    elif value is not None:
        found[prefix].append(milliseconds(value) if prefix in DATES else value)


def milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def passes(wanted: Filter | None, document: Flat) -> bool:
    match wanted:
        case None:
            return True
        case Is(field, values):
            return any(value in values for value in document.get(field, ()))
        case Between(field, low, high):
            ends = [_limit(low), _limit(high)]
            return any(
                (ends[0] is None or value >= ends[0]) and (ends[1] is None or value < ends[1])
                for value in document.get(field, ())
            )
        case Exists(field):
            return bool(document.get(field))
        case Not(inner):
            return not passes(inner, document)
        case All(filters):
            return all(passes(one, document) for one in filters)


def _limit(end: str | float | None) -> float | None:
    if isinstance(end, str):
        return parse_moment(end.removeprefix("now"), datetime.now(UTC)).timestamp() * 1000
    return end


def measured(measure: Measure, documents: Iterable[Flat]) -> Any:
    """The figure; of a percentile, the sorted values it is one of. None where there is nothing to measure."""
    if measure.of in {"count", "share"}:
        return sum(passes(measure.where, document) for document in documents)
    values = [value for document in documents for value in document.get(measure.field, ())]
    figures: dict[str, Callable[[list[Any]], Any]] = {
        "unique": lambda found: len(set(found)),
        "sum": sum,
        "mean": lambda found: sum(found) / len(found) if found else None,
        "max": lambda found: max(found, default=None),
        "min": lambda found: min(found, default=None),
        "percentile": sorted,
    }
    return figures[measure.of](values)


def grouped(by: Split, documents: Iterable[Flat]) -> dict[Any, list[Flat]]:
    """Documents by the value, the label or the lower edge of a split; a document of many values is in many groups."""
    groups: dict[Any, list[Flat]] = defaultdict(list)
    for document in documents:
        match by:
            case Top(field=field):
                for value in set(document.get(field, ())):
                    groups[value].append(document)
            case Groups(groups=named):
                for group in named:
                    if passes(group.where, document):
                        groups[group.label].append(document)
            case Ranges(field=field, edges=edges):
                for value in document.get(field, ()):
                    low = [edge for edge in edges[:-1] if edge is not None and edge <= value]
                    if low:
                        groups[low[-1]].append(document)
    return groups


def hours(documents: Iterable[Flat]) -> dict[int, list[Flat]]:
    """Documents by the start of their hour, ms since 1970."""
    groups: dict[int, list[Flat]] = defaultdict(list)
    for document in documents:
        groups[document["@timestamp"][0] // HOUR_MS * HOUR_MS].append(document)
    return groups
