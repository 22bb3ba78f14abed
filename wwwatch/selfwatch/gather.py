"""Reads the facts of a site from the store. What takes long is read once and then kept up to date, in `memory`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from wwwatch.errors import StoreRefused
from wwwatch.moments import iso
from wwwatch.questions import moment
from wwwatch.questions.minutes import by_minute
from wwwatch.selfwatch.facts import (
    HISTORY_DAYS,
    SLOT_SECONDS,
    ActiveModel,
    Disk,
    Facts,
    Host,
    Outbox,
    Shipper,
    Unjudged,
)
from wwwatch.service.schedule import State
from wwwatch.store import Store, names
from wwwatch.store.nodes import disks

T = TypeVar("T")
Document = dict[str, Any]

HOSTS_AT_MOST = 200
RECENT = timedelta(hours=2)  # what may still become known of a host's slots
RECENT_BEATS = timedelta(minutes=10)
LEAST_BEATS = 10
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
BASE_PREFIX = "base-"
LETTERS_READ = 200


@dataclass
class Memory:
    """What was read before. slots, newest: of each host. rhythm: of each shipper, read at rhythm_at.
    latest: all facts.
    """

    slots: dict[str, set[int]] = field(default_factory=dict)
    newest: dict[str, datetime] = field(default_factory=dict)
    read_until: datetime | None = None
    rhythm: dict[str, Shipper] = field(default_factory=dict)
    rhythm_at: datetime | None = None
    unjudged: dict[int, datetime] = field(default_factory=dict)
    latest: Facts = field(default_factory=Facts)


def gather(
    store: Store, namespace: str, now: datetime, memory: Memory, jobs: Mapping[str, State]
) -> tuple[Facts, list[str]]:
    """The facts at this moment, and what this user or key may not see. Raise StoreError if there is no answer."""
    refused: list[str] = []

    def part(name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except StoreRefused:
            refused.append(name)
            return None

    facts = Facts(
        hosts=part("hosts", lambda: hosts(store, namespace, now, memory)),
        shippers=part("shippers", lambda: shippers(store, namespace, now, memory)),
        unjudged=part("unjudged", lambda: unjudged(store, namespace, now, memory)),
        model=part("model", lambda: active_model(store, namespace)),
        disks=part("disks", lambda: tuple(Disk(d.node, d.used_share, d.limits) for d in disks(store))),
        outbox=part("outbox", lambda: outbox(store, namespace, now)),
        jobs=jobs,
    )
    memory.latest = facts
    return facts, refused


# ---- hosts


def hosts(store: Store, namespace: str, now: datetime, memory: Memory) -> tuple[Host, ...]:
    """The hosts with events in the last HISTORY_DAYS. The first time, day by day; then only what is new."""
    begin = now - timedelta(days=HISTORY_DAYS)
    since = max(begin, memory.read_until - RECENT) if memory.read_until else begin
    while since < now:
        until = min(now, since + DAY)
        _read_slots(store, namespace, since, until, memory)
        since = until
    memory.read_until = now
    oldest = int(begin.timestamp()) // SLOT_SECONDS
    for host in list(memory.slots):
        memory.slots[host] = {slot for slot in memory.slots[host] if slot >= oldest}
        if not memory.slots[host]:
            del memory.slots[host], memory.newest[host]
    return tuple(Host(name, memory.newest[name], frozenset(slots)) for name, slots in sorted(memory.slots.items()))


def _read_slots(store: Store, namespace: str, since: datetime, until: datetime, memory: Memory) -> None:
    slots = {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{SLOT_SECONDS}s", "min_doc_count": 1}}
    aggs = {"slots": slots, "newest": {"max": {"field": "@timestamp"}}}
    by_host = {"hosts": {"terms": {"field": "host.name", "size": HOSTS_AT_MOST}, "aggs": aggs}}
    answer = store.aggregate(store.access_index(namespace), _between(since, until), by_host)
    for bucket in answer.get("hosts", {}).get("buckets", []):
        name, newest = bucket["key"], moment(bucket["newest"]["value"])
        found = {int(slot["key"]) // 1000 // SLOT_SECONDS for slot in bucket["slots"]["buckets"]}
        memory.slots.setdefault(name, set()).update(found)
        memory.newest[name] = max(newest, memory.newest.get(name, newest))


# ---- shippers


def shippers(store: Store, namespace: str, now: datetime, memory: Memory) -> tuple[Shipper, ...]:
    """The shippers heard of in the last HISTORY_DAYS. How they usually are is read once an hour."""
    if memory.rhythm_at is None or now - memory.rhythm_at >= HOUR:
        memory.rhythm = {
            one.host: one for one in _heard(store, namespace, now - timedelta(days=HISTORY_DAYS), now, rhythm=True)
        }
        memory.rhythm_at = now
    latest = {one.host: one for one in _heard(store, namespace, now - HOUR, now, rhythm=False)}
    found = dict(memory.rhythm)
    for host, one in latest.items():
        usual = memory.rhythm.get(host, one)
        found[host] = replace(one, longest_pause_seconds=usual.longest_pause_seconds, runs=usual.runs, week=usual.week)
    # What was heard an hour ago says nothing of the last hour.
    return tuple(
        one if host in latest else replace(one, behind_bytes=None, hour=(0, 0)) for host, one in sorted(found.items())
    )


def _heard(store: Store, namespace: str, since: datetime, now: datetime, rhythm: bool) -> list[Shipper]:
    newest = {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["@timestamp", "wwwatch"]}
    sums = {name: {"sum": {"field": f"wwwatch.{name}"}} for name in ("read", "rejected")}
    aggs: Document = {"last": {"top_hits": newest}}
    if rhythm:
        week = _between(now - HOUR - WEEK, now - HOUR)
        hours = {"date_histogram": {"field": "@timestamp", "fixed_interval": "1h", "min_doc_count": 1}}
        aggs |= {"hours": hours, "week": {"filter": week, "aggs": sums}}
    else:
        figure = {"field": "wwwatch.bytes_behind"}
        behind = {"least": {"min": figure}, "told": {"value_count": figure}}
        aggs |= sums | {"recent": {"filter": _between(now - RECENT_BEATS, now), "aggs": behind}}
    query = {"bool": {"filter": [{"term": {"wwwatch.component": "ship"}}, _between(since, now)]}}
    by_host = {"hosts": {"terms": {"field": "host.name", "size": HOSTS_AT_MOST}, "aggs": aggs}}
    answer = store.aggregate(names.pipeline_stream(namespace), query, by_host)
    return [_shipper(bucket, rhythm) for bucket in answer.get("hosts", {}).get("buckets", [])]


def _shipper(bucket: Document, rhythm: bool) -> Shipper:
    last = bucket["last"]["hits"]["hits"][0]["_source"]
    own = last["wwwatch"]
    found = Shipper(
        host=bucket["key"],
        seen_at=datetime.fromisoformat(last["@timestamp"]),
        ended=own.get("status") == "ended",
        lag_seconds=own.get("lag_seconds"),
    )
    if rhythm:
        hours = [slot["key"] / 1000 for slot in bucket["hours"]["buckets"]]
        pauses = [late - early - 3600 for early, late in pairwise(hours) if late - early > 3600]
        return replace(
            found, longest_pause_seconds=max(pauses, default=0.0), runs=len(pauses), week=_lines(bucket["week"])
        )
    told = bucket["recent"]["told"]["value"] >= LEAST_BEATS
    behind = int(bucket["recent"]["least"]["value"]) if told else None
    return replace(found, behind_bytes=behind, hour=_lines(bucket))


def _lines(sums: Document) -> tuple[int, int]:
    return int(sums["read"]["value"]), int(sums["rejected"]["value"])


# ---- the detector, its model, the mails


def unjudged(store: Store, namespace: str, now: datetime, memory: Memory) -> Unjudged:
    """The minutes of the last day with more events than were judged, and since when they are seen so."""
    since = datetime.fromtimestamp((now - DAY).timestamp() // 60 * 60, UTC)
    held = by_minute(store, store.access_index(namespace), since, now)
    judged = by_minute(store, names.windows(namespace), since, now, "wwwatch.documents")
    late = {minute for minute, count in held.items() if count > judged.get(minute, 0)}
    memory.unjudged = {minute: memory.unjudged.get(minute, now) for minute in late}
    return Unjudged(dict(memory.unjudged))


def active_model(store: Store, namespace: str) -> ActiveModel | None:
    """The model that judges; None before the first."""
    pointer = store.get_document(names.CONTROL, f"active-model:{namespace}")
    version = pointer["wwwatch"]["model_version"] if pointer else None
    if version is None:
        return None
    found = store.search(names.MODELS, {"term": {"wwwatch.model_version": version}}, 1, None, ["@timestamp"])
    if not found:
        return None
    held = store.time_span(store.access_index(namespace))
    trained_at = datetime.fromisoformat(found[0][1]["@timestamp"])
    return ActiveModel(version, trained_at, version.startswith(BASE_PREFIX), held[0] if held else None)


def outbox(store: Store, namespace: str, now: datetime) -> Outbox:
    """The letters that failed to leave: those to be tried again, and those given up in the last day."""
    own = [{"term": {"wwwatch.kind": "outbox"}}, {"term": {"wwwatch.namespace": namespace}}]
    waits = {"terms": {"wwwatch.status": ["pending", "sending", "merging"]}}
    given_up = {"bool": {"filter": [{"term": {"wwwatch.status": "failed"}}, _between(now - DAY, now)]}}
    query = {"bool": {"filter": own, "should": [waits, given_up], "minimum_should_match": 1}}
    order = [{"@timestamp": {"order": "asc", "unmapped_type": "date"}}]
    found = store.search(names.CONTROL, query, LETTERS_READ, order, ["@timestamp", "wwwatch.outbox.targets"])
    failing = [
        (datetime.fromisoformat(document["@timestamp"]), target.get("error", ""))
        for _, document in found
        for target in document["wwwatch"].get("outbox", {}).get("targets", [])
        if target.get("attempts") and target.get("status") != "sent"
    ]
    if not failing:
        return Outbox(0, None)
    return Outbox(len({at for at, _ in failing}), min(at for at, _ in failing), failing[0][1])


def _between(since: datetime, until: datetime) -> Document:
    return {"range": {"@timestamp": {"gte": iso(since), "lt": iso(until)}}}
