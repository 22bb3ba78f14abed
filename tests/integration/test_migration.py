"""Upgrades of live indices on the real engine."""

from typing import Any

import pytest

from tests.conftest import Run
from wwwatch.errors import StoreError
from wwwatch.retention_settings import RetentionSettings
from wwwatch.store import Store, names, setup
from wwwatch.store.migration import migrate
from wwwatch.store.upkeep import streams

EVENT = b'{"create":{}}\n{"@timestamp":"2026-01-01T00:00:00Z","note":"a b"}\n'


def template(pattern: str, **fields: str) -> dict[str, Any]:
    properties = {name: {"type": type_} for name, type_ in fields.items()}
    return {
        "index_patterns": [pattern],
        "priority": 300,
        "template": {"mappings": {"dynamic": False, "properties": properties}},
    }


@pytest.fixture
def upgraded(store: Store, namespace: str) -> Any:
    """Install a template of this test's own for its pattern, and a newer one after the first document."""

    def upgrade(pattern: str, before: dict[str, str], after: dict[str, str], stream: bool) -> Any:
        name = f"{namespace}-{'stream' if stream else 'index'}"
        more: dict[str, Any] = {"data_stream": {}} if stream else {}
        store.admin("PUT", f"/_index_template/{name}", template(pattern, **before) | more)
        assert store.bulk(pattern, EVENT).statuses == [201]
        newer = template(pattern, **after) | more
        store.admin("PUT", f"/_index_template/{name}", newer)
        return migrate(store, {name: newer})

    return upgrade


def test_new_fields_come_in_place(store: Store, upgraded: Any, namespace: str) -> None:
    stream = names.rejects_stream(namespace)
    done = upgraded(stream, {"note": "keyword"}, {"note": "keyword", "extra": "long"}, True)
    [backing] = streams(store, stream)[stream]
    assert (done.extended, done.rolled_over, done.notes) == ({backing: ["extra"]}, [], [])
    assert store.admin("GET", f"/{backing}/_mapping")[backing]["mappings"]["properties"]["extra"] == {"type": "long"}


def test_a_stream_begins_a_new_index_for_a_changed_field(store: Store, upgraded: Any, namespace: str) -> None:
    stream = names.rejects_stream(namespace)
    done = upgraded(stream, {"note": "keyword"}, {"note": "long", "extra": "long"}, True)
    assert done.rolled_over == [stream]
    assert "began a new index for note" in done.notes[0]
    first, second = streams(store, stream)[stream]
    live = store.admin("GET", f"/{stream}/_mapping")
    assert live[first]["mappings"]["properties"]["note"] == {"type": "keyword"}
    assert live[second]["mappings"]["properties"]["note"] == {"type": "long"}


def test_a_plain_index_keeps_the_old_type_and_that_is_said(store: Store, upgraded: Any, namespace: str) -> None:
    index = names.labels(namespace)
    done = upgraded(index, {"note": "keyword"}, {"note": "long", "extra": "long"}, False)
    assert done.extended == {index: ["extra"]}
    assert done.notes == [f"{index} keeps the old type of note: only a new index can have it."]


@pytest.fixture
def older_wwwatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this wwwatch were the one before."""
    current = {kind: list(setup.templates(kind)) for kind in (setup.COMPONENT, setup.INDEX)}
    monkeypatch.setattr(
        setup,
        "templates",
        lambda kind: [(name, body | {"version": body["version"] - 1}) for name, body in current[kind]],
    )


@pytest.mark.usefixtures("older_wwwatch")
def test_a_downgrade_is_refused_and_changes_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match=r"set up by a newer wwwatch.*wwwatch-access-events \(version \d+, here \d+\)"):
        setup.upgrade(store, RetentionSettings())
    # A shipper of the older version goes on working.
    store._templates_sure = False
    store.ensure_setup()


def test_setup_twice_finds_nothing_to_do(run: Run, store: Store) -> None:
    done = run("setup", "--json")
    assert done.returncode == 0, done.stderr
    assert '"installed":[]' in done.stdout
