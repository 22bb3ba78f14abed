"""TLS to a server with good, expired, foreign and misnamed certificates: each fault names its remedy."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from wwwatch.errors import StoreUnreachable
from wwwatch.settings import load
from wwwatch.store import Store, failures

INFO = b'{"version":{"number":"9.1.0"}}'


class Handler(BaseHTTPRequestHandler):
    """Answers `GET /` as Elasticsearch does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(INFO)))
        self.end_headers()
        self.wfile.write(INFO)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class QuietServer(ThreadingHTTPServer):
    """Handshakes that fail are what the tests are about."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve() -> Iterator[Callable[[trustme.LeafCert], int]]:
    """Start a TLS server with a certificate; its port."""
    running: list[QuietServer] = []

    def start(certificate: trustme.LeafCert) -> int:
        server = QuietServer(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        running.append(server)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return int(server.server_address[1])

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def connect(port: int, authority: trustme.CA, folder: Path, host: str = "127.0.0.1", scheme: str = "https") -> Store:
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    settings = load(environ={"WWWATCH_CA_FILE": str(ca_file)})
    return Store.from_settings(settings, f"{scheme}://{host}:{port}")


def test_a_certificate_of_the_named_authority(
    serve: Callable[[trustme.LeafCert], int], authority: trustme.CA, tmp_path: Path
) -> None:
    store = connect(serve(authority.issue_cert("127.0.0.1")), authority, tmp_path)
    assert store.version == (9, 1, 0)
    store.close()


def test_a_certificate_of_another_authority(
    serve: Callable[[trustme.LeafCert], int], authority: trustme.CA, tmp_path: Path
) -> None:
    port = serve(authority.issue_cert("127.0.0.1"))
    with pytest.raises(StoreUnreachable, match="certificate verify failed") as caught:
        connect(port, trustme.CA(), tmp_path)
    assert "WWWATCH_CA_FILE" in caught.value.hint


def test_an_expired_certificate(
    serve: Callable[[trustme.LeafCert], int], authority: trustme.CA, tmp_path: Path
) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    port = serve(authority.issue_cert("127.0.0.1", not_before=past - timedelta(days=9), not_after=past))
    with pytest.raises(StoreUnreachable, match="expired") as caught:
        connect(port, authority, tmp_path)
    assert "Renew" in caught.value.hint


def test_a_certificate_for_another_host(
    serve: Callable[[trustme.LeafCert], int], authority: trustme.CA, tmp_path: Path
) -> None:
    port = serve(authority.issue_cert("elastic.example.org"))
    with pytest.raises(StoreUnreachable, match="127\\.0\\.0\\.1") as caught:
        connect(port, authority, tmp_path)
    assert "WWWATCH_URL" in caught.value.hint


def test_plain_http_to_a_port_that_speaks_tls(
    serve: Callable[[trustme.LeafCert], int], authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "ATTEMPTS", 1)
    port = serve(authority.issue_cert("127.0.0.1"))
    with pytest.raises(StoreUnreachable, match="Cannot reach") as caught:
        connect(port, authority, tmp_path, scheme="http")
    assert "write https://" in caught.value.hint


def test_tls_to_a_port_that_speaks_plain_http(authority: trustme.CA, tmp_path: Path) -> None:
    server = QuietServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with pytest.raises(StoreUnreachable) as caught:
        connect(int(server.server_address[1]), authority, tmp_path)
    server.shutdown()
    server.server_close()
    assert "write http://" in caught.value.hint
