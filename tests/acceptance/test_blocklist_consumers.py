"""The programs a blocklist is made for take it, and keep out who is on it. They skip where they are not installed."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.acceptance.test_real_servers import free_port, running
from wwwatch.blocklist.entries import Blocklist, Entry
from wwwatch.blocklist.formats import FORMATS, Head

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEAD = Head("shop", NOW)
# Of the loopback range, so that requests can come from both; the command itself lists no such address.
BLOCKED, OTHER = "127.0.0.2", "127.0.0.1"
HOSTILE = '"; } deny all; \\ </RequireAll> $(reboot) `id` # \x1b[31m\n\\'
DEADLINE_SECONDS = 20

SERVE_AND_ASK = """
import http.client, http.server, subprocess, sys, threading
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = http.server.HTTPServer(("127.0.0.1", 80), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for source in ("127.0.0.1", "127.0.0.2"):
    try:
        asked = http.client.HTTPConnection("127.0.0.1", 80, timeout=2, source_address=(source, 0))
        asked.request("GET", "/")
        print(source, asked.getresponse().status)
    except TimeoutError:
        print(source, "dropped")
"""


def text(name: str, blocked: Sequence[str] = (f"{BLOCKED}/32", "198.51.100.0/24", "2001:db8::7/128")) -> str:
    """A list with a hostile reason."""
    entries = (
        Entry(ip_network(network), NOW + timedelta(days=1), 99, "scan", ("0123456789ab",), HOSTILE)
        for network in blocked
    )
    return FORMATS[name](HEAD, Blocklist(tuple(entries), {}))


def status(port: int, source: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS, source_address=(source, 0))
    connection.request("GET", "/")
    found = connection.getresponse().status
    connection.close()
    return found


def checked(*command: str | Path, stdin: str | None = None) -> str:
    done = subprocess.run([*map(str, command)], input=stdin, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def needs(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            pytest.skip(f"{program} is not installed")


def in_a_network_of_its_own(*command: str, stdin: str) -> str:
    """Run in a network namespace that ends with the command: the machine's own rules are never touched."""
    needs("unshare", command[0])
    if os.getuid():
        pytest.skip("a network namespace needs root")
    return checked("unshare", "--net", *command, stdin=stdin)


@pytest.mark.parametrize("blocked", [True, False])
def test_nginx_answers_403_to_who_is_listed(blocked: bool) -> None:
    needs("nginx")
    with TemporaryDirectory(dir="/tmp") as name:  # its workers run as another user, who must reach it
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "blocklist.conf").write_text(text("nginx") if blocked else text("nginx", ()))
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;\n"
            f"fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n"
            f"server {{ listen 127.0.0.1:{port}; include {folder}/blocklist.conf;\n"
            f"location / {{ root {folder}; try_files /ok.txt =404; }} }} }}\n"
        )
        (folder / "ok.txt").write_text("ok")
        command = ["nginx", "-p", name, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
        assert "test is successful" in checked(*command, "-t")
        with running(command, port, signal.SIGQUIT):
            assert status(port, OTHER) == 200
            assert status(port, BLOCKED) == (403 if blocked else 200)


@pytest.mark.parametrize("blocked", [True, False])
def test_apache_answers_403_to_who_is_listed(blocked: bool) -> None:
    needs("apache2")
    modules = Path("/usr/lib/apache2/modules")
    with TemporaryDirectory(dir="/tmp") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "blocklist.conf").write_text(text("apache") if blocked else text("apache", ()))
        (folder / "www").mkdir()
        (folder / "www/index.html").write_text("ok")
        loaded = "\n".join(
            f"LoadModule {module}_module {modules}/mod_{module}.so"
            for module in ("mpm_event", "authz_core", "authz_host", "dir")
        )
        user = "User nobody\nGroup nogroup\n" if os.getuid() == 0 else ""
        (folder / "apache.conf").write_text(
            f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\nListen 127.0.0.1:{port}\n"
            f"ServerName shop.example\n{loaded}\n{user}DocumentRoot {folder}/www\nDirectoryIndex index.html\n"
            f'<Directory "{folder}/www">\n  Include {folder}/blocklist.conf\n</Directory>\n'
        )
        assert "Syntax OK" in checked("apache2", "-t", "-f", f"{folder}/apache.conf")
        with running(["apache2", "-D", "FOREGROUND", "-f", f"{folder}/apache.conf"], port, signal.SIGTERM):
            assert status(port, OTHER) == 200
            assert status(port, BLOCKED) == (403 if blocked else 200)


def test_nftables_takes_the_list_again_and_again_and_drops_who_is_on_it(tmp_path: Path) -> None:
    (tmp_path / "list.nft").write_text(text("nftables"))
    (tmp_path / "ask.py").write_text(SERVE_AND_ASK)
    script = f"""
        set -e
        nft --check --file {tmp_path}/list.nft
        nft --file {tmp_path}/list.nft
        nft --file {tmp_path}/list.nft
        nft list ruleset
        {sys.executable} {tmp_path}/ask.py
        nft delete table inet wwwatch
        {sys.executable} {tmp_path}/ask.py
    """
    needs("nft", "ip")

    told = in_a_network_of_its_own("sh", stdin=script)

    assert told.count(f"{BLOCKED} timeout 1d") == 1
    assert told.count("198.51.100.0/24 timeout 1d") == 1
    answers = [line for line in told.splitlines() if line.startswith("127.0.0.") and len(line.split()) == 2]
    assert answers == [f"{OTHER} 200", f"{BLOCKED} dropped", f"{OTHER} 200", f"{BLOCKED} 200"]


def test_nftables_takes_an_empty_list(tmp_path: Path) -> None:
    needs("nft")
    (tmp_path / "list.nft").write_text(text("nftables", ()))
    told = in_a_network_of_its_own("sh", stdin=f"nft --file {tmp_path}/list.nft && nft list ruleset")

    assert "elements" not in told


def test_ipset_takes_the_list_again_and_again() -> None:
    needs("ipset")
    if (
        os.getuid() == 0
        and subprocess.run(["unshare", "--net", "ipset", "list"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this kernel has no ipset")
    both = text("ipset") + text("ipset", ("203.0.113.9/32",))

    told = in_a_network_of_its_own("sh", stdin=f"ipset restore <<'END'\n{both}END\nipset list")

    assert "203.0.113.9 timeout 86" in told
    assert BLOCKED not in told


def test_a_list_for_ipset_is_of_its_own_commands_only() -> None:
    verbs = [line.split()[:2] for line in text("ipset").splitlines() if not line.startswith("#")]

    assert verbs == [
        ["create", "wwwatch4"], ["create", "wwwatch4-new"], ["flush", "wwwatch4-new"], ["add", "wwwatch4-new"],
        ["add", "wwwatch4-new"], ["swap", "wwwatch4-new"], ["destroy", "wwwatch4-new"],
        ["create", "wwwatch6"], ["create", "wwwatch6-new"], ["flush", "wwwatch6-new"], ["add", "wwwatch6-new"],
        ["swap", "wwwatch6-new"], ["destroy", "wwwatch6-new"],
    ]  # fmt: skip
