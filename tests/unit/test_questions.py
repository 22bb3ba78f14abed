"""The questions' queries and answers, without a store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwwatch import questions
from wwwatch.addresses import as_address
from wwwatch.errors import UsageError

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("severity", "name"), [(0, "low"), (21, "low"), (46.9, "low"), (47, "medium"), (73, "high"), (99, "critical")]
)
def test_severity_name(severity: float, name: str) -> None:
    assert questions.severity_name(severity) == name


def test_the_default_span_is_the_day_up_to_the_newest_event() -> None:
    newest = NOW - 400 * DAY

    since, until = questions.default_span(None, None, newest, NOW)

    assert since <= newest < until
    assert until - since == DAY
    assert questions.default_span(None, None, None, NOW) == (NOW - DAY, NOW)


def test_what_was_given_of_a_span_stays() -> None:
    assert questions.default_span(None, NOW, None, NOW) == (NOW - DAY, NOW)
    assert questions.default_span(NOW - 3 * DAY, None, NOW - DAY, NOW)[0] == NOW - 3 * DAY


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="is not before"):
        questions.default_span(NOW, None, NOW - DAY, NOW)


def test_an_alert_query_holds_every_condition_and_never_withdrawn_ones() -> None:
    query = questions.alert_query(NOW - DAY, NOW, "scan", "high")["bool"]

    assert query["filter"] == [
        {"range": {"event.start": {"lt": "2026-11-22T12:00:00.000Z"}}},
        {"range": {"event.end": {"gt": "2026-11-21T12:00:00.000Z"}}},
        {"term": {"wwwatch.class": "scan"}},
        {"range": {"event.severity": {"gte": 73}}},
    ]
    assert query["must_not"] == [{"term": {"wwwatch.status": "withdrawn"}}]
    assert questions.alert_query()["bool"]["filter"] == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("host.example", None),
        ("fe80::1%$(reboot)", None),
        ("203.0.113.0/24", None),
        ("", None),
    ],
)
def test_as_address(text: str, address: str | None) -> None:
    assert as_address(text) == address


@given(st.text(min_size=1))
def test_what_was_typed_is_a_value_and_nothing_else(text: str) -> None:
    query = questions.events_of(text)

    assert set(query["bool"]) == {"should", "minimum_should_match"}
    for clause in query["bool"]["should"]:
        ((kind, condition),) = clause.items()
        assert kind in {"term", "terms"}
        assert set(condition) <= {"source.address", "source.ip"}


@pytest.mark.parametrize("measure", questions.MEASURES)
@pytest.mark.parametrize("by", questions.GROUPINGS)
def test_a_top_is_ordered_by_its_measure(by: str, measure: str) -> None:
    top = questions.top_aggregation(by, measure, 5)["top"]
    (order,) = top["terms"]["order"][0]

    assert order == "_count" if measure == "requests" else order in top["aggs"]
    assert top["terms"]["size"] == 5


def test_top_rows_are_flat() -> None:
    bucket = {
        "key": "203.0.113.7",
        "doc_count": 12,
        "bytes": {"value": 1e6},
        "errors": {"doc_count": 3},
        "urls": {"value": 7},
        "first_seen": {"value": 1_700_000_000_000},
        "last_seen": {"value": 1_700_000_001_500},
    }

    (row,) = questions.top_rows("clients", "urls", {"top": {"buckets": [bucket]}})

    assert row == {
        "by": "clients",
        "key": "203.0.113.7",
        "requests": 12,
        "bytes": 1_000_000,
        "errors": 3,
        "urls": 7,
        "first_seen": "2023-11-14T22:13:20.000Z",
        "last_seen": "2023-11-14T22:13:21.500Z",
    }
    assert questions.top_rows("clients", "requests", {}) == []
