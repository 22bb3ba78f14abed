"""What a live index lacks of its template, and what only a new one can have; policies of the engines' lifecycles."""

from typing import Any

import pytest

from wwwatch.retention_settings import RetentionSettings
from wwwatch.store import lifecycle
from wwwatch.store.migration import Difference, difference, field_names
from wwwatch.store.setup import INDEX, templates

KEYWORD = {"type": "keyword"}
AGES = RetentionSettings(rollover_days=3, rollover_gb=12.5)


def test_new_fields_are_added_where_they_belong() -> None:
    live = {"event": {"properties": {"kind": KEYWORD}}}
    wanted = {"event": {"properties": {"kind": KEYWORD, "start": {"type": "date"}}}, "tags": KEYWORD}
    found = difference(live, wanted)
    assert found == Difference({"event": {"properties": {"start": {"type": "date"}}}, "tags": KEYWORD})
    assert field_names(found.add) == ["event.start", "tags"]


@pytest.mark.parametrize(
    ("have", "want"),
    [
        (KEYWORD, {"type": "text"}),
        (KEYWORD, {"type": "keyword", "index": False}),
        ({"properties": {"a": KEYWORD}}, KEYWORD),
        (KEYWORD, {"properties": {"a": KEYWORD}}),
    ],
)
def test_what_only_a_new_index_can_have(have: dict[str, Any], want: dict[str, Any]) -> None:
    assert difference({"a": {"properties": {"b": have}}}, {"a": {"properties": {"b": want}}}).changed == ("a.b",)


@pytest.mark.parametrize(
    ("have", "want"),
    [
        (KEYWORD, {"type": "keyword", "index": True, "doc_values": True}),
        ({"type": "object"}, {"type": "object"}),
        ({"properties": {"a": KEYWORD, "beyond": KEYWORD}}, {"type": "object", "properties": {"a": KEYWORD}}),
    ],
)
def test_what_is_the_same_in_other_words(have: dict[str, Any], want: dict[str, Any]) -> None:
    assert difference({"a": have}, {"a": want}) == Difference()


def test_the_longest_value_of_a_field_is_changed_in_place() -> None:
    longer = {"type": "keyword", "ignore_above": 2048}
    assert difference({"a": {"type": "keyword", "ignore_above": 1024}}, {"a": longer}) == Difference({"a": longer})


def test_policies_say_what_the_settings_say() -> None:
    phases = lifecycle.ilm_policy(AGES, 90)["policy"]["phases"]
    assert phases["hot"]["actions"]["rollover"] == {"max_age": "3d", "max_primary_shard_size": "12500mb"}
    assert phases["delete"]["min_age"] == "90d"
    policy = lifecycle.ism_policy(AGES, 90, ["logs-nginx.access-*"])["policy"]
    assert policy["states"][0]["transitions"] == [{"state_name": "delete", "conditions": {"min_rollover_age": "90d"}}]
    assert policy["ism_template"][0]["index_patterns"] == ["logs-nginx.access-*"]


def test_kept_for_ever_deletes_nothing() -> None:
    assert "delete" not in lifecycle.ilm_policy(AGES, 0)["policy"]["phases"]
    assert [state["name"] for state in lifecycle.ism_policy(AGES, 0, [])["policy"]["states"]] == ["hot"]


class Engine:
    """Answers as the engines' lifecycle requests are documented, and keeps what it was asked."""

    def __init__(self, ilm: bool) -> None:
        self.offers_ilm, self.offers_ism, self.asked = ilm, not ilm, dict[str, Any]()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        self.asked[f"{method} {path}"] = body
        if path.startswith("/_resolve"):
            return {"data_streams": [{"name": "logs-nginx.access-shop", "backing_indices": [".ds-1", ".ds-2"]}]}
        if path.startswith("/_index_template?"):
            return {"index_templates": [{"name": name, "index_template": body} for name, body in templates(INDEX)]}
        if method == "GET" and path.startswith("/_plugins/_ism/policies/"):
            return {"_seq_no": 7, "_primary_term": 2} if path.endswith("events") else None
        return {}


def test_ilm_is_attached_to_templates_and_live_streams() -> None:
    engine = Engine(ilm=True)
    assert lifecycle.install(engine, AGES, dict(templates(INDEX))) == list(lifecycle.STREAM_AGES)  # type: ignore[arg-type]
    name = "wwwatch-access-events"
    assert engine.asked[f"PUT /_index_template/{name}"]["template"]["settings"]["index"]["lifecycle"] == {"name": name}
    assert engine.asked["PUT /logs-nginx.access-shop/_settings"] == {"index.lifecycle.name": name}
    assert f"PUT /_ilm/policy/{name}" in engine.asked


def test_ism_replaces_the_version_it_read_and_is_added_to_live_indices() -> None:
    engine = Engine(ilm=False)
    lifecycle.install(engine, AGES, dict(templates(INDEX)))  # type: ignore[arg-type]
    assert "PUT /_plugins/_ism/policies/wwwatch-access-events?if_seq_no=7&if_primary_term=2" in engine.asked
    assert "PUT /_plugins/_ism/policies/wwwatch-rejected-lines" in engine.asked
    assert engine.asked["POST /_plugins/_ism/add/.ds-1,.ds-2"] == {"policy_id": "wwwatch-access-events"}


def test_an_upgraded_template_keeps_its_lifecycle() -> None:
    body = dict(templates(INDEX))["wwwatch-access-events"]
    before = {"template": {"settings": {"index": {"lifecycle": {"name": "wwwatch-access-events"}}}}}
    assert lifecycle.kept(body, before)["template"] == before["template"]
    assert lifecycle.kept(body, {}) == body


def test_the_engines_lifecycle_can_be_refused() -> None:
    engine = Engine(ilm=True)
    ages = RetentionSettings(engine_lifecycle=False)
    assert lifecycle.install(engine, ages, dict(templates(INDEX))) == []  # type: ignore[arg-type]
    assert engine.asked == {}
