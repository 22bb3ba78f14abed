"""A filter means the same in KQL and in the query DSL."""

import pytest

from dashboards.filters import All, Between, Exists, Filter, Is, Not, dsl, kql


@pytest.mark.parametrize(
    ("wanted", "as_kql", "as_dsl"),
    [
        (None, "", {"match_all": {}}),
        (Is("tags", "bot"), 'tags: "bot"', {"terms": {"tags": ["bot"]}}),
        (Is("status", 401, 403), "status: (401 or 403)", {"terms": {"status": [401, 403]}}),
        (Between("status", 400, 500), "status >= 400 and status < 500", {"range": {"status": {"gte": 400, "lt": 500}}}),
        (Between("start", "now-1d"), 'start >= "now-1d"', {"range": {"start": {"gte": "now-1d"}}}),
        (Exists("_ignored"), "_ignored: *", {"exists": {"field": "_ignored"}}),
        (
            Not(Between("status", high=200)),
            "not (status < 200)",
            {"bool": {"must_not": [{"range": {"status": {"lt": 200}}}]}},
        ),
        (
            All(Is("a", 1), Between("b", 1, 2), Not(Is("c", 3))),
            "a: 1 and (b >= 1 and b < 2) and not (c: 3)",
            {
                "bool": {
                    "filter": [
                        {"terms": {"a": [1]}},
                        {"range": {"b": {"gte": 1, "lt": 2}}},
                        {"bool": {"must_not": [{"terms": {"c": [3]}}]}},
                    ]
                }
            },
        ),
    ],
)
def test_filters(wanted: Filter | None, as_kql: str, as_dsl: dict[str, object]) -> None:
    assert kql(wanted) == as_kql
    assert dsl(wanted) == as_dsl
