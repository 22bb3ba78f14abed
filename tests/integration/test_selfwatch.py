"""The self-watch on a real engine: from heartbeats, events and the outbox to incidents of the watch itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.conftest import Run
from wwwatch import control
from wwwatch.overview import gather
from wwwatch.selfwatch.turn import selfwatch
from wwwatch.service.jobs import Turn
from wwwatch.service.schedule import State
from wwwatch.settings import Settings, load
from wwwatch.store import Store, names

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Document = dict[str, Any]


def create(store: Store, stream: str, documents: list[Document]) -> None:
    body = b"".join(b'{"create":{}}\n' + orjson.dumps(document) + b"\n" for document in documents)
    assert store.bulk(stream, body).errors == []
    store.refresh(stream)


def beat(host: str, at: datetime, **own: Any) -> Document:
    own = {"component": "ship", "status": "running"} | own
    return {"@timestamp": at.isoformat(), "host": {"name": host}, "wwwatch": own}


def event(host: str, at: datetime) -> Document:
    return {"@timestamp": at.isoformat(), "host": {"name": host}, "source": {"address": "192.0.2.1"}}


def turns(store: Store, settings: Settings, namespace: str) -> Callable[[datetime], dict[str, str]]:
    """Look at a time; the kinds of the incidents and their status afterwards."""
    memory: dict[str, Any] = {}
    failing = State(failures=4, failing_since=NOW - HOUR, reason="no memory")

    def look(now: datetime) -> dict[str, str]:
        selfwatch(
            Turn(
                store, settings, namespace, now, None, "me", "", lambda: now, lambda: None, memory,
                lambda: {"train": failing},
            )
        )  # fmt: skip
        store.refresh(names.selfwatch(namespace))
        return {
            f"{document['wwwatch']['class']} {document['wwwatch']['entity']['id']}": document["wwwatch"]["status"]
            for _, document in store.documents(names.selfwatch(namespace))
            if document["wwwatch"]["entity"]["type"] != "node"  # the machine's own disk may be as full as it likes
        }

    return look


def test_from_documents_to_incidents(store: Store, engine_url: str, namespace: str, run: Run) -> None:
    settings = load(environ={"WWWATCH_URL": engine_url})
    steady = [NOW - DAY * 10 + 10 * MINUTE * number for number in range(10 * 144)]
    create(store, names.access_stream("nginx.access", namespace), [event("steady", at) for at in steady])
    stopped = [at for at in steady if at < NOW - 3 * HOUR]
    create(store, names.access_stream("nginx.access", namespace), [event("stopped", at) for at in stopped])
    beats = [beat("steady", NOW - timedelta(seconds=10 * n), read=100, rejected=0, bytes_behind=0) for n in range(360)]
    beats += [beat("dead", NOW - 7 * MINUTE - timedelta(seconds=10 * n), bytes_behind=0) for n in range(10)]
    late = {"bytes_behind": 9_000_000, "lag_seconds": 1200.0, "read": 1000, "rejected": 900}
    beats += [beat("late", NOW - timedelta(seconds=10 * n), **late) for n in range(60)]
    create(store, names.pipeline_stream(namespace), beats)
    target = {"channel": "mail", "status": "pending", "attempts": 3, "error": "451 try later"}
    letter = {
        "kind": "outbox",
        "namespace": namespace,
        "status": "pending",
        "outbox": {"purpose": "alert", "targets": [target]},
    }
    store.write_documents(
        names.CONTROL, [(f"outbox:{namespace}:1", {"@timestamp": (NOW - HOUR).isoformat(), "wwwatch": letter})]
    )
    look = turns(store, settings, namespace)
    assert look(NOW) == {
        "host_silent stopped": "open",
        "shipper_silent dead": "open",
        "shipping_lag late": "open",
        "rejects_rising late": "open",
        "mail_failing mail": "open",
        "job_failing train": "open",
    }
    known = gather(store, settings, namespace, NOW)
    # The machine's own disk may be as full as it likes.
    assert len([told for told in known["trouble"] if not told.startswith("A disk")]) == 6
    assert [mail["purpose"] for mail in known["mails"]] == ["alert"]
    assert known["mails_failing"] == 1
    assert {one["host"]: one["bytes_behind"] for one in known["shippers"]} == {
        "steady": 0,
        "dead": 0,
        "late": 9_000_000,
    }
    # Nothing judges here, and it is told when it was seen for long enough.
    later = NOW + 20 * MINUTE
    events = [event("steady", NOW), event("stopped", NOW + 19 * MINUTE)]
    create(store, names.access_stream("nginx.access", namespace), events)
    beats = [
        beat(host, later - timedelta(seconds=10 * n), bytes_behind=0, read=1, rejected=0)
        for n in range(60)
        for host in ("steady", "dead", "late")
    ]
    create(store, names.pipeline_stream(namespace), beats)
    store.delete_documents(names.CONTROL, [f"outbox:{namespace}:1"])
    assert look(later)["windows_behind detector"] == "open"
    closed = look(later + 11 * MINUTE)
    assert {kind: closed[kind] for kind in ("host_silent stopped", "mail_failing mail")} == {
        "host_silent stopped": "closed",
        "mail_failing mail": "closed",
    }
    assert closed["job_failing train"] == "open"
    [failing] = [
        id_
        for id_, document in store.documents(names.selfwatch(namespace))
        if document["wwwatch"]["class"] == "job_failing"
    ]
    done = run("verdict", failing[:12], "false", "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    assert look(later + 12 * MINUTE)["job_failing train"] == "closed"
    assert control.verdicts(store, namespace) == []  # nothing for a training to learn
