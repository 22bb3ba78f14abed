"""Housekeeping on the real engine: what is too old goes, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detector import ledger as judged_minutes
from wwwatch.housekeeping import job, removed, retention
from wwwatch.housekeeping.job import housekeeping_pass
from wwwatch.housekeeping.retention import Expiry
from wwwatch.moments import iso
from wwwatch.settings import Settings
from wwwatch.store import Store, names
from wwwatch.store.setup import INDEX, templates
from wwwatch.store.upkeep import index_templates, streams

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
EVERYTHING: dict[str, Any] = {"match_all": {}}


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch, namespace: str) -> None:
    """Tests at the same time have streams, too: look at those of this namespace only."""
    own = [
        (name, body | {"index_patterns": [pattern.replace("*", f"{namespace}*") for pattern in body["index_patterns"]]})
        for name, body in templates(INDEX)
    ]
    monkeypatch.setattr(job, "templates", lambda _: own)
    monkeypatch.setattr(job._Pass, "_namespaces", lambda _: [namespace])
    shared = retention.expired_control

    def own_control(*given: Any) -> list[Expiry]:
        mine = {"term": {"wwwatch.namespace": namespace}}
        return [replace(each, query={"bool": {"filter": [each.query, mine]}}) for each in shared(*given)]

    monkeypatch.setattr(retention, "expired_control", own_control)


def ship(store: Store, namespace: str, at: datetime, id_: str) -> str:
    stream = names.access_stream("nginx.access", namespace)
    body = b'{"create":{"_id":"%s"}}\n{"@timestamp":"%s","source":{"address":"203.0.113.7"}}\n'
    assert store.bulk(stream, body % (id_.encode(), iso(at).encode())).statuses == [201]
    store.refresh(stream)
    return stream


def test_a_stream_rolls_over_and_old_indices_go_by_name(store: Store, settings: Settings, namespace: str) -> None:
    stream = ship(store, namespace, NOW, "a")
    assert housekeeping_pass(store, settings, NOW).rolled_over == []
    assert housekeeping_pass(store, settings, NOW + 8 * DAY).rolled_over == [stream]
    first, second = streams(store, stream)[stream]
    ship(store, namespace, NOW + 9 * DAY, "b")
    would = housekeeping_pass(store, settings, NOW + 91 * DAY, dry_run=True)
    assert (would.indices, would.rolled_over) == ([first], [stream])
    assert len(streams(store, stream)[stream]) == 2
    done = housekeeping_pass(store, settings, NOW + 91 * DAY)
    assert (done.indices, done.rolled_over, done.failed) == ([first], [stream], [])
    assert streams(store, stream)[stream][0] == second
    assert store.count(names.access_index(namespace)) == 1


def test_a_stream_of_a_foreign_template_is_left_alone(
    store: Store, settings: Settings, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = ship(store, namespace, NOW, "a")
    foreign = {"name": "theirs", "index_template": {"index_patterns": [stream], "priority": 200}}
    monkeypatch.setattr(job, "index_templates", lambda store: [*index_templates(store), foreign])
    report = housekeeping_pass(store, settings, NOW + 300 * DAY)
    assert report.rolled_over == []
    assert "theirs" in report.left[stream]


def test_derived_documents_go_by_event_time(store: Store, settings: Settings, namespace: str) -> None:
    for index in (names.anomalies(namespace), names.incidents(namespace), names.labels(namespace)):
        ages = {"old": 401, "young": 5}
        store.write_documents(index, [(id_, {"@timestamp": iso(NOW - days * DAY)}) for id_, days in ages.items()])
    report = housekeeping_pass(store, settings, NOW)
    assert {what: report.documents[what] for what in ("anomalies", "incidents", "labels")} == {
        "anomalies": 1, "incidents": 1, "labels": 1,
    }  # fmt: skip
    assert [id_ for id_, _ in store.search(names.anomalies(namespace), EVERYTHING, 9)] == ["young"]


def test_what_an_old_log_showed_stays_as_long_as_the_log(store: Store, settings: Settings, namespace: str) -> None:
    long_ago = NOW - 3000 * DAY
    ship(store, namespace, long_ago, "a")
    store.write_documents(names.anomalies(namespace), [("x", {"@timestamp": iso(long_ago)})])
    assert "anomalies" not in housekeeping_pass(store, settings, NOW).documents
    # An event of the future must not make everything old.
    ship(store, namespace, NOW + 3000 * DAY, "b")
    store.write_documents(names.anomalies(namespace), [("y", {"@timestamp": iso(NOW - DAY)})])
    housekeeping_pass(store, settings, NOW)
    assert [id_ for id_, _ in store.search(names.anomalies(namespace), EVERYTHING, 9)] == ["y"]


def test_the_ledger_shrinks_behind_the_events_and_late_lines_are_left_alone(
    store: Store, settings: Settings, namespace: str
) -> None:
    at = NOW - 200 * DAY
    stream = ship(store, namespace, at, "a")
    due = judged_minutes.due(store, namespace)
    assert len(due.counts) == 1
    judged_minutes.record(store, namespace, due, tuple(judged_minutes.LEVELS), "m1", NOW)
    store.admin("POST", f"/{stream}/_rollover")
    assert housekeeping_pass(store, settings, NOW + 30 * DAY).documents["minutes of the ledger"] == 0
    report = housekeeping_pass(store, settings, NOW + 91 * DAY)
    assert report.documents["minutes of the ledger"] == 1
    assert store.count(names.windows(namespace)) == 0
    assert at.date() in removed.read(store, namespace)
    ship(store, namespace, at, "late")
    ship(store, namespace, NOW, "new")
    assert list(judged_minutes.due(store, namespace).counts) == [int(NOW.timestamp()) // 60 * 60]
    # Asked for by name, the day is judged all the same.
    assert judged_minutes.spanned(store, namespace, at - DAY, at + DAY).counts


def test_only_scratch_of_dead_trainings_goes(store: Store, settings: Settings, namespace: str) -> None:
    name = f"{names.SCRATCH_PREFIX}{namespace}"
    store.write_documents(name, [("x", {"@timestamp": iso(NOW)})])
    assert name not in housekeeping_pass(store, settings, NOW, dry_run=True).indices
    assert name in housekeeping_pass(store, settings, NOW + 2 * DAY, dry_run=True).indices
    store.delete_index(name)


def test_control_documents_go_when_they_have_ended(store: Store, settings: Settings, namespace: str) -> None:
    def control(kind: str, written: datetime, expires: datetime | None = None) -> dict[str, Any]:
        own = {"namespace": namespace, "kind": kind} | ({"expires_at": iso(expires)} if expires else {})
        return {"@timestamp": iso(written), "wwwatch": own}

    long_ago = NOW - 900 * DAY
    documents = {
        "gone: allowed": control("allow", long_ago, NOW - 401 * DAY),
        "gone: dns": control("crawler", NOW, NOW - DAY),
        "gone: verdict": control("verdict", NOW - 401 * DAY),
        "kept: allowed for ever": control("allow", long_ago),
        "kept: lease": control("lease", long_ago, long_ago),
    }
    store.write_documents(names.CONTROL, [(f"{name} {namespace}", each) for name, each in documents.items()])
    report = housekeeping_pass(store, settings, NOW)
    assert report.documents == {
        "allow list entries that ended": 1, "remembered DNS answers": 1, "verdicts and maintenance": 1,
    }  # fmt: skip
    left = store.search(names.CONTROL, {"term": {"wwwatch.namespace": namespace}}, 9)
    assert sorted(id_ for id_, _ in left) == sorted(f"{name} {namespace}" for name in documents if "kept" in name)
