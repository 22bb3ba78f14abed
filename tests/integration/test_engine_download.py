"""The download of an engine, from a server of our own that misbehaves."""

import hashlib
import random
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wwwatch.engine import download
from wwwatch.engine.distribution import DISTRIBUTIONS, Distribution
from wwwatch.engine.download import CHUNK_BYTES, fetch
from wwwatch.errors import EngineError

CONTENT = random.Random(1).randbytes(1_000_000)
TINY = replace(DISTRIBUTIONS["opensearch"], sha256=hashlib.sha256(CONTENT).hexdigest(), size_bytes=len(CONTENT))


class Server(ThreadingHTTPServer):
    """Serves CONTENT at the path of TINY. Knobs: how it misbehaves, request by request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.resumes = True
        self.cuts: list[int] = []  # bytes after which the first answers break off
        self.statuses: list[int] = []  # statuses of the first answers
        self.ranges: list[str | None] = []  # what was asked for

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/maven2/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and self.server.resumes else 0
        status = self.server.statuses.pop(0) if self.server.statuses else (206 if start else 200)
        if self.path != f"/maven2/{TINY.path}":
            status = 404
        body = self.server.content[start:] if status in {200, 206} else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Keep the tests' output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server: Server, folder: Path, distribution: Distribution = TINY) -> Path:
    return fetch(distribution, folder, server.url, pause=lambda _: None)


def test_it_is_fetched_once(server: Server, tmp_path: Path) -> None:
    assert get(server, tmp_path / "new").read_bytes() == CONTENT
    get(server, tmp_path / "new")
    assert server.ranges == [None]


def test_what_breaks_off_is_resumed(server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000, 20_000]
    assert get(server, tmp_path).read_bytes() == CONTENT
    whole = [(300_000 // CHUNK_BYTES) * CHUNK_BYTES, (300_000 // CHUNK_BYTES + 1) * CHUNK_BYTES]
    assert server.ranges == [None, *(f"bytes={start}-" for start in whole)]


def test_the_next_run_goes_on_where_this_one_gave_up(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000] * download.ATTEMPTS
    with pytest.raises(EngineError, match="Cannot download OpenSearch") as caught:
        get(server, tmp_path)
    assert "goes on where it stopped" in caught.value.hint
    server.ranges.clear()
    assert get(server, tmp_path).read_bytes() == CONTENT
    kept = download.ATTEMPTS * (100_000 // CHUNK_BYTES) * CHUNK_BYTES
    assert server.ranges == [f"bytes={kept}-"]


def test_a_server_that_cannot_resume_sends_it_whole(server: Server, tmp_path: Path) -> None:
    server.cuts, server.resumes = [300_000], False
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_a_refused_range_begins_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{TINY.archive_name}.part").write_bytes(b"x" * 10)
    server.statuses = [416]
    assert get(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"x" * len(CONTENT), CONTENT + b"more than there should be", CONTENT[:-1] + b"x"])
def test_another_file_is_deleted_and_named(server: Server, tmp_path: Path, content: bytes) -> None:
    server.content = content
    if content.startswith(CONTENT):  # the surplus is never written, what remains is right
        assert get(server, tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(EngineError, match=TINY.sha256):
        get(server, tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_a_damaged_archive_in_the_cache_is_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / TINY.archive_name).write_bytes(CONTENT[:-1])
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_a_part_of_something_else_is_found_out(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{TINY.archive_name}.part").write_bytes(b"x" * 10)
    with pytest.raises(EngineError, match="SHA-256"):
        get(server, tmp_path)
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_what_is_not_there_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="404"):
        get(server, tmp_path, replace(TINY, version="0"))
    assert len(server.ranges) == 1


def test_nobody_listening(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Cannot download"):
        fetch(TINY, tmp_path, "http://127.0.0.1:1", pause=lambda _: None)


def test_two_at_once_download_once(server: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        got = list(pool.map(lambda _: get(server, tmp_path), range(4)))
    assert {path.read_bytes() for path in got} == {CONTENT}
    assert server.ranges == [None]


def test_no_room_is_said_before_the_download(server: Server, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="disk is full") as caught:
        get(server, tmp_path, replace(TINY, size_bytes=1 << 60))
    assert "WWWATCH_CACHE" in caught.value.hint
    assert not server.ranges
