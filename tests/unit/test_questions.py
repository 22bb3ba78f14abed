"""The questions' queries and answers, without a store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwwatch import questions
from wwwatch.addresses import as_address
from wwwatch.commands.questions import plot
from wwwatch.errors import UsageError
from wwwatch.questions.subjects import Subject
from wwwatch.questions.top import GROUPINGS, MEASURES, Question

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
    try:
        subject = Subject.parse(text)
    except ValueError:
        return

    for query in (subject.events(), subject.alerts()):
        for kind, condition in leaves(query):
            assert kind in {"term", "terms"}
            assert set(condition) <= {
                "source.address", "source.ip", "related.ip", "wwwatch.entity.id", "wwwatch.entity.type",
            }  # fmt: skip


def leaves(query: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The clauses of a query that are not `bool`."""
    ((kind, condition),) = query.items()
    if kind != "bool":
        yield kind, condition
        return
    for name in ("filter", "should"):
        for clause in condition.get(name, []):
            yield from leaves(clause)


@pytest.mark.parametrize(
    ("typed", "text", "kind"),
    [
        ("203.0.113.7", "203.0.113.7", "address"),
        ("203.0.113.7/32", "203.0.113.7", "address"),
        ("203.0.113.0/24", "203.0.113.0/24", "network"),
        ("2001:DB8:0::/48", "2001:db8::/48", "network"),
        ("[2001:DB8::7]", "2001:db8::7", "address"),
        ("Crawler.Example", "Crawler.Example", "name"),
    ],
)
def test_subjects(typed: str, text: str, kind: str) -> None:
    assert Subject.parse(typed) == Subject(text, kind)


@pytest.mark.parametrize(
    "typed", ["", "a b", "0.0.0.0/0", "203.0.113.7/24", "x\x1b[31m", "http://evil.example/", "a" * 300]
)
def test_what_is_no_subject(typed: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Subject.parse(typed)


def test_a_network_holds_its_addresses_and_a_name_only_itself() -> None:
    network, name = Subject.parse("203.0.113.0/24"), Subject.parse("Crawler.Example")

    assert network.holds("203.0.113.9")
    assert not network.holds("203.0.114.9")
    assert not network.holds("2001:db8::1")
    assert not network.holds("crawler.example")
    assert name.holds("crawler.EXAMPLE")


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("by", GROUPINGS)
def test_a_top_is_ordered_by_its_measure(by: str, measure: str) -> None:
    top = Question(by, measure, 5).aggregation()["top"]
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

    (row,) = Question("clients", "urls").rows({"top": {"buckets": [bucket]}})

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
    assert Question().rows({}) == []


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.sampled_from([plot.EIGHTHS, plot.PLAIN]))
def test_a_plot_shows_all_that_is_not_zero_and_nothing_else(counts: list[int], levels: str) -> None:
    lines = plot.columns(counts, levels)

    assert {len(line) for line in lines} == {len(counts)}
    assert [character != " " for character in lines[-1]] == [count > 0 for count in counts]
    if any(counts):
        assert all(line[counts.index(max(counts))] == levels[-1] for line in lines)
