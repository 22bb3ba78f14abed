"""Measures and splits as the aggregations of a 7.10-style visualisation (`visState.aggs`)."""

import re
from typing import Any

from dashboards.filters import kql
from dashboards.panels import Groups, Measure, Ranges, Split, Top
from dashboards.queries import TIME_FIELD, counts_all, ranges
from dashboards.vocabulary import BLUE

Document = dict[str, Any]

TYPE_OF = {"unique": "cardinality", "sum": "sum", "mean": "avg", "max": "max", "min": "min"}
PERCENTILE_WORDS = re.compile(r"^(p\d+|median)\b,? ?|,? ?p\d+$")
# Colours of what has none of its own.
PLAIN = BLUE


def metric(measure: Measure, id_: str) -> Document:
    """A measure. A count of some documents is a sum over the one bucket of a filter; there is no other way."""
    if measure.of == "count":
        params: Document = {"customLabel": measure.label}
        if counts_all(measure):
            return _aggregation(id_, "count", "metric", params)
        filters = {"filters": [{"input": {"query": kql(measure.where), "language": "kuery"}, "label": measure.label}]}
        params["customBucket"] = {"id": f"{id_}-bucket", "enabled": True, "type": "filters", "params": filters}
        params["customMetric"] = {"id": f"{id_}-metric", "enabled": True, "type": "count", "params": {}}
        return _aggregation(id_, "sum_bucket", "metric", params)
    if measure.of == "percentile":
        params = {"field": measure.field, "percents": [measure.percent], "customLabel": _noun(measure)}
        return _aggregation(id_, "percentiles", "metric", params)
    if measure.of == "share":
        raise ValueError(f"{measure.label}: a share is drawn by Vega, not by an aggregation")
    return _aggregation(id_, TYPE_OF[measure.of], "metric", {"field": measure.field, "customLabel": measure.label})


def time_axis(id_: str) -> Document:
    """Time, in steps that fit the span looked at."""
    params = {
        "field": TIME_FIELD, "useNormalizedEsInterval": True, "scaleMetricValues": False, "interval": "auto",
        "drop_partials": False, "min_doc_count": 1, "extended_bounds": {}, "customLabel": " ",
    }  # fmt: skip
    return _aggregation(id_, "date_histogram", "segment", params)


def bucket(by: Split, id_: str, schema: str, first: Document) -> Document:
    """A split, ordered by the first measure."""
    match by:
        case Top(field=field, label=label, size=size):
            order = "_key" if first["type"] == "sum_bucket" else first["id"]
            params = {
                "field": field, "size": size, "orderBy": order, "order": "desc", "customLabel": label,
                "otherBucket": False, "otherBucketLabel": "Other",
                "missingBucket": False, "missingBucketLabel": "Missing",
            }  # fmt: skip
            return _aggregation(id_, "terms", schema, params)
        case Groups(groups=groups):
            filters = [
                {"input": {"query": kql(group.where), "language": "kuery"}, "label": group.label} for group in groups
            ]
            return _aggregation(id_, "filters", schema, {"filters": filters})
        case Ranges(field=field, label=label, edges=edges):
            params = {"field": field, "ranges": ranges(edges), "customLabel": label}
            return _aggregation(id_, "range", schema, params)


def _noun(measure: Measure) -> str:
    """What a percentile is of: the product writes "95th percentile of" before it."""
    words = PERCENTILE_WORDS.sub("", measure.label) or measure.field.rsplit(".", 1)[-1].removesuffix("_seconds")
    return words.lower()


def _series(measure: Measure) -> str:
    """The name of a measure's line, as the product makes it."""
    return f"{measure.percent}th percentile of {_noun(measure)}" if measure.of == "percentile" else measure.label


def colours(measures: tuple[Measure, ...], by: Split | None) -> dict[str, str]:
    """Name of a line, bar or part -> its colour. The values of a `Top` are coloured by the product."""
    if isinstance(by, Groups):
        return {group.label: group.colour for group in by.groups}
    return {_series(measure): measure.colour or PLAIN for measure in measures}


def _aggregation(id_: str, type_: str, schema: str, params: Document) -> Document:
    return {"id": id_, "enabled": True, "type": type_, "schema": schema, "params": params}
