"""What nginx and Apache really write, read by the formats of their own configuration, against what was sent to them."""
# ruff: noqa: E501 - configurations, and tables of requests

import base64
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest

from ingest.convert import Converter
from ingest.formats import configuration
from ingest.preview import in_order
from ingest.reader import chunks, opened
from tests.unit.test_ingest_parse import field

DEADLINE_SECONDS = 20
BODY = b"hello, world"
BAD_REQUEST = 400

NGINX = r"""
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  underscores_in_headers on;
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
                  '"$http_user_agent" "$http_x_forwarded_for"';
  log_format rich '$msec $remote_addr:$remote_port $host $server_port $scheme "$request_method" "$request_uri" '
                  '$server_protocol $status $bytes_sent $request_length $request_time $upstream_addr '
                  '$upstream_response_time $upstream_status $request_id $connection "$http_user_agent" "$http_referer"';
  log_format json escape=json '{{"time":"$time_iso8601","client":"$remote_addr","user":"$remote_user",'
                  '"request":"$request","status":$status,"bytes":$body_bytes_sent,"took":$request_time,'
                  '"referrer":"$http_referer","agent":"$http_user_agent","via":"$http_x_forwarded_for","host":"$host"}}';
  log_format tabs "$time_iso8601\t$remote_addr\t$request\t$status\t$body_bytes_sent\t$http_referer\t$http_user_agent";
  log_format bare '$remote_addr $time_iso8601 $status $body_bytes_sent $http_user_agent';
  log_format raw escape=none '$remote_addr [$time_local] $status "$http_referer" "$http_user_agent"';
  upstream behind {{ server 127.0.0.1:{behind}; }}
  server {{ listen 127.0.0.1:{behind}; access_log off; location / {{ return 200 "hello, world"; }} }}
  server {{
    listen 127.0.0.1:{port};
    server_name shop.example;
    include logs.conf;
    location / {{ proxy_pass http://behind; }}
    location /missing {{ return 404; }}
  }}
}}
"""
UNESCAPED = "raw"
NGINX_LOGS = ["main", "rich", "json", "tabs", "bare", "raw"]

APACHE = r"""
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
ServerName shop.example
{user}
{modules}
DocumentRoot {root}
LogFormat "%h %l %u %t \"%r\" %>s %b \"%{{Referer}}i\" \"%{{User-Agent}}i\"" combined
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{{Referer}}i\" \"%{{User-Agent}}i\" \"%{{X-Forwarded-For}}i\"" vhost
LogFormat "%{{%Y-%m-%dT%H:%M:%S}}t.%{{usec_frac}}t%{{%z}}t %a %{{remote}}p %m \"%U%q\" %H %>s %B %I %O %D %{{ms}}T %T %X %k %P \"%{{User-Agent}}i\"" rich
LogFormat "{{ \"t\":\"%{{msec}}t\", \"a\":\"%a\", \"r\":\"%r\", \"s\":%>s, \"ua\":\"%{{User-Agent}}i\", \"ref\":\"%{{Referer}}i\" }}" json
LogFormat "%a\t%{{sec}}t\t%r\t%s\t%{{User-Agent}}i\t%{{Host}}i" tabs
LogFormat "%a %u %t %>s %{{ms}}T %{{User-Agent}}i" bare
Include logs.conf
<Directory {root}>
  Require all granted
</Directory>
"""
APACHE_LOGS = ["combined", "vhost", "rich", "json", "tabs", "bare"]


@dataclass(frozen=True)
class Exchange:
    """A request, byte by byte, and what documents of it must say. status: of the answer. body: its length."""

    sent: bytes
    values: dict[str, Any] | None
    status: int = 0
    body: int = 0


def request(
    target: bytes = b"/", agent: bytes | None = b"curl/8", referrer: bytes | None = None, method: bytes = b"GET",
    version: bytes = b"1.1", forwarded: bytes | None = None, user: bytes | None = None,
) -> Exchange:  # fmt: skip
    headers = [b"Host: shop.example", b"Connection: close"]
    named = ((b"User-Agent", agent), (b"Referer", referrer), (b"X-Forwarded-For", forwarded))
    headers += [name + b": " + value for name, value in named if value is not None]
    if user is not None:
        headers.append(b"Authorization: Basic " + base64.b64encode(user + b":secret"))
    sent = method + b" " + target + b" HTTP/" + version + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n"

    def text(value: bytes | None) -> str | None:
        # What stands for nothing is nothing.
        return value.decode("utf-8", "backslashreplace") if value and value != b"-" else None

    return Exchange(
        sent,
        {
            "http.request.method": text(method), "url.original": text(target), "http.version": text(version),
            "user_agent.original": text(agent), "http.request.referrer": text(referrer), "url.domain": "shop.example",
        },
    )  # fmt: skip


def requests() -> list[Exchange]:
    """Ordinary and odd ones; and noise, for which a document must say no more than is known."""
    drawn = random.Random(7)
    alphabet = [*"abcXYZ019 \"\\'[]{}|<>%;,:-=#$&()?", "é", "\u4e2d", "\U0001f600", "\\x41", '" "', '\\"', "\\\\", "\t"]

    def words(count: int) -> bytes:
        return "".join(drawn.choice(alphabet) for _ in range(count)).strip(" \t").encode()

    odd = [
        request(), request(b"/a/b.PHP?x=1&y=%20"), request(b"/missing?q", method=b"HEAD"), request(agent=None),
        request(agent=b""), request(agent=b"-"), request(b'/"quoted"', b'say "hi"', b'http://r/"x"'),
        request(b"/back\\slash\\x41", b"C:\\new\\table \\x22", b"http://r/\\"), request(b"/\xc3\xa9?\xe4\xb8\xad", b"\xc3\xa9\xf0\x9f\x98\x80"),
        request(b"/latin", b"caf\xe9", b"http://r/\xff\xfe"), request(b"/tab", b"a\tb\tc"), request(b"/%0a%22", b"x"),
        request(b"/../../etc/passwd"), request(b"//double"), request(b"/" + b"a" * 4000, b"m" * 2000),
        request(forwarded=b"198.51.100.7, 203.0.113.9"), request(user=b"ann"), request(version=b"1.0"),
        request(method=b"OPTIONS"), request(method=b"DELETE"), request(b"/?a?b#c"), request(b"/x", b"] [ } { ) ( ' | ;"),
        *(request(b"/p" + str(number).encode(), words(30), words(20)) for number in range(40)),
    ]  # fmt: skip
    noise = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x9a\r\n\r\n", b"SSH-2.0-Go\r\n\r\n", b"HELP\r\n\r\n",
             b"GET /http-0.9\r\n", b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"get / HTTP/9.9\r\n\r\n",
             b"GET /nul\x00byte HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]  # fmt: skip
    return odd + [Exchange(item, None) for item in noise]


def answered(exchange: Exchange, port: int) -> Exchange:
    """The exchange, with the status and the length of the body that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(exchange.sent)
        if exchange.values is None:
            connection.shutdown(socket.SHUT_WR)  # no server waits for the rest of what is no request
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass  # the server had enough of the noise
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head[9:12]) if head.startswith(b"HTTP/") else 0  # nothing but a body answers HTTP/0.9
    return Exchange(exchange.sent, exchange.values, status, len(body))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, stop: int) -> Iterator[None]:
    """A server from when it answers until it has written its last line."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"{command[0]} does not start: {process.communicate()[1].decode()}")
            time.sleep(0.02)
    try:
        yield
    finally:
        process.send_signal(stop)
        try:
            process.communicate(timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def documents_of(log: configuration.Log) -> list[dict[str, Any]]:
    """What `ship` would send of a log, read by the format of its configuration."""
    converter = Converter(
        "id", log.path, "default", "host", "", log.log_format(), only=True, with_actions=False, timezone="UTC"
    )
    with opened(log.path) as stream:
        return [
            orjson.loads(text)
            for chunk in chunks(stream, log.path, 0)
            for text in in_order(converter.convert(chunk, "2000-01-01T00:00:00.000Z"))
        ]


def mismatches(document: dict[str, Any], exchange: Exchange, values: frozenset[str], started: datetime) -> list[str]:
    """What a document gets wrong of what was sent, as far as its format logs it."""
    logged = {
        "http.request.method": {"request", "method"}, "url.original": {"request", "target", "path"},
        "http.version": {"request", "protocol"}, "user_agent.original": {"agent"}, "http.request.referrer": {"referrer"},
        "url.domain": {"host"},
    }  # fmt: skip
    expected = {name: value for name, value in (exchange.values or {}).items() if logged[name] & values}
    if exchange.status == BAD_REQUEST:
        # The server gave up at the request line: it knows no header, and has not taken the line apart.
        expected = {name: value for name, value in expected.items() if "request" in logged[name] & values}
    if "path" in values:
        expected.pop("url.original", None)  # Apache's %U is decoded
    if "status" in values and exchange.status:
        expected["http.response.status_code"] = exchange.status
    if "bytes" in values and exchange.values:
        expected["http.response.body.bytes"] = exchange.body or None
    expected["source.ip"] = "127.0.0.1"
    found = {name: field(document, name) for name in expected}
    if "bytes" in values and found.get("http.response.body.bytes") == 0:
        found["http.response.body.bytes"] = None  # Apache's %b writes a dash
    wrong = [f"{name}: {found[name]!r} is not {expected[name]!r}" for name in expected if found[name] != expected[name]]
    moment = datetime.fromisoformat(document["@timestamp"])
    if not started - timedelta(seconds=2) <= moment <= datetime.now(UTC) + timedelta(seconds=2):
        wrong.append(f"@timestamp: {moment}")
    durations = {"duration_s", "duration_ms", "duration_us"} & values
    if durations and not 0 <= field(document, "event.duration") < DEADLINE_SECONDS * 10**9:
        wrong.append("event.duration")
    return wrong


def assert_read(conf: Path, port: int, command: Sequence[str], stop: int, names: Sequence[str]) -> None:
    started = datetime.now(UTC)
    with running(command, port, stop):
        exchanges = [answered(exchange, port) for exchange in requests()]
    logs = configuration.read(conf).logs
    assert [log.nickname for log in logs] == list(names)
    for log in logs:
        documents = documents_of(log)
        # Apache also logs the connection that only asked whether it answers.
        documents = documents[-len(exchanges) :]
        assert len(documents) == len(exchanges), log.nickname
        values = log.log_format().values()
        for document, exchange in zip(documents, exchanges, strict=True):
            line = document["event"]["original"][:300]
            assert document["event"]["kind"] == "event", (log.nickname, exchange.sent[:80], line)
            if log.nickname == UNESCAPED and b'" "' in exchange.sent:
                continue  # nothing tells where a value ends; docs/formats.md says so
            wrong = mismatches(document, exchange, values, started)
            assert not wrong, (log.nickname, exchange.sent[:120], line)
            if exchange.status == 400 and "request" in values and exchange.values is None:
                assert "malformed" in document.get("tags", []) or "method" in document["http"].get("request", {})


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx(tmp_path: Path) -> None:
    port, behind = free_port(), free_port()
    conf = tmp_path / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    conf.write_text(NGINX.format(folder=tmp_path, port=port, behind=behind, user=user))
    (tmp_path / "logs.conf").write_text("".join(f"access_log {tmp_path}/{name}.log {name};\n" for name in NGINX_LOGS))
    assert_read(conf, port, ["nginx", "-c", str(conf), "-p", str(tmp_path)], signal.SIGQUIT, NGINX_LOGS)


def apache_binary() -> str | None:
    return shutil.which("apache2") or shutil.which("httpd")


def apache_modules() -> Path | None:
    folders = (Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"), Path("/usr/lib/httpd/modules"))
    return next((folder for folder in folders if folder.is_dir()), None)


@pytest.mark.skipif(not apache_binary() or not apache_modules(), reason="Apache is not installed")
def test_apache(tmp_path: Path) -> None:
    port = free_port()
    folder, binary = apache_modules(), apache_binary()
    assert folder
    assert binary
    wanted = ("mpm_event", "authz_core", "unixd", "log_config", "logio", "dir")
    modules = "\n".join(
        f"LoadModule {name}_module {folder}/mod_{name}.so" for name in wanted if (folder / f"mod_{name}.so").exists()
    )
    conf = tmp_path / "apache2.conf"
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    (tmp_path / "logs.conf").write_text("".join(f"CustomLog {tmp_path}/{name}.log {name}\n" for name in APACHE_LOGS))
    command = [binary, "-f", str(conf), "-D", "FOREGROUND"]
    with TemporaryDirectory() as root:
        Path(root).chmod(0o755)  # Apache's own user cannot reach the test's folder
        (Path(root) / "index.html").write_bytes(BODY)
        conf.write_text(APACHE.format(folder=tmp_path, root=root, port=port, user=user, modules=modules))
        assert_read(conf, port, command, signal.SIGWINCH, APACHE_LOGS)
