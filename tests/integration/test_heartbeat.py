"""Heartbeats in a real store: the mapping takes them, and their figures add up to what was shipped."""

import json
from pathlib import Path

from tests.conftest import Run
from wwwatch.store import Store, names

LINE = '203.0.113.1 - - [10/Oct/2025:13:00:{:02} +0000] "GET /{} HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'


def test_every_run_of_the_command_tells_what_it_did(run: Run, store: Store, namespace: str, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(LINE.format(n % 60, n) for n in range(100)) + "junk\n")
    assert run("ship", log, "--namespace", namespace).returncode == 0
    with log.open("a") as file:
        file.write(LINE.format(59, "late"))
    assert run("ship", log, "--namespace", namespace).returncode == 0
    stream = names.pipeline_stream(namespace)
    store.refresh(stream)
    sums = {name: {"sum": {"field": f"wwwatch.{name}"}} for name in ("sent", "rejected", "rejected_by_reason.format")}
    found = store.aggregate(stream, {"term": {"wwwatch.status": "ended"}}, sums)
    assert {name: found[name]["value"] for name in sums} == {
        "sent": 101, "rejected": 1, "rejected_by_reason.format": 1,
    }  # fmt: skip
    documents = [document for _, document in store.documents(stream)]
    assert len(documents) == 2
    for document in documents:
        assert document["wwwatch"]["component"] == "ship"
        assert document["wwwatch"]["newest_event"] == "2025-10-10T13:00:59.000Z"
        assert document["wwwatch"]["lag_seconds"] > 0
        assert document["wwwatch"]["undelivered"] == 0
        assert document["wwwatch"]["memory_bytes"] > 1 << 20
    [shipper] = json.loads(run("status", "--namespace", namespace, "--json").stdout)["shippers"]
    assert (shipper["status"], shipper["undelivered"]) == ("ended", 0)
    assert shipper["last_heartbeat"] == max(document["@timestamp"] for document in documents)
