"""Lines by syslog and by pipe: real senders, a real process, and what is in the store in the end."""

import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.integration.following import Followed, Process, line, wait_for
from wwwatch.settings import Settings
from wwwatch.store import Store, names

HEADER = "<190>Nov 24 08:00:00 {host} {app}: "


@pytest.fixture
def followed(store: Store, settings: Settings, namespace: str, tmp_path: Path) -> Followed:
    return Followed(store, settings, namespace, tmp_path)


def port_of(process: Process, protocol: str) -> int:
    """Where it listens."""
    start = f"Listening at {protocol}://127.0.0.1:"
    wait_for(lambda: start in process.said, start)
    return int(process.said.split(start)[1].split("\n")[0])


def send_datagrams(port: int, numbers: range, host: str = "web1", app: str = "nginx") -> None:
    header = HEADER.format(host=host, app=app)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in numbers:
            sender.sendto(f"{header}{line(number)}".encode(), ("127.0.0.1", port))


def send_stream(port: int, numbers: range, counted: bool) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for number in numbers:
            message = f"{HEADER.format(host='web2', app='httpd')}{line(number)}".encode()
            connection.sendall(b"%d %s" % (len(message), message) if counted else message + b"\n")


def test_syslog_by_every_way(followed: Followed) -> None:
    with followed.running("--syslog", "udp://127.0.0.1:0", "--syslog", "tcp://127.0.0.1:0") as process:
        udp, tcp = port_of(process, "udp"), port_of(process, "tcp")
        send_datagrams(udp, range(500))
        send_stream(tcp, range(500, 5_000), counted=False)
        send_stream(tcp, range(5_000, 10_000), counted=True)
        send_datagrams(udp, range(10_000, 10_010), host="../../etc", app="x" * 200)
        followed.wait_for(10_010)
    assert followed.originals() == sorted(map(line, range(10_010)))
    nginx, apache = (names.access_stream(f"{server}.access", followed.namespace) for server in ("nginx", "apache"))
    assert followed.store.count(nginx, {"term": {"host.name": "web1"}}) == 500
    assert followed.store.count(apache, {"term": {"host.name": "web2"}}) == 9_500
    # Names that are none are not taken: neither into a path nor into a document.
    assert followed.store.count(nginx, {"term": {"host.name": followed.settings.host.name}}) == 10


def test_what_was_received_survives_kill_9_and_a_store_that_is_away(followed: Followed) -> None:
    process = followed.start("--syslog", "tcp://127.0.0.1:0", WWWATCH_URL="http://127.0.0.1:9")
    send_stream(port_of(process, "tcp"), range(3_000), counted=False)
    spool = followed.settings.home / "spool" / followed.namespace
    wait_for(lambda: sum(path.read_bytes().count(b"\n") for path in spool.rglob("*.log")) == 3_000, "all is spooled")
    process.kill()
    with followed.running("--syslog", "tcp://127.0.0.1:0") as again:
        send_stream(port_of(again, "tcp"), range(3_000, 3_100), counted=True)
        followed.wait_for(3_100)
        # What is delivered is removed.
        wait_for(lambda: len(list(spool.rglob("*.log"))) == 1, "the first spool file is gone")
    assert followed.originals() == sorted(map(line, range(3_100)))


def test_a_full_spool_holds_the_sender_up_and_loses_nothing(followed: Followed) -> None:
    process = followed.start(
        "--syslog", "tcp://127.0.0.1:0", WWWATCH_URL="http://127.0.0.1:9", WWWATCH_INGEST__SPOOL_MB="1"
    )
    with socket.create_connection(("127.0.0.1", port_of(process, "tcp"))) as sender:
        sender.settimeout(2)
        text = "".join(f"{line(number)}\n" for number in range(200_000)).encode()
        with pytest.raises(TimeoutError):
            sender.sendall(text)
    process.kill()
    spooled = sum(path.stat().st_size for path in (followed.settings.home / "spool").rglob("*.log"))
    assert 1 << 20 <= spooled < 3 << 20


def test_a_pipe_is_followed_until_it_ends(followed: Followed) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        assert cat.stdin
        assert cat.stdout
        process = followed.start("-", "--json", stdin=cat.stdout.fileno())
        cat.stdin.write(f"{line(0)}\n{line(1)}".encode())
        cat.stdin.flush()
        followed.wait_for(1)
        cat.stdin.write(f"\n{line(2)}".encode())
        cat.stdin.close()
        counts = json.loads(process.ended().splitlines()[-1])
    assert (counts["read"], counts["sent"]) == (3, 3)
    assert followed.originals() == [line(0), line(1), line(2)]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_real_nginx_by_syslog(followed: Followed, tmp_path: Path) -> None:
    with followed.running("--syslog", "udp://127.0.0.1:0") as process:
        syslog, web = port_of(process, "udp"), free_port()
        config = tmp_path / "nginx.conf"
        config.write_text(
            f"pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; worker_processes 1; daemon off; events {{}}\n"
            f"http {{ access_log syslog:server=127.0.0.1:{syslog} combined; client_body_temp_path {tmp_path}/b;"
            f" proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u;"
            f" scgi_temp_path {tmp_path}/s; server {{ listen 127.0.0.1:{web}; location / {{ return 204; }} }} }}\n"
        )
        with subprocess.Popen(["nginx", "-c", config, "-p", tmp_path], stderr=subprocess.DEVNULL) as nginx:
            wait_for(lambda: answers(web), "nginx listens")
            for number in range(50):
                get(web, f"/page/{number}")
            followed.wait_for(50)
            nginx.terminate()
    stream = names.access_stream("nginx.access", followed.namespace)
    paths = [document["url"]["path"] for _, document in followed.store.documents(stream)]
    assert sorted(paths) == sorted(f"/page/{number}" for number in range(50))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def get(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while connection.recv(4096):
            pass
