"""The benchmark's own arithmetic: what it counts as found and false, and how sure it is."""

import math
from typing import Any

import pytest

from bench.quality.named import as_told, classes_by_client, false_incidents
from bench.quality.report import BEGIN, END, Table, by_class, span, written
from bench.quality.statistics import Rate, upper_bound

Document = dict[str, Any]


def alert(name: str, severity: int = 73, entity: str = "ip", who: str = "203.0.113.7", *members: str) -> Document:
    document: Document = {
        "event": {"severity": severity},
        "wwwatch": {"class": name, "entity": {"type": entity, "id": who}},
    }
    return document | ({"related": {"ip": list(members)}} if members else {})


def run(name: str, found: float, named: dict[str, float], within: float | None = 60) -> Document:
    right = named.get(name, 0.0)
    return {
        "name": f"{name}_style", "class": name, "found": found, "right": right, "named": named, "incidents": 1,
        "within_seconds": within,
    }  # fmt: skip


def test_the_interval_is_wilsons() -> None:
    assert Rate(81, 263).interval() == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe, 1998
    assert Rate(10, 10).interval()[1] == pytest.approx(1.0)
    assert 0.69 < Rate(10, 10).interval()[0] < 0.73
    assert Rate(0, 0).interval() == (0.0, 1.0)


def test_no_event_is_bounded_by_the_rule_of_three() -> None:
    assert upper_bound(0, 3) == 1.0
    assert upper_bound(2, 1) == pytest.approx(7.2, abs=0.1)  # exact: 7.22
    assert upper_bound(1, 0) == math.inf


def test_groups_name_their_members() -> None:
    alerts = [alert("scan"), alert("dos", 47, "net", "198.51.100.0/24", "198.51.100.1", "203.0.113.7")]
    assert classes_by_client(alerts) == {"203.0.113.7": {"scan", "dos"}, "198.51.100.1": {"dos"}}
    assert classes_by_client(alerts, least_severity=73) == {"203.0.113.7": {"scan"}}


def test_an_anomaly_is_told_as_its_incident() -> None:
    flood = alert("dos", 73, "site", "shop", "203.0.113.7")
    flood["wwwatch"]["incident_id"] = "i"
    part, other = alert("scraping"), alert("scraping", who="203.0.113.8")
    part["wwwatch"]["incident_id"] = "i"
    told = classes_by_client(as_told([part, other], [flood]))
    assert told == {"203.0.113.7": {"dos"}, "203.0.113.8": {"scraping"}}


def test_what_counts_as_a_false_incident() -> None:
    group = alert("dos", 73, "net", "n", "a", "b", "c")
    hostile = {"203.0.113.7": False, "a": True, "b": True, "c": False}
    assert false_incidents([alert("scan"), alert("scan", 21), group], hostile, others_harmless=False) == 1
    assert false_incidents([alert("scan", who="?")], hostile, others_harmless=False) == 0
    assert false_incidents([alert("scan", who="?"), alert("dos", 73, "site", "s")], hostile, others_harmless=True) == 2


def test_each_run_weighs_the_same() -> None:
    part = {
        "runs": [run("dos", 1.0, {"dos": 1.0}), run("dos", 0.5, {"dos": 0.5, "scan": 0.5}, None)],
        "false_clients": {"dos": 1},
    }
    row = next(row for row in by_class("", [part]).rows if row[0] == "dos")
    assert row[2].startswith("0.75 ")
    assert row[4].startswith("0.60 ")  # 1.5 runs right, one harmless client
    assert row[5] == "-"  # half of the runs were never named


def test_tables_take_the_place_of_those_before() -> None:
    table = Table("new", ("a",), [("1",)])
    assert written("", [table]) == table.markdown()
    before = f"words\n{BEGIN}\nold\n{END}\nmore words\n"
    after = written(before, [table])
    assert after.startswith("words\n")
    assert after.endswith("more words\n")
    assert "old" not in after
    assert table.markdown() in after


def test_spans_for_people() -> None:
    assert [span(15), span(120), span(7200), span(10**9)] == ["15 s", "2 min", "2 h", "over 24 h"]
