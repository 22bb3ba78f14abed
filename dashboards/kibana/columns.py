"""Measures and splits as columns of a Lens layer (`datasourceStates.formBased`)."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from dashboards.data_views import DATA_VIEWS, field_kind
from dashboards.filters import kql
from dashboards.panels import Groups, Measure, Ranges, Split, Top
from dashboards.queries import TIME_FIELD, counts_all

Document = dict[str, Any]

RECORDS = "___records___"
OPERATION_OF = {"unique": "unique_count", "sum": "sum", "mean": "average", "max": "max", "min": "min"}


@dataclass
class Layer:
    """Columns of one layer, by id, splits first: Lens wants them so."""

    data: str
    buckets: dict[str, Document] = field(default_factory=dict)
    metrics: dict[str, Document] = field(default_factory=dict)

    def measure(self, measure: Measure) -> str:
        """Add a measure. Return its column's id."""
        id_ = f"metric-{sum('X' not in known for known in self.metrics)}"
        if measure.of == "share":
            self.metrics |= _share(measure, id_)
        else:
            self.metrics[id_] = _metric(measure, field_kind(DATA_VIEWS[self.data], measure.field or TIME_FIELD))
        return id_

    def time(self) -> str:
        """Add a time axis. Return its column's id."""
        params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
        told = _column(TIME_FIELD, "date", "date_histogram", "interval", params, bucketed=True)
        self.buckets["time"] = told | {"sourceField": TIME_FIELD}
        return "time"

    def split(self, by: Split, order_by: str) -> str:
        """Add a split, ordered by the measure with this column. Return its column's id."""
        id_ = f"split-{len(self.buckets)}"
        self.buckets[id_] = _bucket(by, order_by, self.data)
        return id_

    def state(self) -> Document:
        """The layer, as Lens stores it."""
        columns = self.buckets | self.metrics
        return {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}}


def _column(label: str, kind: str, operation: str, scale: str, params: Document, bucketed: bool = False) -> Document:
    return {
        "label": label, "customLabel": True, "dataType": kind, "operationType": operation, "scale": scale,
        "isBucketed": bucketed, "params": params,
    }  # fmt: skip


def _metric(measure: Measure, kind: str) -> Document:
    if measure.of == "count":
        told = _column(measure.label, "number", "count", "ratio", {"emptyAsNull": False}) | {"sourceField": RECORDS}
        if not counts_all(measure):
            told["filter"] = {"query": kql(measure.where), "language": "kuery"}
        return told
    if measure.of == "percentile":
        told = _column(measure.label, "number", "percentile", "ratio", {"percentile": measure.percent})
    else:
        shown = "date" if kind == "date" and measure.of in {"max", "min"} else "number"
        told = _column(measure.label, shown, OPERATION_OF[measure.of], "ratio", {"emptyAsNull": measure.of != "unique"})
    return told | {"sourceField": measure.field}


def _share(measure: Measure, id_: str) -> Document:
    """A formula, with the columns Lens makes of it: part, whole, their quotient."""
    formula = f"count(kql='{kql(measure.where)}') / count()"
    part, whole, quotient = (f"{id_}X{number}" for number in range(3))
    said = f"Part of {measure.label}"
    syntax_tree = {
        "type": "function", "name": "divide", "args": [part, whole], "text": formula,
        "location": {"min": 0, "max": len(formula)},
    }  # fmt: skip
    format_ = {"id": "percent", "params": {"decimals": 1}}
    params = {"formula": formula, "isFormulaBroken": False, "format": format_}
    math = _column(said, "number", "math", "ratio", {"tinymathAst": syntax_tree})
    return {
        id_: _column(measure.label, "number", "formula", "ratio", params) | {"references": [quotient]},
        part: _metric(Measure(said, where=measure.where), "number"),
        whole: _metric(Measure(said), "number"),
        quotient: math | {"references": [part, whole]},
    }


def _bucket(by: Split, order_by: str, data: str) -> Document:
    match by:
        case Top(field=name, label=label, size=size):
            params: Document = {
                "size": size, "orderBy": {"type": "column", "columnId": order_by}, "orderDirection": "desc",
                "otherBucket": False, "missingBucket": False, "parentFormat": {"id": "terms"},
                "include": [], "exclude": [], "includeIsRegex": False, "excludeIsRegex": False,
            }  # fmt: skip
            kind = field_kind(DATA_VIEWS[data], name)
            return _column(label, kind, "terms", "ordinal", params, bucketed=True) | {"sourceField": name}
        case Groups(label=label, groups=groups):
            filters = [
                {"label": group.label, "input": {"query": kql(group.where), "language": "kuery"}} for group in groups
            ]
            return _column(label, "string", "filters", "ordinal", {"filters": filters}, bucketed=True)
        case Ranges(field=name, label=label, edges=edges):
            pairs = pairwise(edges)
            params = {
                "type": "range", "ranges": [{"from": low, "to": high, "label": ""} for low, high in pairs],
                "maxBars": "auto",
                "parentFormat": {"id": "range", "params": {"template": "arrow_right", "replaceInfinity": True}},
            }  # fmt: skip
            told = _column(label, "string", "range", "ordinal", params, bucketed=True)
            return told | {"sourceField": name}
