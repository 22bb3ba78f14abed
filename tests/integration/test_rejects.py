"""Rejects against a real engine: listed, and replayed once a format takes them; each line is one or the other."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest import formats, ids, replay
from ingest.convert import Converter, converter_of
from ingest.delivery import Delivery
from ingest.identity import identity
from ingest.replay import Replay, Source
from ingest.road import StoreRoad
from ingest.ship import Shipper
from ingest.source import Wishes
from tests.conftest import Run
from wwwatch.settings import Settings
from wwwatch.store import BulkResult, Store, StoreError, names

LINE = '203.0.113.{} - - [10/Oct/2025:13:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'
LINES = [LINE.format(n % 250, n // 60 % 60, n % 60, n, n) for n in range(300)]
ODD = b'203.0.113.9 - - [10/Oct/2025:14:00:00 +0000] "GET /caf\xe9 HTTP/1.1" 404 5 "-" "\xff"'
CUT = b"x" * (1 << 20) + b"yz"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """302 lines that `common` does not take; `combined` takes all but two of them."""
    path = tmp_path / "access.log"
    path.write_bytes("\n".join(LINES).encode() + b"\n" + ODD + b"\r\n" + CUT + b"\njunk\n")
    return path


class World:
    """A namespace, shipped to with one format, replayed with another."""

    def __init__(self, store: Store, settings: Settings, namespace: str) -> None:
        self.store, self.settings, self.namespace = store, settings, namespace
        self.rejects, self.events = names.rejects_stream(namespace), names.access_stream("apache.access", namespace)

    def ship(self, path: Path, format_name: str, from_start: bool = False) -> dict[str, Any]:
        wishes = Wishes(self.namespace, format_name, "apache", lambda: datetime.now(UTC), from_start=from_start)
        with Shipper(StoreRoad(self.store), self.settings, wishes) as shipper:
            shipper.ship(str(path))
        self.refresh()
        return shipper.counts.as_json(0)

    def refresh(self) -> None:
        self.store.refresh(f"{self.rejects},{self.events}")

    def converter(self, source: Source) -> Converter:
        wished = formats.named("combined")
        return Converter(source.identity, source.path, self.namespace, source.host, "apache", wished, only=True)

    def replay(self, store: Any = None, filters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        used = store or self.store
        with closing(Delivery(used)) as delivery:
            replaying = Replay(used, delivery, self.namespace, self.converter, lambda: datetime.now(UTC))
            replaying.run(filters)
        self.refresh()
        assert replaying.counts.unaccounted == 0
        return replaying.counts.as_json()

    def counts(self) -> tuple[int, int]:
        self.refresh()
        return self.store.count(self.events), self.store.count(self.rejects)


@pytest.fixture
def world(store: Store, settings: Settings, namespace: str, log: Path) -> World:
    world = World(store, settings, namespace)
    assert world.ship(log, "common")["rejected"] == {"format": 301, "not_utf8": 1, "too_long": 1}
    return world


def test_replayed_lines_are_what_shipping_would_have_made(world: World, log: Path, settings: Settings) -> None:
    assert world.replay() == {
        "rejects": 303, "stored": 301, "duplicate": 0, "cut": 1, "unchanged": {"format": 1},
    }  # fmt: skip
    assert world.counts() == (301, 2)
    documents = dict(world.store.documents(world.events))
    head = log.read_bytes()[:1000]
    converter = converter_of(str(log), head, world.namespace, settings.host.name, "apache", None)
    assert {ids.parts(id_)[0] for id_ in documents} == {converter.identity} == {identity(settings.host.name, head)}
    odd = next(document for document in documents.values() if document["url"]["original"].startswith("/caf"))
    assert odd["event"]["original"] == ODD.decode("utf-8", "backslashreplace")
    assert odd["log"] == {"offset": sum(len(line) + 1 for line in LINES), "file": {"path": str(log)}}
    # The ids are the lines' own: shipping them again finds them all.
    again = world.ship(log, "auto", from_start=True)
    assert (again["sent"], again["duplicate"], again["undelivered"]) == (0, 303, 0)


def test_again_finds_nothing_to_do(world: World) -> None:
    world.replay()
    assert world.replay() == {"rejects": 2, "stored": 0, "duplicate": 0, "cut": 1, "unchanged": {"format": 1}}


class Dying:
    """A store that dies before the first reject is removed."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def delete_documents(self, _index: str, _ids: Sequence[str]) -> int:
        raise StoreError("killed")


def test_cut_off_between_storing_and_removing_even_across_a_rollover(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "LINES_AT_ONCE", 100)
    with pytest.raises(StoreError, match="killed"):
        world.replay(Dying(world.store))
    assert world.counts() == (100, 303)
    world.store.admin("POST", f"/{world.events}/_rollover", {})
    counts = world.replay()
    assert (counts["stored"], counts["duplicate"]) == (201, 100)
    assert world.counts() == (301, 2)


def test_what_the_store_refuses_stays_a_reject(world: World) -> None:
    class Refusing(Dying):
        def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            spoilt = body.replace(b'"status_code":200', b'"status_code":"x"', 1)
            return self.store.bulk(index, spoilt, tell_index=tell_index)

        def delete_documents(self, index: str, ids: Sequence[str]) -> int:
            return self.store.delete_documents(index, ids)

    counts = world.replay(Refusing(world.store))
    assert counts["unchanged"] == {"format": 1, "refused by the store": 1}
    assert world.counts() == (300, 3)


def test_only_the_reason_asked_for(world: World) -> None:
    counts = world.replay(filters=[{"term": {"error.type": "not_utf8"}}])
    assert (counts["rejects"], counts["stored"]) == (1, 1)
    assert world.counts() == (1, 302)


def test_command(run: Run, log: Path, namespace: str) -> None:
    run("ship", log, "--namespace", namespace, "--format", "common", "--dataset", "apache")
    listed = run("rejects", "list", "--namespace", namespace)
    assert "303 in all: format 301, not_utf8 1, too_long 1" in listed.stderr
    assert f"Rejects of {namespace}" in listed.stdout
    assert "203.0.113." in listed.stdout
    [odd] = run("rejects", "list", "--namespace", namespace, "--reason", "not_utf8", "--json").stdout.splitlines()
    assert json.loads(odd)["error"]["type"] == "not_utf8"
    done = run("rejects", "replay", "--namespace", namespace, "--format", "combined")
    assert "303 rejects: 301 are documents now, 0 were already, 1 are rejects still (format 1), 1 cut" in done.stdout
    # The dataset is the one remembered of the file.
    report = json.loads(run("check", log, "--namespace", namespace, "--json").stdout)
    assert (report["documents"], report["rejected"], report["complete"]) == (301, {"format": 1, "too_long": 1}, True)
    assert "none" in run("rejects", "list", "--namespace", namespace, "--since", "-1h", "--reason", "time").stderr
