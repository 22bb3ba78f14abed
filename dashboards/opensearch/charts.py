"""Panels as 7.10-style visualisations: `visState` and the colours of `uiStateJSON`."""

from typing import Any

from dashboards import vega
from dashboards.opensearch.aggregations import bucket, colours, metric, time_axis
from dashboards.panels import (
    Breakdown,
    Control,
    Figure,
    Measure,
    Note,
    OverTime,
    Panel,
    Split,
    Swimlanes,
    Table,
    WeekdayHours,
)

Document = dict[str, Any]

ROWS_A_PAGE = 10
SHAPES = {"bars": "histogram", "lines": "line", "areas": "area"}
NO_LABELS = {"show": False}


def state(panel: Panel) -> tuple[Document, Document]:
    """(`visState` without title, `uiStateJSON`) of a panel."""
    match panel:
        case Figure(measure=measure) if measure.of == "share":
            return _vega(vega.share(panel)), {}
        case Figure(measure=measure):
            named = measure.label != panel.title
            return _chart("metric", [metric(measure, "1")], _figure_params(named)), {}
        case WeekdayHours():
            return _vega(vega.weekday_hours(panel)), {}
        case OverTime():
            return _over_time(panel)
        case Breakdown():
            return _breakdown(panel)
        case Table():
            return _table(panel)
        case Swimlanes(measure=measure, by=by):
            first = metric(measure, "1")
            aggregations = [first, time_axis("2"), bucket(by, "3", "group", first)]
            return _chart("heatmap", aggregations, _heatmap_params()), {}
    raise TypeError(f"no visualisation is known for {type(panel).__name__}")


def note_state(note: Note) -> Document:
    """Words."""
    return _chart("markdown", [], {"fontSize": 12, "openLinksInNewTab": False, "markdown": note.markdown})


def controls_state(controls: tuple[Control, ...]) -> Document:
    """The lists to choose from; the data view of number n is the reference `control_n_index_pattern`."""
    told = [
        {
            "id": f"control-{number}",
            "fieldName": control.field,
            "parent": "",
            "label": control.label,
            "type": "list",
            "options": {"type": "terms", "multiselect": True, "dynamicOptions": True, "size": 10, "order": "desc"},
            "indexPatternRefName": f"control_{number}_index_pattern",
        }
        for number, control in enumerate(controls)
    ]
    params = {"controls": told, "updateFiltersOnChange": True, "useTimeFilter": True, "pinFilters": False}
    return _chart("input_control_vis", [], params)


def _chart(type_: str, aggregations: list[Document], params: Document) -> Document:
    return {"type": type_, "aggs": aggregations, "params": params}


def _vega(specification: str) -> Document:
    return _chart("vega", [], {"spec": specification})


def _metrics(measures: tuple[Measure, ...]) -> list[Document]:
    return [metric(measure, str(number)) for number, measure in enumerate(measures, start=1)]


def _coloured(measures: tuple[Measure, ...], by: Split | None) -> Document:
    return {"vis": {"colors": colours(measures, by)}}


def _over_time(panel: OverTime) -> tuple[Document, Document]:
    metrics = _metrics(panel.measures)
    aggregations = [*metrics, time_axis("20")]
    if panel.by:
        aggregations.append(bucket(panel.by, "21", "group", metrics[0]))
    several = panel.by is not None or len(metrics) > 1
    params = _axes_params(SHAPES[panel.shape], panel.measures, metrics, several)
    return _chart(SHAPES[panel.shape], aggregations, params), _coloured(panel.measures, panel.by)


def _breakdown(panel: Breakdown) -> tuple[Document, Document]:
    first = metric(panel.measure, "1")
    aggregations = [first, bucket(panel.by, "2", "segment", first)]
    look = _coloured((panel.measure,), panel.by)
    if panel.shape == "donut":
        return _chart("pie", aggregations, _donut_params()), look
    type_ = "horizontal_bar" if panel.shape == "bars" else "histogram"
    params = _axes_params(type_, (panel.measure,), [first], legend=False)
    return _chart(type_, aggregations, params), look


def _table(panel: Table) -> tuple[Document, Document]:
    metrics = _metrics(panel.measures)
    rows = [bucket(by, str(number), "bucket", metrics[0]) for number, by in enumerate(panel.by, start=20)]
    params = {
        "perPage": ROWS_A_PAGE, "showPartialRows": False, "showMetricsAtAllLevels": False, "showTotal": False,
        "totalFunc": "sum", "percentageCol": "", "sort": {"columnIndex": None, "direction": None},
    }  # fmt: skip
    # The table sorts again by itself; without this it would not be by the first measure.
    look = {"vis": {"params": {"sort": {"columnIndex": len(rows), "direction": "desc"}}}}
    return _chart("table", [*metrics, *rows], params), look


def _figure_params(named: bool) -> Document:
    return {
        "addTooltip": True, "addLegend": False, "type": "metric",
        "metric": {
            "percentageMode": False, "useRanges": False, "colorSchema": "Green to Red", "metricColorMode": "None",
            "colorsRange": [{"from": 0, "to": 10000}], "labels": {"show": named}, "invertColors": False,
            "style": {"bgFill": "#000", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 30},
        },
    }  # fmt: skip


def _donut_params() -> Document:
    return {
        "type": "pie", "addTooltip": True, "addLegend": True, "legendPosition": "right", "isDonut": True,
        "labels": {"show": False, "values": True, "last_level": True, "truncate": 100},
    }  # fmt: skip


def _heatmap_params() -> Document:
    axis = {"show": False, "id": "ValueAxis-1", "type": "value", "scale": {"type": "linear", "defaultYExtents": False}}
    return {
        "type": "heatmap", "addTooltip": True, "addLegend": True, "enableHover": False, "legendPosition": "right",
        "times": [], "colorsNumber": 5, "colorSchema": "Reds", "setColorRange": True, "invertColors": False,
        "percentageMode": False,
        "colorsRange": [{"from": low / 5, "to": (low + 1) / 5 if low < 4 else 1.01} for low in range(5)],
        "valueAxes": [axis | {"labels": {"show": False, "rotate": 0, "overwriteColor": False, "color": "black"}}],
    }  # fmt: skip


def _axes_params(type_: str, measures: tuple[Measure, ...], metrics: list[Document], legend: bool) -> Document:
    sideways = type_ == "horizontal_bar"
    shape = "histogram" if sideways else type_
    stacked = shape in {"histogram", "area"}
    series = [
        {
            "show": True, "type": shape, "mode": "stacked" if stacked else "normal", "valueAxis": "ValueAxis-1",
            "data": {"label": measure.label, "id": told["id"]}, "drawLinesBetweenPoints": True, "showCircles": True,
            "lineWidth": 2, "interpolate": "linear",
        }
        for measure, told in zip(measures, metrics, strict=True)
    ]  # fmt: skip
    category = {
        "id": "CategoryAxis-1", "type": "category", "position": "left" if sideways else "bottom", "show": True,
        "style": {}, "scale": {"type": "linear"}, "title": {"text": " "},
        "labels": {"show": True, "filter": not sideways, "truncate": 40, "rotate": 0},
    }  # fmt: skip
    value = {
        "id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "bottom" if sideways else "left",
        "show": True, "style": {}, "scale": {"type": "linear", "mode": "normal"}, "title": {"text": ""},
        "labels": {"show": True, "rotate": 0, "filter": True, "truncate": 100},
    }  # fmt: skip
    return {
        "type": shape, "grid": {"categoryLines": False, "valueAxis": "ValueAxis-1"}, "categoryAxes": [category],
        "valueAxes": [value], "seriesParams": series, "addTooltip": True, "addLegend": legend,
        "legendPosition": "right", "times": [], "addTimeMarker": False, "labels": NO_LABELS,
        "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": "#e7664c"},
    }  # fmt: skip
