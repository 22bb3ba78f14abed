"""A stand-in for Kibana and OpenSearch Dashboards: the few requests of the saved-objects API that setup makes.

Its answers have the form of Kibana OSS 7.10.2's, looked at there; those of newer versions that of their documentation.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
import trustme

Document = dict[str, Any]


@dataclass
class StandIn:
    """product: `kbn` or `osd`. objects: what it holds, by (type, id). refuse: type -> error of an import.

    authorization: the header it wants; empty: none. forbidden: paths answered with 403. spaces: prefixes it knows.
    """

    product: str = "kbn"
    version: str = "9.1.0"
    status: int = 200
    objects: dict[tuple[str, str], Document] = field(default_factory=dict)
    refuse: dict[str, Document] = field(default_factory=dict)
    loses: int = 0
    moves: bool = False
    tells_version: bool = True
    authorization: str = ""
    forbidden: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ("",)
    import_answer: tuple[int, bytes] | None = None
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.requests.append((method, path, headers))
        if self.authorization and headers.get("authorization") != self.authorization:
            return 401, _error(401, "Unauthorized", "[security_exception]: missing authentication credentials")
        space = next((one for one in self.spaces if one and path.startswith(one)), "")
        path = path.removeprefix(space)
        if path in self.forbidden:
            return 403, _error(403, "Forbidden", "Unable to bulk_create dashboard")
        if (method, path) == ("GET", "/api/status"):
            return self.status, orjson.dumps(self._status())
        if method == "POST" and f"{self.product}-xsrf" not in headers:
            return 400, _error(400, "Bad Request", f"Request must contain a {self.product}-xsrf header.")
        if (method, path) == ("POST", "/api/saved_objects/_export"):
            return self._export(orjson.loads(body)["objects"])
        if (method, path) == ("POST", "/api/saved_objects/_import?overwrite=true"):
            return self.import_answer or self._import(_form_file(headers["content-type"], body))
        return 404, _error(404, "Not Found", "Not Found")

    def _status(self) -> Document:
        overall = {"state": "green"} if self.product == "osd" else {"level": "available", "summary": "not yet"}
        version = {"version": {"number": self.version}} if self.tells_version else {}
        return version | {"status": {"overall": overall}}

    def _export(self, wanted: list[Document]) -> tuple[int, bytes]:
        missing = [one for one in wanted if (one["type"], one["id"]) not in self.objects]
        if missing:
            errors = [one | {"error": {"statusCode": 404, "error": "Not Found"}} for one in missing]
            return 400, orjson.dumps({"statusCode": 400, "message": "Bad Request", "attributes": {"objects": errors}})
        return 200, b"\n".join(orjson.dumps(self.objects[one["type"], one["id"]]) for one in wanted)

    def _import(self, content: bytes) -> tuple[int, bytes]:
        """HTTP 200 whatever happens to single objects, as both products do."""
        told: list[Document] = []
        errors: list[Document] = []
        for line in content.splitlines():
            item = orjson.loads(line)
            name = {"type": item["type"], "id": item["id"]}
            if item["type"] in self.refuse:
                errors.append(name | {"error": self.refuse[item["type"]]})
                continue
            self.objects[item["type"], item["id"]] = item
            told.append(name | ({"destinationId": f"new-{item['id']}"} if self.moves else {}))
        answer: Document = {"success": not errors, "successCount": len(told) - self.loses, "successResults": told}
        return 200, orjson.dumps(answer | ({"errors": errors} if errors else {}))


def _error(status: int, kind: str, message: str) -> bytes:
    return orjson.dumps({"statusCode": status, "error": kind, "message": message})


def _form_file(content_type: str, body: bytes) -> bytes:
    form = message_from_bytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + body)
    (part,) = (one for one in form.walk() if not one.is_multipart())
    assert str(part.get_filename()).endswith(".ndjson")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@contextmanager
def serving(stand_in: StandIn, certificate: trustme.LeafCert | None = None) -> Iterator[StandIn]:
    """Answer on a port of 127.0.0.1, by TLS if there is a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = stand_in.answer(self.command, self.path, headers, body)
            self.send_response(status)
            if stand_in.product in {"kbn", "osd"}:
                self.send_header(f"{stand_in.product}-name", "stand-in")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the names the server calls

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A handshake that fails is what a test is about."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    stand_in.port = int(server.server_address[1])
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
