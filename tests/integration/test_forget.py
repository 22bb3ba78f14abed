"""Forgetting somebody on the real engine: everywhere, nobody else, and proven."""

import ipaddress
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detector import ledger
from tests.conftest import Run
from wwwatch.moments import iso
from wwwatch.store import Store, names

OTHER = "198.51.100.9"
NOW = datetime.now(UTC)
LINE = '{} - {} [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'


@pytest.fixture
def address() -> str:
    """An address no other test uses."""
    return str(ipaddress.IPv6Address((0x20010DB8 << 96) + (uuid.uuid4().int >> 64)))


def alert(entity: str, who: str, *lines: str) -> dict[str, Any]:
    event = {"kind": "alert", "original": list(lines), "reason": f"{who} and others"}
    return {"@timestamp": iso(NOW), "event": event, "wwwatch": {"entity": {"type": entity, "id": who}}}


def spread(store: Store, run: Run, namespace: str, address: str, log: Path, user: str = "-") -> None:
    """Traces of somebody, and of OTHER, wherever there can be any."""
    shouted = address.upper()
    log.write_text((LINE.format(address, user) + LINE.format(OTHER, "bob")) * 20 + f"junk of {shouted}\nother junk\n")
    assert run("ship", log, "--namespace", namespace).returncode == 0
    store.admin("POST", f"/{names.access_stream('nginx.access', namespace)}/_rollover")
    with log.open("a") as more:
        more.write(LINE.format(address, user))
    assert run("ship", log, "--namespace", namespace).returncode == 0
    for index in (names.anomalies(namespace), names.incidents(namespace)):
        group = alert("login", "/login", LINE.format(address, user), LINE.format(OTHER, "bob"))
        group["related"] = {"ip": [address, OTHER]}
        store.write_documents(index, [("own", alert("ip", address)), ("group", group), ("other", alert("ip", OTHER))])
    entity = {"namespace": namespace, "entity": {"type": "ip", "id": address}}
    store.write_documents(names.rollup_index(namespace), [("x", {"@timestamp": iso(NOW), "wwwatch": entity})])
    store.write_documents(names.labels(namespace), [("x", {"@timestamp": iso(NOW), "source": {"ip": address}})])
    own = {"namespace": namespace, "kind": "verdict", "id": "i"}
    verdict = {"@timestamp": iso(NOW), "wwwatch": own, "members": [address, OTHER]}
    mail = {"@timestamp": iso(NOW), "wwwatch": own | {"kind": "outbox"}, "text": f"See {address}."}
    store.write_documents(names.CONTROL, [(f"verdict:{namespace}", verdict), (f"mail:{namespace}", mail)])


def test_an_address_is_forgotten_everywhere(
    store: Store, run: Run, namespace: str, address: str, tmp_path: Path
) -> None:
    spread(store, run, namespace, address, tmp_path / "access.log")
    due = ledger.due(store, namespace)
    ledger.record(store, namespace, due, tuple(ledger.LEVELS), "m1", NOW)
    expected = {
        "deleted": {
            "events": 21, "rejects": 1, "anomalies": 1, "incidents": 1, "roll-ups": 1, "labels": 1,
            "control documents": 1,
        },
        "changed": {"anomalies": 1, "incidents": 1, "control documents": 1},
    }  # fmt: skip
    dry = run("forget", address, "--dry-run", "--json")
    assert json.loads(dry.stdout) == expected
    unsure = run("forget", address, stdin="n\n")
    assert unsure.returncode == 130
    assert "21 events" in unsure.stderr
    done = run("forget", address, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected | {"left": {"deleted": {}, "changed": {}}}
    assert "nothing" in run("forget", address, "--yes").stderr
    # Everybody else is where they were.
    assert store.count(names.access_index(namespace)) == 20
    assert store.count(names.rejects_stream(namespace)) == 1
    left = dict(store.search(names.incidents(namespace), {"match_all": {}}, 9))
    assert sorted(left) == ["group", "other"]
    assert left["group"]["related"] == {"ip": [OTHER]}
    assert left["group"]["event"]["original"] == [LINE.format(OTHER, "bob")]
    verdict = store.get_document(names.CONTROL, f"verdict:{namespace}")
    assert verdict
    assert verdict["members"] == [OTHER]
    # The ledger counts what is left, so that new events of the same minute are seen.
    assert ledger.due(store, namespace).counts == {}
    [(_, minute)] = store.search(names.windows(namespace), {"match_all": {}}, 9)
    assert minute["wwwatch"]["documents"] == 20


def test_a_user_is_forgotten(store: Store, run: Run, namespace: str, address: str, tmp_path: Path) -> None:
    user = f"u{uuid.uuid4().hex}"
    spread(store, run, namespace, address, tmp_path / "access.log", user)
    done = run("forget", "--user", user, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "deleted": {"events": 21},
        "changed": {"anomalies": 1, "incidents": 1},
        "left": {"deleted": {}, "changed": {}},
    }
    [(_, group)] = store.search(names.anomalies(namespace), {"ids": {"values": ["group"]}}, 1)
    assert group["event"]["original"] == [LINE.format(OTHER, "bob")]
    assert group["related"]["ip"] == [address, OTHER]


def test_what_cannot_be_forgotten(run: Run) -> None:
    for arguments in ((), ("203.0.113.0/24",), ("203.0.113.7", "--user", "alice")):
        done = run("forget", *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
