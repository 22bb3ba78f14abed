"""The engine's own lifecycle for our data streams, where it has one: ILM of Elasticsearch, ISM of OpenSearch.

`wwwatch setup` installs one policy for each age of `[retention]` and attaches it. Housekeeping sees the policy on a
stream and leaves it alone, so that never two roll over or delete.
"""

from typing import Any

from wwwatch.retention_settings import FOR_EVER, RetentionSettings
from wwwatch.store.client import Store
from wwwatch.store.session import Document
from wwwatch.store.upkeep import index_templates, owner, streams

MANAGED = {"managed_by": "wwwatch"}
ISM_PRIORITY = 150
# The setting that holds for the streams of each index template.
STREAM_AGES = {
    "wwwatch-access-events": "events_days",
    "wwwatch-rejected-lines": "rejects_days",
    "wwwatch-pipeline-metrics": "metrics_days",
}


def ilm_policy(settings: RetentionSettings, days: int) -> Document:
    """As `PUT /_ilm/policy/NAME` takes it. A phase's age counts from the rollover."""
    roll = {"max_age": f"{settings.rollover_days}d", "max_primary_shard_size": f"{settings.rollover_gb * 1000:.0f}mb"}
    phases: Document = {"hot": {"actions": {"rollover": roll}}}
    if days != FOR_EVER:
        phases["delete"] = {"min_age": f"{days}d", "actions": {"delete": {}}}
    return {"policy": {"_meta": MANAGED, "phases": phases}}


def ism_policy(settings: RetentionSettings, days: int, patterns: list[str]) -> Document:
    """As `PUT /_plugins/_ism/policies/NAME` takes it. patterns: of the streams that get it when they begin an index."""
    roll = {
        "min_index_age": f"{settings.rollover_days}d", "min_primary_shard_size": f"{settings.rollover_gb * 1000:.0f}mb",
    }  # fmt: skip
    hot: Document = {"name": "hot", "actions": [{"rollover": roll}], "transitions": []}
    states = [hot]
    if days != FOR_EVER:
        hot["transitions"] = [{"state_name": "delete", "conditions": {"min_rollover_age": f"{days}d"}}]
        states.append({"name": "delete", "actions": [{"delete": {}}], "transitions": []})
    applies = [{"index_patterns": patterns, "priority": ISM_PRIORITY}]
    return {
        "policy": {
            "description": "wwwatch: rollover and deletion by the settings of [retention]",
            "default_state": "hot",
            "states": states,
            "ism_template": applies,
        }
    }


def kept(body: Document, before: Document) -> Document:
    """An index template's body with the lifecycle that the one installed before has."""
    lifecycle = before.get("template", {}).get("settings", {}).get("index", {}).get("lifecycle")
    return _with_lifecycle(body, lifecycle) if lifecycle else body


def install(store: Store, settings: RetentionSettings, templates: dict[str, Document]) -> list[str]:
    """Install the policies and attach them to templates and live streams. Return their names; none: no lifecycle here.

    templates: our index templates, name -> body, as they are installed.
    """
    if not (settings.engine_lifecycle and (store.offers_ilm or store.offers_ism)):
        return []
    installed = index_templates(store)
    for name, age in STREAM_AGES.items():
        body, days = templates[name], int(getattr(settings, age))
        ours = [
            (stream, backing)
            for stream, backing in streams(store, ",".join(body["index_patterns"])).items()
            if owner(stream, installed) == name
        ]
        if store.offers_ilm:
            store.admin("PUT", f"/_ilm/policy/{name}", ilm_policy(settings, days))
            store.admin("PUT", f"/_index_template/{name}", _with_lifecycle(body, {"name": name}))
            for stream, _ in ours:
                store.admin("PUT", f"/{stream}/_settings", {"index.lifecycle.name": name})
        else:
            _put_ism(store, name, ism_policy(settings, days, body["index_patterns"]))
            for _, backing in ours:
                store.admin("POST", f"/_plugins/_ism/add/{','.join(backing)}", {"policy_id": name})
    return list(STREAM_AGES)


def remove(store: Store) -> list[str]:
    """Delete our policies. Return the names of those that were there."""
    if not (store.offers_ilm or store.offers_ism):
        return []
    path = "/_ilm/policy" if store.offers_ilm else "/_plugins/_ism/policies"
    return [name for name in STREAM_AGES if store.admin("DELETE", f"{path}/{name}") is not None]


def _put_ism(store: Store, name: str, body: Document) -> None:
    """A policy that is there is only replaced by who names the version it read."""
    path = f"/_plugins/_ism/policies/{name}"
    there: Any = store.admin("GET", path)
    version = f"?if_seq_no={there['_seq_no']}&if_primary_term={there['_primary_term']}" if there else ""
    store.admin("PUT", path + version, body)


def _with_lifecycle(body: Document, lifecycle: Document) -> Document:
    template = body.get("template", {})
    settings = template.get("settings", {})
    index = settings.get("index", {}) | {"lifecycle": lifecycle}
    return body | {"template": template | {"settings": settings | {"index": index}}}
