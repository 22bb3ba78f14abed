"""A proxy before the store that misbehaves as told. Which bulk request meets which fault is drawn from a seed."""

import random
import socket
import time
from collections import Counter
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

PASS, DELAY, GARBAGE = "pass", "delay", "garbage"
CUT, UNANSWERED, SHORT = "cut", "unanswered", "short"
BUSY, UNAVAILABLE = "429", "503"
SENT_ON = frozenset({PASS, DELAY, UNANSWERED, SHORT, GARBAGE})
FORWARD_SECONDS = 60
HOP_HEADERS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Proxy:
    """Listens on 127.0.0.1 while the context is open.

    faults: weights of what happens to a bulk request. `cut` closes the connection unheard, `unanswered` after the
    store has stored it, `short` in the middle of the answer; `garbage` answers 200 with something else. limit_bytes:
    longer bodies are answered 413. delay_seconds: the longest a request is held up.
    """

    def __init__(
        self,
        target: str,
        seed: int,
        faults: Mapping[str, float] = {PASS: 1.0},
        limit_bytes: int = 1 << 30,
        delay_seconds: float = 0.2,
    ) -> None:
        self.target, self.faults, self.limit_bytes, self.delay_seconds = target, faults, limit_bytes, delay_seconds
        self.away = False
        self.met: Counter[str] = Counter()
        self._random, self._lock = random.Random(seed), Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Proxy":
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def draw(self, path: str, size_bytes: int) -> tuple[str, float]:
        """What happens to a request, and how long it is held up before."""
        with self._lock:
            if self.away:
                fault = CUT
            elif "/_bulk" not in path or "wwwatch-positions" in path:
                return PASS, 0.0
            elif size_bytes > self.limit_bytes:
                fault = "413"
            else:
                [fault] = self._random.choices(list(self.faults), list(self.faults.values()))
            self.met[fault] += 1
            return fault, self._random.uniform(0, self.delay_seconds) if fault == DELAY else 0.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A shipper that was killed hangs up; that is what the suite is about."""


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault, seconds = self.owner.draw(self.path, len(body))
        time.sleep(seconds)
        if fault not in SENT_ON:
            if fault == CUT:
                self._hang_up()
            else:
                self._answer(int(fault), b'{"error":{"type":"of_the_proxy","reason":"on purpose"}}')
            return
        try:
            status, answer = self._forward(body)
        except (OSError, HTTPException):
            self._hang_up()  # the store is away
            return
        if fault == UNANSWERED:
            self._hang_up()
        elif fault == GARBAGE:
            self._answer(200, b"<html>Please sign in to the guest network")
        elif fault == SHORT:
            self._answer(status, answer, cut_at=len(answer) // 2)
        else:
            self._answer(status, answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815 - the names http.server calls

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        address = urlsplit(self.owner.target)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=FORWARD_SECONDS)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS}
        try:
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes, cut_at: int | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut_at])
        if cut_at is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
