"""How the watch itself did in a span: shippers behind, the model, what the budget of alerts left untold."""

from datetime import datetime
from typing import Any

from alerts import memory
from alerts.figures import Lag, ModelState, Span
from wwwatch.questions import between, descending
from wwwatch.selfwatch.gather import active_model
from wwwatch.store import Store, names

Document = dict[str, Any]

SHIPPERS_AT_MOST = 1000
# The newest of these many passes that judged enough to tell whether traffic drifts, tells.
PASSES_ASKED = 200
SHIPS: Document = {"term": {"wwwatch.component": "ship"}}
# A shipper that has nothing to deliver is not behind, however long ago its last event was.
HAS_MORE: Document = {"range": {"wwwatch.bytes_behind": {"gt": 0}}}


def lag(store: Store, namespace: str, span: Span) -> Lag:
    """The largest age of the newest delivered event while there was more to deliver, by heartbeats of the span."""
    worst = {"filter": HAS_MORE, "aggs": {"seconds": {"max": {"field": "wwwatch.lag_seconds"}}}}
    hosts = {"terms": {"field": "host.name", "size": SHIPPERS_AT_MOST}, "aggs": {"behind": worst}}
    query = between(span.since, span.until, SHIPS)
    buckets = (
        store.aggregate(names.pipeline_stream(namespace), query, {"hosts": hosts}).get("hosts", {}).get("buckets", [])
    )
    seconds = {str(bucket["key"]): float(bucket["behind"]["seconds"]["value"] or 0.0) for bucket in buckets}
    host = max(seconds, key=lambda name: seconds[name], default="")
    return Lag(len(seconds), seconds.get(host, 0.0), host if seconds.get(host) else "")


def model(store: Store, namespace: str) -> ModelState | None:
    """The active model, and how unlike its training the traffic became; None before the first."""
    active = active_model(store, namespace)
    if active is None:
        return None
    drift = _drift(store, namespace, active.version)
    return ModelState(
        active.version,
        active.trained_at,
        active.base,
        float(drift["psi"]) if drift else None,
        str(drift["feature"]) if drift else "",
    )


def _drift(store: Store, namespace: str, version: str) -> Document | None:
    passes = between(
        None, None, {"term": {"wwwatch.component": "detector"}}, {"term": {"wwwatch.model_version": version}}
    )
    newest = [descending("@timestamp")]
    found = store.search(names.pipeline_stream(namespace), passes, PASSES_ASKED, newest, ["wwwatch.drift"])
    told = (document["wwwatch"]["drift"] for _, document in found if "drift" in document.get("wwwatch", {}))
    return next((one for one in told if one["feature"]), None)


def withheld(store: Store, namespace: str, since: datetime, until: datetime) -> dict[str, int]:
    """Why -> incidents of a span that no alert told of."""
    return memory.read(store, namespace)[0].withheld(since, until)
