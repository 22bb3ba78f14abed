"""Which documents a panel looks at: small trees that become KQL for the products and query DSL for the store."""

from dataclasses import dataclass
from typing import Any

Value = str | int | float


@dataclass(frozen=True)
class Is:
    """The field holds one of the values."""

    field: str
    values: tuple[Value, ...]

    def __init__(self, field: str, *values: Value) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Between:
    """low <= field < high; either may be left out. A moment may be relative, as the store writes it: `now-1d`."""

    field: str
    low: Value | None = None
    high: Value | None = None


@dataclass(frozen=True)
class Exists:
    """The field holds something."""

    field: str


@dataclass(frozen=True)
class Not:
    """What the filter leaves out."""

    filter: "Filter"


@dataclass(frozen=True)
class All:
    """What passes every filter."""

    filters: tuple["Filter", ...]

    def __init__(self, *filters: "Filter") -> None:
        object.__setattr__(self, "filters", filters)


Filter = Is | Between | Exists | Not | All


def kql(wanted: Filter | None) -> str:
    """As Kibana's query bar takes it; empty for everything."""
    match wanted:
        case None:
            return ""
        case Is(field, values):
            return f"{field}: {_kql_value(values[0]) if len(values) == 1 else _kql_list(values)}"
        case Between(field, low, high):
            limits = ((low, ">="), (high, "<"))
            return " and ".join(f"{field} {sign} {_kql_value(end)}" for end, sign in limits if end is not None)
        case Exists(field):
            return f"{field}: *"
        case Not(inner):
            return f"not ({kql(inner)})"
        case All(filters):
            return " and ".join(f"({kql(one)})" if isinstance(one, Between) else kql(one) for one in filters)


def _kql_value(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _kql_list(values: tuple[Value, ...]) -> str:
    return f"({' or '.join(map(_kql_value, values))})"


def dsl(wanted: Filter | None) -> dict[str, Any]:
    """As the store takes it."""
    match wanted:
        case None:
            return {"match_all": {}}
        case Is(field, values):
            return {"terms": {field: list(values)}}
        case Between(field, low, high):
            limits = (("gte", low), ("lt", high))
            return {"range": {field: {name: end for name, end in limits if end is not None}}}
        case Exists(field):
            return {"exists": {"field": field}}
        case Not(inner):
            return {"bool": {"must_not": [dsl(inner)]}}
        case All(filters):
            return {"bool": {"filter": [dsl(one) for one in filters]}}
