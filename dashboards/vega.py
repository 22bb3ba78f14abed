"""What neither product's own charts can draw, in Vega, which both have: a share as one number, hours by weekday."""

from typing import Any

import orjson

from dashboards.data_views import DATA_VIEWS
from dashboards.filters import dsl
from dashboards.panels import Figure, WeekdayHours
from dashboards.queries import TIME_FIELD, key, measures

Document = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega/v5.json"
TEXT_COLOUR, QUIET_COLOUR = "#343741", "#69707d"
PALEST, DARKEST = "#f1f4f9", "#3d6da8"
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
# The page's time, query and filters, put in by the product.
PAGE_CONTEXT: Document = {
    "must": ["%dashboard_context-must_clause%", {"range": {TIME_FIELD: {"%timefilter%": True}}}],
    "filter": ["%dashboard_context-filter_clause%"],
    "must_not": ["%dashboard_context-must_not_clause%"],
}


def share(panel: Figure) -> str:
    """The specification of a share as one number."""
    aggregations = measures((panel.measure,)) | {"all": {"value_count": {"field": TIME_FIELD}}}
    found = "datum.aggregations"
    part = f"format({found}.{key(0)}.doc_count / {found}.all.value, '.1%')"
    number = f"{found} && {found}.all.value ? {part} : '-'"
    return _spec(
        panel,
        aggregations,
        [],
        marks=[
            _text(number, 34, "height / 2 - 8", panel.measure.colour or TEXT_COLOUR),
            _text(f"'{panel.measure.label}'", 13, "height / 2 + 22", QUIET_COLOUR),
        ],
    )


def _text(expression: str, size: int, y: str, colour: str) -> Document:
    update = {
        "text": {"signal": expression},
        "x": {"signal": "width / 2"},
        "y": {"signal": y},
        "align": {"value": "center"},
        "baseline": {"value": "middle"},
        "fontSize": {"value": size},
        "fontWeight": {"value": "bold" if size > 20 else "normal"},
        "fill": {"value": colour},
    }
    return {"type": "text", "from": {"data": "answer"}, "encode": {"update": update}}


def weekday_hours(panel: WeekdayHours) -> str:
    """The specification of a map of weekdays and hours."""
    aggregations = {"time": {"date_histogram": {"field": TIME_FIELD, "fixed_interval": "1h", "min_doc_count": 1}}}
    transforms: list[Document] = [
        {"type": "formula", "as": "all", "expr": "datum.aggregations ? datum.aggregations.time.buckets : []"},
        {"type": "flatten", "fields": ["all"], "as": ["bucket"]},
        {"type": "formula", "as": "hour", "expr": "hours(datum.bucket.key)"},
        {"type": "formula", "as": "weekday", "expr": f"{WEEKDAYS}[(day(datum.bucket.key) + 6) % 7]"},
        {"type": "formula", "as": "count", "expr": "datum.bucket.doc_count"},
        {"type": "aggregate", "groupby": ["weekday", "hour"], "fields": ["count"], "ops": ["mean"], "as": ["mean"]},
    ]
    cell = {
        "x": {"scale": "hour", "field": "hour"},
        "y": {"scale": "weekday", "field": "weekday"},
        "width": {"scale": "hour", "band": 1, "offset": -1},
        "height": {"scale": "weekday", "band": 1, "offset": -1},
        "fill": {"scale": "colour", "field": "mean"},
        "tooltip": {"signal": "datum.weekday + ' ' + datum.hour + ':00, on average ' + format(datum.mean, ',.0f')"},
    }
    scales: list[Document] = [
        {"name": "hour", "type": "band", "domain": list(range(24)), "range": "width"},
        {"name": "weekday", "type": "band", "domain": WEEKDAYS, "range": "height"},
        {
            "name": "colour",
            "type": "linear",
            "domain": {"data": "answer", "field": "mean"},
            "zero": True,
            "range": [PALEST, DARKEST],
        },
    ]
    axes: list[Document] = [
        {"orient": "bottom", "scale": "hour", "ticks": False, "domain": False},
        {"orient": "left", "scale": "weekday", "ticks": False, "domain": False},
    ]
    marks: list[Document] = [{"type": "rect", "from": {"data": "answer"}, "encode": {"update": cell}}]
    return _spec(panel, aggregations, transforms, marks, scales, axes)


def _spec(
    panel: Figure | WeekdayHours,
    aggregations: Document,
    transforms: list[Document],
    marks: list[Document],
    scales: list[Document] | None = None,
    axes: list[Document] | None = None,
) -> str:
    """The data set is the whole answer: on a new installation, without any index, it holds no aggregations."""
    context = PAGE_CONTEXT | {"filter": [*PAGE_CONTEXT["filter"], dsl(panel.where)]}
    search = {"size": 0, "query": {"bool": context}, "aggs": aggregations}
    index = DATA_VIEWS[panel.data].title
    specification: Document = {
        "$schema": SCHEMA,
        "padding": 5,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": [
            {
                "name": "answer",
                "url": {"index": index, "body": search},
                "transform": transforms,
            }
        ],
        "scales": scales or [],
        "axes": axes or [],
        "marks": marks,
    }
    return orjson.dumps(specification, option=orjson.OPT_INDENT_2).decode()
