"""The search behind each panel, from its specification: what the products ask when they draw it.

Both back ends leave the interval of time axes to the product; here it is given, so that an answer can be compared.
Vega panels are drawn from exactly these bodies.
"""

from itertools import pairwise
from typing import Any

from dashboards.filters import dsl
from dashboards.panels import (
    Breakdown,
    Documents,
    Figure,
    Groups,
    Measure,
    OverTime,
    Panel,
    Ranges,
    Split,
    Swimlanes,
    Table,
    Top,
    WeekdayHours,
)

Document = dict[str, Any]

TIME_FIELD = "@timestamp"
DOCUMENTS_SHOWN = 500
FIGURE_OF = {"unique": "cardinality", "sum": "sum", "mean": "avg", "max": "max", "min": "min"}


def body(panel: Panel, within: Document, interval: str = "1h") -> Document:
    """The search of a panel. within: the page's time and filters, as a query."""
    query = {"bool": {"filter": [within, dsl(panel.where)]}}
    if isinstance(panel, Documents):
        sort = [{field: {"order": direction, "unmapped_type": "date"}} for field, direction in panel.sort]
        return {"query": query, "size": DOCUMENTS_SHOWN, "sort": sort}
    return {"query": query, "size": 0, "aggs": _aggregations(panel, interval)}


def _aggregations(panel: Panel, interval: str) -> Document:
    histogram: Document = {"date_histogram": {"field": TIME_FIELD, "fixed_interval": interval, "min_doc_count": 1}}
    match panel:
        case Figure(measure=measure):
            return measures((measure,))
        case OverTime(measures=told, by=None):
            return {"time": histogram | {"aggs": measures(told)}}
        case OverTime(measures=told, by=by) if by is not None:
            return split(by, {"time": histogram | {"aggs": measures(told)}}, told[0])
        case Breakdown(measure=measure, by=by):
            return split(by, {}, measure)
        case Table(by=columns, measures=told):
            inner = measures(told)
            for column in reversed(columns):
                inner = split(column, inner, told[0])
            return inner
        case Swimlanes(measure=measure, by=by):
            return split(by, {"time": histogram | {"aggs": measures((measure,))}}, measure)
        case WeekdayHours():
            return {"time": {"date_histogram": {"field": TIME_FIELD, "fixed_interval": "1h", "min_doc_count": 1}}}
    raise TypeError(f"no query is known for {type(panel).__name__}")


def measures(told: tuple[Measure, ...]) -> Document:
    """Aggregations of measures, by the names of `key`. What merely counts a bucket's documents needs none."""
    return {key(number): _measure(measure) for number, measure in enumerate(told) if not counts_all(measure)}


def counts_all(measure: Measure) -> bool:
    """Whether the measure is the number of documents."""
    return measure.of == "count" and measure.where is None


def key(number: int) -> str:
    """The name of a measure's aggregation, by its place in the panel."""
    return f"m{number}"


def _measure(measure: Measure) -> Document:
    if measure.of in {"count", "share"}:  # a share is this by the number of all documents
        return {"filter": dsl(measure.where)}
    if measure.of == "percentile":
        return {"percentiles": {"field": measure.field, "percents": [measure.percent]}}
    return {FIGURE_OF[measure.of]: {"field": measure.field}}


def split(by: Split, inner: Document, first: Measure) -> Document:
    """The buckets of a split, most of the first measure first, each with the inner aggregations."""
    match by:
        case Top(field=field, size=size):
            order = "_count" if counts_all(first) else key(0)
            ordering = {} if counts_all(first) or key(0) in inner else measures((first,))
            terms = {"field": field, "size": size, "order": [{order: "desc"}, {"_key": "asc"}]}
            return {"split": {"terms": terms, "aggs": inner | ordering}}
        case Groups(groups=groups):
            filters = {group.label: dsl(group.where) for group in groups}
            return {"split": {"filters": {"filters": filters}, "aggs": inner | measures((first,))}}
        case Ranges(field=field, edges=edges):
            return {"split": {"range": {"field": field, "ranges": ranges(edges)}, "aggs": inner | measures((first,))}}


def ranges(edges: tuple[float | None, ...]) -> list[Document]:
    """Neighbouring edges as the store's ranges."""
    return [
        {name: end for name, end in (("from", low), ("to", high)) if end is not None} for low, high in pairwise(edges)
    ]
