"""`/livez`, `/healthz` and `/metrics`. Nothing secret is told, and nothing can be changed; still, bind it to a place
only monitoring reaches: it names hosts.
"""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson

from wwwatch import __version__
from wwwatch.errors import SettingsError
from wwwatch.service import health
from wwwatch.service.health import Health
from wwwatch.service.service import Service

REQUEST_SECONDS = 10
METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def serve(service: Service, address: str) -> Callable[[], None]:
    """Serve at HOST:PORT in a thread. Return what ends it. Raise SettingsError if that cannot be bound."""
    host, _, port = address.rpartition(":")

    class Handler(_Handler):
        asked = service

    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    except OSError as error:
        raise SettingsError(
            f"service.health_address (WWWATCH_SERVICE__HEALTH_ADDRESS) is {address}, which cannot be bound: "
            f"{error.strerror}.",
            "Is another instance running here? Choose another port.",
        ) from error
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="health", daemon=True).start()

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


class _Handler(BaseHTTPRequestHandler):
    asked: Service
    timeout = REQUEST_SECONDS
    server_version, sys_version = f"wwwatch/{__version__}", ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            from wwwatch.service.metrics import exposition  # noqa: PLC0415 - who serves no metrics needs no package

            self._answer(200, METRICS_TYPE, exposition(self.asked))
        elif path in {"/healthz", "/livez"}:
            self._health(health.ready(self.asked.view()) if path == "/healthz" else health.alive(self.asked.view()))
        else:
            self._answer(404, "text/plain; charset=utf-8", b"Here are /livez, /healthz and /metrics.\n")

    do_HEAD = do_GET  # noqa: N815

    def _health(self, found: Health) -> None:
        leads = {site.namespace: site.leads for site in self.asked.view().sites}
        body = {"status": "ok" if found.well else "failing", "reasons": found.reasons, "leads": leads}
        self._answer(200 if found.well else 503, "application/json", orjson.dumps(body) + b"\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Being asked each second is no news."""
