"""Shipping into a real engine: every line once, whatever happens to the file, the position or the connection."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.road import StoreRoad
from ingest.ship import Shipper
from ingest.source import Wishes
from tests.conftest import Run
from wwwatch.errors import InputError
from wwwatch.settings import Settings
from wwwatch.store import BulkResult, Store, StoreError, StoreUnreachable, names

LINE = '203.0.113.{} - - [10/Oct/2025:13:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'


def lines(count: int, start: int = 0) -> list[str]:
    """Distinct combined lines."""
    return [LINE.format(n % 250, n // 60 % 60, n % 60, n, n) for n in range(start, start + count)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("\n".join(lines(3000)) + "\n")
    return path


class World:
    """One namespace, seen from outside."""

    def __init__(self, store: Store, settings: Settings, namespace: str) -> None:
        self.store, self.settings, self.namespace = store, settings, namespace

    def ship(self, *paths: Path, store: Any = None, chunk_bytes: int = 60_000, server: str = "") -> dict[str, Any]:
        wishes = Wishes(self.namespace, "auto", server, lambda: datetime.now(UTC), chunk_bytes)
        with Shipper(StoreRoad(store or self.store), self.settings, wishes) as shipper:
            for path in paths:
                shipper.ship(str(path))
        counts = shipper.counts.as_json(0)
        assert counts.pop("undelivered") == 0
        assert counts["read"] == counts["sent"] + counts["duplicate"] + sum(counts["rejected"].values())
        return {name: counts[name] for name in ("read", "sent", "duplicate", "rejected")}

    def originals(self) -> list[str]:
        self.store.refresh(names.access_index(self.namespace))
        return sorted(
            document["event"]["original"] for _, document in self.store.documents(names.access_index(self.namespace))
        )

    def rejects(self) -> list[dict[str, Any]]:
        self.store.refresh(names.rejects_stream(self.namespace))
        return [document for _, document in self.store.documents(names.rejects_stream(self.namespace))]

    def forget_locally(self) -> None:
        shutil.rmtree(self.settings.home / "positions")

    def roll_over(self) -> None:
        """A new backing index, in which the ids of the one before are free again."""
        assert self.store.admin("POST", f"/{names.access_stream('nginx.access', self.namespace)}/_rollover")[
            "rolled_over"
        ]


@pytest.fixture
def world(store: Store, settings: Settings, namespace: str) -> World:
    return World(store, settings, namespace)


def counted(read: int, sent: int = 0, duplicate: int = 0, **rejected: int) -> dict[str, Any]:
    return {"read": read, "sent": sent, "duplicate": duplicate, "rejected": rejected}


def test_shipping_twice_renamed_or_compressed_adds_nothing(world: World, log: Path, tmp_path: Path) -> None:
    assert world.ship(log) == counted(3000, sent=3000)
    assert world.originals() == sorted(lines(3000))
    rotated = log.rename(tmp_path / "access.log.1")
    assert world.ship(rotated) == counted(3000, duplicate=3000)
    compressed = tmp_path / "access.log.2.gz"
    compressed.write_bytes(gzip.compress(rotated.read_bytes()))
    assert world.ship(compressed) == counted(3000, duplicate=3000)
    world.forget_locally()
    world.roll_over()
    assert world.ship(compressed, rotated) == counted(6000, duplicate=6000)
    assert world.originals() == sorted(lines(3000))


def test_a_grown_file_is_read_on(world: World, log: Path) -> None:
    world.ship(log)
    with log.open("a") as file:
        file.write("\n".join(lines(10, start=3000)) + "\n" + "unfinished")
    assert world.ship(log) == counted(3011, sent=10, duplicate=3000, format=1)
    assert world.ship(log) == counted(3011, duplicate=3011)
    with log.open("a") as file:
        file.write(" line\n")
    assert world.ship(log) == counted(3011, duplicate=3010, format=1)
    assert sorted(document["event"]["original"] for document in world.rejects()) == ["unfinished", "unfinished line"]


def test_an_unfinished_line_is_not_stored_again_after_a_rollover(world: World, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("\n".join(lines(5)))
    assert world.ship(path) == counted(5, sent=5)
    world.roll_over()
    assert world.ship(path) == counted(5, duplicate=5)
    assert world.originals() == sorted(lines(5))


def test_another_file_with_the_same_first_line_is_shipped_whole(world: World, tmp_path: Path) -> None:
    one, other = tmp_path / "one.log", tmp_path / "other.log"
    one.write_text("\n".join(lines(100)) + "\n")
    other.write_text("\n".join([*lines(1), *lines(150, start=500)]) + "\n")
    world.ship(one)
    assert world.ship(other) == counted(151, sent=150, duplicate=1)
    assert world.originals() == sorted(lines(100) + lines(150, start=500))


def test_a_file_shorter_than_its_position_starts_anew(world: World, log: Path) -> None:
    world.ship(log)
    log.write_text("\n".join(lines(10)) + "\n")
    assert world.ship(log) == counted(10, duplicate=10)


def test_lines_no_format_takes_are_kept_whole(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mixed.log"
    long = b"GET /" + b"a" * (3 << 20)
    path.write_bytes(b"\n".join([b"junk", b"", b"\xff\x00\xfe", long, lines(1)[0].encode()]) + b"\n")
    assert world.ship(path) == counted(5, sent=1, format=1, empty=1, not_utf8=1, too_long=1)
    found = {document["error"]["type"]: document for document in world.rejects()}
    assert found["too_long"]["wwwatch"]["length_bytes"] == len(long)
    assert found["too_long"]["event"]["original"] == long[: 1 << 20].decode()
    assert found["not_utf8"]["wwwatch"]["raw"] == "/wD+"
    assert found["format"]["event"]["original"] == "junk"
    assert world.ship(path) == counted(5, duplicate=5)


def test_documents_the_store_refuses_become_rejects(world: World, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("\n".join(lines(2)) + "\n")

    class Spoiling(Passing):
        """Makes the first status of each request a word, which the mapping does not take."""

        def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            return super().bulk(index, body.replace(b'"status_code":200', b'"status_code":"x"', 1), tell_index)

    store = Spoiling(world.store)
    assert world.ship(path, store=store) == counted(2, sent=1, mapping=1)
    [reject] = world.rejects()
    assert reject["event"]["original"] == lines(1)[0]
    assert "status_code" in reject["error"]["message"]
    world.forget_locally()
    shutil.copy(path, tmp_path / "copy.log")
    assert world.ship(tmp_path / "copy.log", store=store) == counted(2, duplicate=2)
    assert world.originals() == [lines(2)[1]]


class Passing:
    """A store that passes everything on to the real one, for subclasses to spoil."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
        return self.store.bulk(index, body, tell_index)


class Breaking(Passing):
    """Stores what it is sent, then loses the connection before it answers; after some requests for good."""

    def __init__(self, store: Store, breaks: Sequence[int], dies_at: int = 1 << 30) -> None:
        super().__init__(store)
        self.breaks, self.dies_at, self.requests = breaks, dies_at, 0

    def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
        self.requests += 1
        if self.requests > self.dies_at + 4:
            raise StoreError("gone for good")
        result = super().bulk(index, body, tell_index)
        if self.requests in self.breaks or self.requests >= self.dies_at:
            raise StoreUnreachable("the connection broke") if self.requests in self.breaks else StoreError("killed")
        return result


def test_answers_that_got_lost_double_nothing(world: World, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.delivery.pressure.FIRST_PAUSE_SECONDS", 0.01)
    counts = world.ship(log, store=Breaking(world.store, breaks=[1, 3, 4]))
    assert counts["sent"] + counts["duplicate"] == 3000
    assert world.originals() == sorted(lines(3000))


@pytest.mark.parametrize("lost_positions", [False, True])
def test_a_run_that_died_is_resumed_even_across_a_rollover(world: World, log: Path, lost_positions: bool) -> None:
    with pytest.raises(StoreError, match="killed"):
        world.ship(log, store=Breaking(world.store, breaks=[], dies_at=3))
    before = len(world.originals())
    assert before > 0
    if lost_positions:
        world.forget_locally()
    world.roll_over()
    counts = world.ship(log)
    assert counts == counted(3000, sent=3000 - before, duplicate=before)
    assert world.originals() == sorted(lines(3000))


def test_two_shippers_at_one_file(world: World, log: Path) -> None:
    class Intruding(Passing):
        def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
            with pytest.raises(InputError, match="Another wwwatch ship is delivering"):
                world.ship(log)
            return super().bulk(index, body, tell_index)

    assert world.ship(log, store=Intruding(world.store)) == counted(3000, sent=3000)


def test_dataset_is_remembered_and_never_flips(world: World, tmp_path: Path) -> None:
    path = tmp_path / "apache2-access.log"
    path.write_text("\n".join(lines(2)) + "\n")
    world.ship(path)
    other_name = path.rename(tmp_path / "nginx.log")
    with other_name.open("a") as file:
        file.write("\n".join(lines(2, start=2)) + "\n")
    world.ship(other_name)
    assert len(world.originals()) == 4
    assert world.store.count(names.access_stream("apache.access", world.namespace)) == 4


def test_command_counts_and_goes_on_after_a_bad_file(run: Run, log: Path, namespace: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    done = run("ship", log, tmp_path, empty, tmp_path / "no.log", "--namespace", namespace, "--json")
    assert done.returncode == 1
    counts = json.loads(done.stdout)
    assert (counts["read"], counts["sent"], counts["files"]) == (3000, 3000, 2)
    assert "is a directory" in done.stderr
    assert "No such file" in done.stderr
    assert "2 of 4 files" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_reads_stdin_and_the_same_stream_adds_nothing(run: Run, namespace: str) -> None:
    text = "\n".join(lines(20)) + "\n"
    first, second = (run("ship", "-", "--namespace", namespace, stdin=text) for _ in range(2))
    assert "20 lines read: 20 sent, 0 duplicate" in first.stdout
    assert "20 lines read: 0 sent, 20 duplicate" in second.stdout


def test_command_reads_a_pipe_and_a_strange_file_name(run: Run, namespace: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "\n".join(lines(20)) + "\n"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, gzip.compress(text.encode()))
        assert "20 lines read: 20 sent" in run("ship", pipe, "--namespace", namespace).stdout
    strange = tmp_path / os.fsdecode(b"caf\xe9.log")
    strange.write_text(text)
    done = run("ship", strange, "--namespace", namespace)
    assert "20 lines read: 0 sent, 20 duplicate" in done.stdout, done.stderr


def test_command_reports_a_damaged_gzip_and_keeps_what_was_before(run: Run, tmp_path: Path, namespace: str) -> None:
    path = tmp_path / "x.gz"
    data = "\n".join(lines(20_000)).encode()
    path.write_bytes(gzip.compress(data)[:100_000])
    done = run("ship", path, "--namespace", namespace, "--json")
    counts = json.loads(done.stdout)
    assert done.returncode == 1
    assert 1000 < counts["sent"] == counts["read"] < 20_000
    assert "is damaged after" in done.stderr
    path.write_bytes(gzip.compress(data))
    counts = json.loads(run("ship", path, "--namespace", namespace, "--json").stdout)
    assert counts["read"] == counts["sent"] + counts["duplicate"] == 20_000


def test_command_parse_prints_what_would_be_sent(run: Run, log: Path) -> None:
    done = run("parse", log, "--namespace", "shop", WWWATCH_URL="http://127.0.0.1:1")
    assert done.returncode == 0
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [document["event"]["original"] for document in documents] == lines(3000)
    assert {document["data_stream"]["namespace"] for document in documents} == {"shop"}


def test_command_says_when_the_store_is_away(run: Run, log: Path) -> None:
    done = run("ship", log, WWWATCH_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupted_run_is_resumed(engine_url: str, store: Store, world: World, tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    path.write_text("\n".join(lines(120_000)) + "\n")
    environment = os.environ | {"WWWATCH_URL": engine_url, "WWWATCH_HOME": str(world.settings.home)}
    command = [sys.executable, "-m", "wwwatch.cli", "ship", str(path), "--namespace", world.namespace, "--json"]
    store.refresh(names.access_index(world.namespace))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: any(world.settings.home.glob("positions/*/*/*.json")))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Interrupted" in err
    counts = json.loads(out)
    store.refresh(names.access_index(world.namespace))
    stored = store.count(names.access_index(world.namespace))
    assert counts["sent"] <= stored < 120_000
    assert counts["read"] == counts["sent"] + counts["undelivered"]
    assert world.ship(path, chunk_bytes=4 << 20) == counted(120_000, sent=120_000 - stored, duplicate=stored)
    store.refresh(names.access_index(world.namespace))
    assert store.count(names.access_index(world.namespace)) == 120_000


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, at most a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.data
@pytest.mark.slow
def test_all_sample_logs_twice(world: World, shared_data: Path) -> None:
    logs = sorted((shared_data / "logs").glob("*.gz"))
    total = sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in logs)
    first = world.ship(*logs, chunk_bytes=4 << 20)
    assert first == counted(total, sent=total)
    assert world.ship(*logs) == counted(total, duplicate=total)
    world.store.refresh(names.access_index(world.namespace))
    assert world.store.count(names.access_index(world.namespace)) == total
