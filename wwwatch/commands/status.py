"""`wwwatch status`: the whole chain's health, from what the store holds."""

from pathlib import Path
from typing import Any

import click

from wwwatch.console import print_json, print_table
from wwwatch.moments import iso
from wwwatch.namespaces import namespace_option
from wwwatch.settings import load
from wwwatch.store import Store, connect, names

# The newest of these many passes that judged enough to tell whether traffic drifts, tells.
PASSES_ASKED = 200
SHIPPERS_TOLD = 100
NOT_CLOSED = {"terms": {"wwwatch.status": ["open", "escalated"]}}


@click.command()
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def status(config: Path | None, namespace: str, as_json: bool) -> None:
    """What the store holds of a site, how far it is judged, and by which model."""
    facts = gather(connect(load(config)), namespace)
    if as_json:
        print_json([facts])
    else:
        print_table(
            f"Status of {namespace}", ("what", "is"), [(name.replace("_", " "), _shown(v)) for name, v in facts.items()]
        )


def gather(store: Store, namespace: str) -> dict[str, Any]:
    """Facts by name; times are ISO 8601 or None."""
    everything: dict[str, Any] = {"match_all": {}}
    events = store.count(store.access_index(namespace))
    judged = store.aggregate(names.windows(namespace), everything, {"judged": {"sum": {"field": "wwwatch.documents"}}})
    pointer = store.get_document(names.CONTROL, f"active-model:{namespace}")
    return {
        "store": store.description,
        "events": events,
        "newest_event": _newest(store, store.access_index(namespace)),
        "rejected_lines": store.count(names.rejects_stream(namespace)),
        "shippers": _shippers(store, namespace),
        "events_judged": int(judged.get("judged", {}).get("value", 0)),
        "last_judged_minute": _newest(store, names.windows(namespace)),
        "anomalies": store.count(names.anomalies(namespace), {"term": {"wwwatch.status": "open"}}),
        "incidents_not_closed": store.count(names.incidents(namespace), NOT_CLOSED),
        "active_model": pointer["wwwatch"]["model_version"] if pointer else None,
        "model_drift": _drift(store, namespace),
    }


def _shippers(store: Store, namespace: str) -> list[dict[str, Any]]:
    """The last heartbeat of each host that ships, told in a few words of it."""
    newest = {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["@timestamp", "wwwatch"]}
    hosts = {"terms": {"field": "host.name", "size": SHIPPERS_TOLD}, "aggs": {"last": {"top_hits": newest}}}
    answer = store.aggregate(
        names.pipeline_stream(namespace), {"term": {"wwwatch.component": "ship"}}, {"hosts": hosts}
    )
    beats = [
        (bucket["key"], bucket["last"]["hits"]["hits"][0]["_source"])
        for bucket in answer.get("hosts", {}).get("buckets", [])
    ]
    told = ("status", "newest_event", "bytes_behind", "undelivered")
    return [
        {"host": host, "last_heartbeat": beat["@timestamp"], **{name: beat["wwwatch"].get(name) for name in told}}
        for host, beat in beats
    ]


def _drift(store: Store, namespace: str) -> float | None:
    """The newest drift a pass could tell: above 0.25 the traffic is unlike what the model was trained on."""
    passes = {"bool": {"filter": [{"term": {"wwwatch.component": "detector"}}]}}
    newest = [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}]
    found = store.search(names.pipeline_stream(namespace), passes, PASSES_ASKED, newest, ["wwwatch.drift"])
    told = (document["wwwatch"]["drift"] for _, document in found if "drift" in document.get("wwwatch", {}))
    return next((float(one["psi"]) for one in told if one["feature"]), None)


def _newest(store: Store, index: str) -> str | None:
    held = store.time_span(index)
    return iso(held[1]) if held else None


def _shown(value: object) -> str:
    if isinstance(value, list):
        return (
            "; ".join(f"{one['host']} {one['status']}, heard of {one['last_heartbeat']}" for one in value) or "none yet"
        )
    return "none yet" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
