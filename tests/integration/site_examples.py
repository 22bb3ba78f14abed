"""A small site in the store: two days of events, their ledger, an incident, some background, rejected lines."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

UNTIL = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=1)
ATTACKER, VISITOR = "203.0.113.7", "2001:db8::1"
HOSTILE_PATH = "/<script>alert(1)</script>?u=http://evil.example/\x1b[31m"
REASON = "412 failed logins in 10 min on /wp-login.php; see http://evil.example/ <b>now</b>"


def event(moment: datetime, address: str, path: str, status: int, host: str = "web1", **more: Any) -> Document:
    """An access event; ingested long after it happened, as an old log's are."""
    document: Document = {
        "@timestamp": iso(moment),
        "event": {"kind": "event", "original": f'{address} "GET {path}"', "ingested": "2026-11-01T10:00:00.000Z"},
        "source": {"address": address},
        "http": {"request": {"method": "GET"}, "response": {"status_code": status, "body": {"bytes": 1000}}},
        "url": {"original": path, "path": path},
        "user_agent": {"original": "Mozilla/5.0"},
        "host": {"name": host},
        "tags": [],
        "wwwatch": {"net": "203.0.113.0/24"},
    }
    if address.replace(".", "").isdigit() or ":" in address:
        document["source"]["ip"] = address
    return document | more


def events() -> Iterable[Document]:
    """Before: 300 requests to web1 and 10 to web2. Then: 480 to web1, 120 more of an attacker within an hour."""
    for number in range(300):
        yield event(SINCE - timedelta(minutes=4 * number + 1), VISITOR, f"/page/{number % 10}", 200)
    for number in range(10):
        yield event(SINCE - timedelta(hours=number + 2), VISITOR, "/", 200, "web2")
    for number in range(480):
        yield event(SINCE + timedelta(minutes=3 * number), VISITOR, f"/page/{number % 10}", 304 if number % 4 else 200)
    for number in range(118):
        moment = SINCE + timedelta(hours=2, seconds=30 * number)
        yield event(moment, ATTACKER, "/wp-login.php", 403, tags=["login", "script-agent"])
    yield event(SINCE + timedelta(hours=3), ATTACKER, HOSTILE_PATH, 500)
    yield event(UNTIL - timedelta(milliseconds=1), "Crawler.Example", "/robots.txt", 200)


def alert(start: datetime, minutes: int, severity: int, attack_class: str, entity: str, **own: Any) -> Document:
    """An anomaly or incident as the detector writes it."""
    end = start + timedelta(minutes=minutes)
    entity_type = "site" if own.pop("background", False) else "ip"
    document: Document = {
        "@timestamp": iso(end),
        "event": {
            "kind": "alert",
            "start": iso(start),
            "end": iso(end),
            "severity": severity,
            "risk_score": float(severity),
            "reason": REASON,
            "original": ['203.0.113.7 - - "POST /wp-login.php" "<script>alert(1)</script>"'],
        },
        "rule": {"id": f"wwwatch-{attack_class}", "name": "Brute force", "version": "1"},
        "threat": {"technique": {"id": ["T1110"], "name": ["Brute Force"]}},
        "related": {"ip": own.pop("related", [entity] if entity_type == "ip" else [])},
        "wwwatch": {
            "class": attack_class,
            "entity": {"type": entity_type, "id": entity},
            "status": "open",
            "requests": 118,
            "model_version": "base-1",
            "features": [{"name": "login_failures", "observed": 412.0, "expected": 3.0, "contribution": 0.8}],
        }
        | own,
    }
    if entity_type == "ip":
        document["source"] = {"ip": entity, "address": entity}
    return document


def fill_events(store: Store, namespace: str, documents: Iterable[Document]) -> None:
    """Write access events."""
    stream = names.access_stream("nginx.access", namespace)
    lines = b"".join(b'{"create":{}}\n' + orjson.dumps(document) + b"\n" for document in documents)
    assert set(store.bulk(stream, lines).statuses) == {201}
    store.refresh(stream)


def fill(store: Store, namespace: str) -> None:
    """Write the whole example into a namespace. The ledger lacks the last minute of the attack."""
    store.ensure_setup()
    fill_events(store, namespace, events())
    rejects = [reject("2026-11-01T10:00:30.000Z", "no_format"), reject("2026-10-01T00:00:00.000Z", "too_long")]
    lines = b"".join(b'{"create":{}}\n' + orjson.dumps(document) + b"\n" for document in rejects)
    assert set(store.bulk(names.rejects_stream(namespace), lines).statuses) == {201}
    store.refresh(names.rejects_stream(namespace))
    store.write_documents(names.windows(namespace), ledger())
    first, night = SINCE + timedelta(hours=2), SINCE + timedelta(hours=20)
    incidents = {
        "grave": alert(first, 60, 99, "brute_force", ATTACKER, incident_id="grave", related=[ATTACKER, VISITOR]),
        "gone": alert(first, 60, 73, "scan", ATTACKER, incident_id="gone", status="withdrawn"),
        "low": alert(night, 10, 21, "scan", namespace, background=True, incident_id="low", members=3),
        "old": alert(SINCE - timedelta(days=3), 10, 73, "scan", "192.0.2.9", incident_id="old", status="closed"),
    }
    store.write_documents(names.incidents(namespace), incidents.items())
    anomalies = {
        "a1": alert(first, 10, 99, "brute_force", ATTACKER, incident_id="grave"),
        "a2": alert(first, 60, 73, "brute_force", ATTACKER, incident_id="grave"),
        "a3": alert(first, 60, 73, "scan", ATTACKER, status="withdrawn"),
        "b1": alert(night, 10, 21, "scan", "192.0.2.1", incident_id="low"),
        "b2": alert(night, 10, 21, "scan", "192.0.2.2", incident_id="low"),
        "b3": alert(night, 1, 21, "scan", "192.0.2.2", incident_id="low"),
    }
    store.write_documents(names.anomalies(namespace), anomalies.items())


def reject(arrived: str, reason: str) -> Document:
    """A line no format took."""
    return {
        "@timestamp": arrived,
        "event": {"kind": "pipeline_error", "ingested": arrived, "original": "\x1b[2J nonsense"},
        "error": {"type": reason, "message": reason},
    }


def ledger() -> Iterable[tuple[str, Document]]:
    """What was judged: every minute with events but that of the attack's last request."""
    counts: dict[datetime, int] = {}
    for document in events():
        minute = datetime.fromisoformat(document["@timestamp"]).replace(second=0, microsecond=0)
        counts[minute] = counts.get(minute, 0) + 1
    del counts[SINCE + timedelta(hours=3)]
    for minute, count in counts.items():
        yield (
            str(minute.timestamp()),
            {
                "@timestamp": iso(minute),
                "wwwatch": {"documents": count, "model_version": "base-1", "done_at": "2026-11-01T11:00:00.000Z"},
            },
        )
