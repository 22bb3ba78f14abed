"""The whole chain at one moment, from what the store holds: what `wwwatch status` tells."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wwwatch.errors import StoreRefused
from wwwatch.moments import iso
from wwwatch.questions import SEVERITIES
from wwwatch.selfwatch.gather import HOSTS_AT_MOST, Memory, active_model, outbox, shippers, unjudged
from wwwatch.service import leadership, schedule
from wwwatch.service.jobs import table
from wwwatch.service.schedule import State
from wwwatch.settings import Settings
from wwwatch.store import Store, names
from wwwatch.store.nodes import disks

Document = dict[str, Any]

# The newest of these many passes that judged enough to tell whether traffic drifts, tells.
PASSES_ASKED = 200
MAILS_TOLD = 5
NOT_CLOSED = {"terms": {"wwwatch.status": ["open", "escalated"]}}
GRAVE = {"range": {"event.severity": {"gte": SEVERITIES["medium"]}}}
# A leader renews every three seconds: one that has not for so long is gone.
GONE = timedelta(minutes=1)


def gather(store: Store, settings: Settings, namespace: str, now: datetime) -> Document:
    """Facts by name; times are ISO 8601 or None. `trouble` holds what is wrong, in words."""
    everything: Document = {"match_all": {}}
    judged = store.aggregate(names.windows(namespace), everything, {"judged": {"sum": {"field": "wwwatch.documents"}}})
    model = active_model(store, namespace)
    held = leadership.stored(store, namespace)
    facts: Document = {
        "store": store.description,
        "events": store.count(store.access_index(namespace)),
        "newest_event": _newest(store, store.access_index(namespace)),
        "rejected_lines": store.count(names.rejects_stream(namespace)),
        "shippers": _shippers(store, namespace, now),
        "events_judged": int(judged.get("judged", {}).get("value", 0)),
        "last_judged_minute": _newest(store, names.windows(namespace)),
        "minutes_not_judged": len(unjudged(store, namespace, now, Memory()).since),
        "anomalies": store.count(names.anomalies(namespace), {"term": {"wwwatch.status": "open"}}),
        "incidents_not_closed": store.count(names.incidents(namespace), NOT_CLOSED),
        "active_model": model.version if model else None,
        "model_age_days": round((now - model.trained_at) / timedelta(days=1), 1) if model and not model.base else None,
        "model_drift": _drift(store, namespace),
        "service": _service(held, settings, now),
        "mails": _mails(store, namespace),
        "mails_failing": outbox(store, namespace, now).waiting,
        "disks": _disks(store),
    }
    return facts | {"trouble": _trouble(store, namespace, facts["service"], now)}


def _shippers(store: Store, namespace: str, now: datetime) -> list[Document]:
    """Each host that ships: what its last heartbeat says of itself, and what it read in the last hour."""
    newest = {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["@timestamp", "wwwatch"]}
    hosts = {"terms": {"field": "host.name", "size": HOSTS_AT_MOST}, "aggs": {"last": {"top_hits": newest}}}
    answer = store.aggregate(
        names.pipeline_stream(namespace), {"term": {"wwwatch.component": "ship"}}, {"hosts": hosts}
    )
    beats = {
        bucket["key"]: bucket["last"]["hits"]["hits"][0]["_source"]
        for bucket in answer.get("hosts", {}).get("buckets", [])
    }
    lately = {one.host: one.hour for one in shippers(store, namespace, now, Memory())}
    told = ("status", "newest_event", "lag_seconds", "bytes_behind", "undelivered")
    return [
        {
            "host": host,
            "last_heartbeat": beat["@timestamp"],
            **{name: beat["wwwatch"].get(name) for name in told},
            "read_last_hour": lately.get(host, (0, 0))[0],
            "rejected_last_hour": lately.get(host, (0, 0))[1],
        }
        for host, beat in sorted(beats.items())
    ]


def _drift(store: Store, namespace: str) -> float | None:
    """The newest drift a pass could tell: above 0.25 the traffic is unlike what the model was trained on."""
    passes = {"bool": {"filter": [{"term": {"wwwatch.component": "detector"}}]}}
    newest = [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}]
    found = store.search(names.pipeline_stream(namespace), passes, PASSES_ASKED, newest, ["wwwatch.drift"])
    told = (document["wwwatch"]["drift"] for _, document in found if "drift" in document.get("wwwatch", {}))
    return next((float(one["psi"]) for one in told if one["feature"]), None)


def _service(held: Mapping[str, Any] | None, settings: Settings, now: datetime) -> Document | None:
    """Who works for the site, when it was heard of last, and its jobs; None where no service ever ran."""
    if held is None:
        return None
    zone = ZoneInfo(settings.site.timezone)
    states = {name: State.read(document) for name, document in held["jobs"].items()}
    jobs = {
        name: _job(job, states.get(name, State()), now, zone)
        for name, job in table(settings).items()
        if not job.whole_store
    }
    return {"holder": held["holder"] or None, "renewed_at": held["renewed_at"], "jobs": jobs}


def _job(job: schedule.Job, state: State, now: datetime, zone: ZoneInfo) -> Document:
    return {
        "last_end": iso(state.ended_at) if state.ended_at else None,
        "took_seconds": state.took_seconds,
        "failures": state.failures,
        "reason": state.reason,
        "next": iso(schedule.next_at(job, state, now, zone)),
    }


def _mails(store: Store, namespace: str) -> list[Document]:
    """The newest letters of the outbox."""
    query = {"bool": {"filter": [{"term": {"wwwatch.kind": "outbox"}}, {"term": {"wwwatch.namespace": namespace}}]}}
    newest = [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}]
    fields = ["@timestamp", "wwwatch.status", "wwwatch.outbox.purpose", "wwwatch.outbox.lines"]
    found = store.search(names.CONTROL, query, MAILS_TOLD, newest, fields)
    return [
        {
            "at": document["@timestamp"],
            "status": document["wwwatch"]["status"],
            "purpose": document["wwwatch"]["outbox"]["purpose"],
            "line": next(iter(document["wwwatch"]["outbox"].get("lines") or []), ""),
        }
        for _, document in found
    ]


def _disks(store: Store) -> list[Document] | None:
    """None where this user or key may not ask."""
    try:
        return [{"node": disk.node, "used_share": round(disk.used_share, 3)} for disk in disks(store)]
    except StoreRefused:
        return None


def _trouble(store: Store, namespace: str, service: Document | None, now: datetime) -> list[str]:
    """What is wrong: the open incidents of the watch itself, and a service that is gone without having ended."""
    query = {"bool": {"filter": [NOT_CLOSED, GRAVE]}}
    found = sorted(
        f"{document['rule']['name']}: {document['event']['reason']}"
        for _, document in store.documents(names.selfwatch(namespace), query)
    )
    if service and service["holder"] and now - datetime.fromisoformat(service["renewed_at"]) > GONE:
        found.append(f"The service, {service['holder']}, gave its last sign of life at {service['renewed_at']}.")
    return found


def _newest(store: Store, index: str) -> str | None:
    held = store.time_span(index)
    return iso(held[1]) if held else None
