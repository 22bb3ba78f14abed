"""Panels as Lens visualisations: the type, its `visualization` state, and the layer of columns."""

from dataclasses import dataclass
from typing import Any

from dashboards.kibana.columns import Layer
from dashboards.panels import Breakdown, Figure, Groups, Measure, OverTime, Panel, Swimlanes, Table
from dashboards.vocabulary import BLUE

Document = dict[str, Any]

LAYER = "layer"
ROWS_A_PAGE = 10
SERIES = {"bars": "bar_stacked", "lines": "line", "areas": "area_stacked"}
OF_LAYER = {"layerId": LAYER, "layerType": "data"}


@dataclass(frozen=True)
class Lens:
    """type: such as `lnsXY`. state: its `visualization`. layer: the columns it draws."""

    type: str
    state: Document
    layer: Layer


def lens(panel: Panel) -> Lens:
    """The Lens visualisation of a panel. Raise TypeError for a panel that Lens does not draw."""
    match panel:
        case Figure():
            return _figure(panel)
        case OverTime():
            return _over_time(panel)
        case Breakdown(shape="donut"):
            return _donut(panel)
        case Breakdown():
            return _bars(panel)
        case Table():
            return _table(panel)
        case Swimlanes():
            return _swimlanes(panel)
    raise TypeError(f"Lens draws no {type(panel).__name__}")


def _figure(panel: Figure) -> Lens:
    layer = Layer(panel.data)
    state = OF_LAYER | {"metricAccessor": layer.measure(panel.measure)}
    if panel.measure.colour:
        state["color"] = panel.measure.colour
    return Lens("lnsMetric", state, layer)


def _over_time(panel: OverTime) -> Lens:
    layer = Layer(panel.data)
    # A group is a measure of its own, not a value of a split: so its colour stays in every version of Kibana.
    measures = _by_group(panel.measures[0], panel.by) if isinstance(panel.by, Groups) else panel.measures
    accessors = [layer.measure(measure) for measure in measures]
    series: Document = {"xAccessor": layer.time()}
    if panel.by and not isinstance(panel.by, Groups):
        series["splitAccessor"] = layer.split(panel.by, accessors[0])
        measures = ()
    return _axes(SERIES[panel.shape], accessors, measures, series, layer)


def _by_group(measure: Measure, groups: Groups) -> tuple[Measure, ...]:
    if measure.of != "count" or measure.where:
        raise ValueError(f"{measure.label}: only a plain count can be split into groups over time")
    return tuple(Measure(group.label, where=group.where, colour=group.colour) for group in groups.groups)


def _bars(panel: Breakdown) -> Lens:
    layer = Layer(panel.data)
    accessor = layer.measure(panel.measure)
    series = {"xAccessor": layer.split(panel.by, accessor)}
    type_ = "bar_horizontal" if panel.shape == "bars" else "bar"
    return _axes(type_, [accessor], (panel.measure,), series, layer)


def _axes(type_: str, accessors: list[str], measures: tuple[Measure, ...], series: Document, layer: Layer) -> Lens:
    """measures: those with a colour of their own, one an accessor; none where a split chooses the colours."""
    colours = [
        {"forAccessor": accessor, "color": measure.colour or BLUE}
        for accessor, measure in zip(accessors, measures, strict=bool(measures))
    ]
    several = len(accessors) > 1 or "splitAccessor" in series
    state = {
        "preferredSeriesType": type_,
        "layers": [
            OF_LAYER
            | {
                "accessors": accessors,
                "seriesType": type_,
                "position": "top",
                "showGridlines": False,
                "yConfig": colours,
            }
            | series
        ],
        "legend": {"isVisible": several, "position": "right", "showSingleSeries": False},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
        "tickLabelsVisibilitySettings": {"x": True, "yLeft": True, "yRight": True},
        "gridlinesVisibilitySettings": {"x": False, "yLeft": True, "yRight": True},
    }
    return Lens("lnsXY", state, layer)


def _donut(panel: Breakdown) -> Lens:
    layer = Layer(panel.data)
    accessor = layer.measure(panel.measure)
    ring: Document = OF_LAYER | {
        "primaryGroups": [layer.split(panel.by, accessor)], "metrics": [accessor], "numberDisplay": "percent",
        "categoryDisplay": "default", "legendDisplay": "show", "nestedLegend": False,
    }  # fmt: skip
    if isinstance(panel.by, Groups):
        ring["colorMapping"] = _colour_mapping(panel.by)
    return Lens("lnsPie", {"shape": "donut", "layers": [ring]}, layer)


def _colour_mapping(groups: Groups) -> Document:
    """Colours of parts. Kibana knows it from 8.12 on; older ones take colours of their own."""
    assignments = [
        {
            "rule": {"type": "matchExactly", "values": [group.label]},
            "color": {"type": "colorCode", "colorCode": group.colour},
            "touched": True,
        }
        for group in groups.groups
    ]
    others = [{"rule": {"type": "other"}, "color": {"type": "loop"}, "touched": False}]
    mode = {"type": "categorical"}
    return {"assignments": assignments, "specialAssignments": others, "paletteId": "default", "colorMode": mode}


def _table(panel: Table) -> Lens:
    layer = Layer(panel.data)
    metrics = [layer.measure(measure) for measure in panel.measures]
    rows = [layer.split(by, metrics[0]) for by in panel.by]
    columns = [{"columnId": id_, "isTransposed": False} for id_ in (*rows, *metrics)]
    state = OF_LAYER | {
        "columns": columns,
        "sorting": {"columnId": metrics[0], "direction": "desc"},
        "paging": {"enabled": True, "size": ROWS_A_PAGE},
        "rowHeight": "single",
    }
    return Lens("lnsDatatable", state, layer)


def _swimlanes(panel: Swimlanes) -> Lens:
    layer = Layer(panel.data)
    value = layer.measure(panel.measure)
    grid = {
        "type": "heatmap_grid", "isCellLabelVisible": False, "isYAxisLabelVisible": True, "isXAxisLabelVisible": True,
        "isYAxisTitleVisible": False, "isXAxisTitleVisible": False,
    }  # fmt: skip
    state = OF_LAYER | {
        "shape": "heatmap", "valueAccessor": value,
        "xAccessor": layer.time(), "yAccessor": layer.split(panel.by, value),
        "legend": {"isVisible": True, "position": "right", "type": "heatmap_legend"}, "gridConfig": grid,
    }  # fmt: skip
    return Lens("lnsHeatmap", state, layer)
