"""An HTTP stand-in before the engine that meets the limits a small or ailing store has, for searches only."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Document = dict[str, Any]
# A search's body -> (status, answer) to give instead of the engine's; None: the engine's own.
Limit = Callable[[Document], tuple[int, Document] | None]

BREAKER: Document = {
    "error": {
        "root_cause": [],
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "failed_shards": [{"reason": {"type": "circuit_breaking_exception", "reason": "[parent] Data too large"}}],
    },
    "status": 429,
}
PARTIAL: Document = {
    "took": 1,
    "timed_out": False,
    "_shards": {"total": 2, "successful": 1, "skipped": 0, "failed": 1},
    "hits": {"hits": []},
    "aggregations": {"page": {"buckets": []}},
}
LOST: Document = {
    "error": {"root_cause": [], "type": "search_phase_execution_exception", "reason": "Partial shards failure"},
    "status": 503,
}


@contextmanager
def limited(target: str, limit: Limit) -> Iterator[str]:
    """The address of the stand-in, for as long as the context is open."""

    class Handler(_Handler):
        engine, meets = target, staticmethod(limit)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def late(seconds: float) -> tuple[int, Document]:
    """An answer that comes after the client has given up."""
    time.sleep(seconds)
    return 200, PARTIAL


class _Handler(BaseHTTPRequestHandler):
    engine: str
    meets: Limit
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        instead = self.meets(json.loads(body)) if "/_search" in self.path and body else None
        if instead:
            self._answer(instead[0], json.dumps(instead[1]).encode())
            return
        address = urlsplit(self.engine)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        try:
            headers = {name: self.headers[name] for name in ("content-type", "accept") if self.headers[name]}
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            self._answer(response.status, response.read())
        finally:
            connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815 - the names http.server calls

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client did not wait

    def log_message(self, *_: Any) -> None:
        """Quiet."""
