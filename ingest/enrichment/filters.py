"""Events the user does not want: rules of conditions on fields. What is left out is counted, never forgotten."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from ingest.distinct import Remembered
from ingest.documents import AS_IT_IS, FIELDS
from ingest.enrichment.networks import Networks
from wwwatch.errors import SettingsError
from wwwatch.ingest_settings import Condition, Rule

TAGS = "tags"


class Filter:
    """A step that keeps the rows no drop rule fits and, if there are keep rules, at least one of those fits.

    Raise SettingsError for a field no event has, or an expression that is none.
    """

    def __init__(self, drop: Sequence[Rule], keep: Sequence[Rule]) -> None:
        self._drop = [_Rule(rule, f"ingest.drop[{number}]") for number, rule in enumerate(drop)]
        self._keep = [_Rule(rule, f"ingest.keep[{number}]") for number, rule in enumerate(keep)]

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        wanted = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
        if self._keep:
            wanted = _any(frame, self._keep)
        if self._drop:
            wanted = wanted & ~_any(frame, self._drop)
        return frame if wanted.all() else frame.filter(wanted)


def _any(frame: pl.DataFrame, rules: Sequence["_Rule"]) -> pl.Series:
    found = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    for rule in rules:
        found = found | rule.fits(frame)
    return found


class _Rule:
    """All conditions must hold."""

    def __init__(self, conditions: Mapping[str, Condition], place: str) -> None:
        self._conditions = {field: _Condition(field, item, place) for field, item in conditions.items()}

    def fits(self, frame: pl.DataFrame) -> pl.Series:
        found = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
        for field, condition in self._conditions.items():
            if field not in frame.columns:
                return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
            found = found & condition.holds(frame[field])
        return found


class _Condition:
    """One field's value is any of those given. A missing value is none of them."""

    def __init__(self, field: str, condition: Condition, place: str) -> None:
        if field not in FIELDS:
            raise SettingsError(
                f"{place}: no event has a field {field}.", f"Fields are {', '.join(FIELDS)}; a condition is one of "
                "equals, glob, regex, cidr.",
            )  # fmt: skip
        if field in AS_IT_IS and (field != TAGS or condition.glob or condition.regex or condition.cidr):
            raise SettingsError(f"{place}: {field} can only be compared by equals, and only tags can.")
        expressions = [*map(glob_expression, condition.glob), *condition.regex]
        if field == TAGS:
            expressions += [re.escape(f'"{tag}"') for tag in condition.equals]
        self._values = () if field == TAGS else condition.equals
        self._expression = "|".join(f"(?:{_checked(expression, place)})" for expression in expressions)
        networks = Networks(condition.cidr)
        self._in_networks = Remembered(
            lambda values: pl.DataFrame({"in": map(networks.holds, values)}, {"in": pl.Boolean})
        )
        self._has_networks = bool(condition.cidr)

    def holds(self, column: pl.Series) -> pl.Series:
        """For each value of the field, whether it is one of those wanted."""
        texts = column.cast(pl.String)
        found = texts.is_in(self._values)
        if self._expression:
            found = found | texts.str.contains(self._expression)
        if self._has_networks:
            found = found | self._in_networks(texts)["in"]
        return found.fill_null(value=False)


def glob_expression(pattern: str) -> str:
    """An expression (Rust syntax) for the whole of a text: `*` any characters, `?` any one."""
    parts = re.split(r"([*?])", pattern)
    wild = {"*": ".*", "?": "."}
    return "(?s)^" + "".join(wild.get(part) or re.escape(part) for part in parts) + "$"


def _checked(expression: str, place: str) -> str:
    try:
        pl.Series([""]).str.contains(expression)
    except pl.exceptions.ComputeError as error:
        raise SettingsError(f"{place}: not a regular expression (Rust syntax): {expression}") from error
    return expression
