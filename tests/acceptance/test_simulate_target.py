"""The simulator at a real nginx and a real Apache, configured as in the test bed, with its site behind them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_real_servers import apache_binary, apache_modules, free_port, running
from tests.conftest import Run
from wwwatch.store import Store, names

CONFIGURATIONS = Path(__file__).parents[2] / "docker" / "testbed"
LINE = re.compile(r'^(\S+) \S+ \S+ \[[^]]+\] "([^"]*)" (\d+) (?:\d+|-) "[^"]*" "([^"]*)"$')
SEED = "3"
# An hour in a moment: what is overdue follows at once.
TRAFFIC = ("--seed", SEED, "--start", "2026-03-02T10:00", "--days", "0.02", "--visitors", "300", "--speed", "1000000",
           "--strength", "0.05")  # fmt: skip
STYLES = "brute_force_fast,stuffing_single,scan_dictionary,injection_sqli_tool,dos_costly_page"
FORM, JSON = "/account/login", "/api/login"

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
needs_apache = pytest.mark.skipif(not apache_binary() or not apache_modules(), reason="Apache is not installed")
Drive = Callable[..., "Driven"]


class Driven:
    """What a run left: its report, the ground truth, and the lines of the server's log."""

    def __init__(self, report: dict[str, Any], labels: Path, log: Path) -> None:
        self.report = report
        self.truth = [json.loads(line) for line in labels.read_text().splitlines()]
        found = [LINE.match(line) for line in log.read_text().splitlines()]
        assert all(found)
        # Apache also logs the connection that only asked whether it answers.
        self.lines = [match.groups() for match in found if match and match[2] != "-"]

    def lines_of(self, address: str) -> list[tuple[str, int]]:
        """Request line and status of what an address sent."""
        return [(request, int(status)) for client, request, status, _ in self.lines if client == address]


@contextmanager
def site_and_server(folder: Path, server: str) -> Iterator[int]:
    """The site, and nginx or Apache before it, as the test bed configures them; the server's port."""
    port, behind = free_port(), free_port()
    (folder / "logs").mkdir()
    (folder / "temp").mkdir()
    folder.chmod(0o755)
    text = (
        (CONFIGURATIONS / f"{server}.conf").read_text().replace("client_header_timeout 5s", "client_header_timeout 1s")
    )
    conf = folder / f"{server}.conf"
    conf.write_text(
        text.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace("127.0.0.1:8081", f"127.0.0.1:{behind}")
    )
    root = os.geteuid() == 0
    if server == "nginx":
        user = ["-g", "user root;"] if root else []
        command, stop = ["nginx", "-p", str(folder), "-c", str(conf), *user], signal.SIGQUIT
    else:
        binary, modules = apache_binary(), apache_modules()
        assert binary
        assert modules
        own = "User www-data\n" if root else ""
        conf.write_text(own + conf.read_text().replace("/usr/lib/apache2/modules", str(modules)))
        command, stop = [binary, "-d", str(folder), "-f", str(conf), "-D", "FOREGROUND"], signal.SIGWINCH
    site = [sys.executable, "-m", "wwwatch.cli", "simulate", "--serve", f"127.0.0.1:{behind}", "--seed", SEED]
    with running(site, behind, signal.SIGTERM), running(command, port, stop):
        yield port


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Drive:
    def run_once(server: str, *options: str) -> Driven:
        folder = tmp_path_factory.mktemp(server)
        labels = folder / "labels.jsonl"
        with site_and_server(folder, server) as port:
            done = subprocess.run(
                [sys.executable, "-m", "wwwatch.cli", "simulate", "--target", f"http://127.0.0.1:{port}", "--labels",
                 str(labels), "--json", *TRAFFIC, *options],
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return Driven(json.loads(done.stdout), labels, folder / "logs" / "access.log")

    return run_once


def assert_truth_is_the_log(driven: Driven) -> None:
    """Every attacker's lines, counted; every answer told; logins that passed or failed as the log says."""
    assert driven.report["unanswered"] == 0
    assert len(driven.lines) == driven.report["requests"]
    assert Counter(str(line[2]) for line in driven.lines) == driven.report["by_status"]
    assert {truth["class"] for truth in driven.truth} == {
        "brute_force", "credential_stuffing", "scan", "injection", "dos",
    }  # fmt: skip
    for truth in driven.truth:
        assert len(driven.lines_of(truth["address"])) == truth["requests"], truth
    at_form = Counter(status for _, request, status, _ in driven.lines if request.startswith(f"POST {FORM} "))
    at_json = Counter(status for _, request, status, _ in driven.lines if request.startswith(f"POST {JSON} "))
    told = Counter[bool]()
    for login in driven.report["logins"]:
        told[login["passed"]] += login["tries"]
    assert told[True] == at_form["302"] + at_json["200"] > 0
    assert told[False] == at_form.total() - at_form["302"] + at_json["401"] > 20


@pytest.fixture(scope="module")
def at_nginx(drive: Drive) -> Driven:
    return drive("nginx", "--attacks", STYLES)


@needs_nginx
def test_nginx_logs_what_the_ground_truth_says(at_nginx: Driven) -> None:
    driven = at_nginx

    assert_truth_is_the_log(driven)
    assert all(truth["address"] not in {"127.0.0.1", ""} for truth in driven.truth)
    costly = [line for line in driven.lines if line[1].startswith("GET /search?q=")]
    assert len(costly) > 50


@needs_apache
def test_apache_logs_what_the_ground_truth_says(drive: Drive) -> None:
    assert_truth_is_the_log(drive("apache", "--attacks", STYLES))


@needs_nginx
def test_each_client_its_own_loopback_address(drive: Drive) -> None:
    """So even what never becomes a request has a client: connections that are kept open until the server has enough."""
    driven = drive("nginx", "--clients", "loopback", "--attacks", f"{STYLES},dos_slow_connections")

    assert_truth_is_the_log(driven)
    assert all(line[0].startswith("127.") for line in driven.lines)
    (slow,) = [truth for truth in driven.truth if truth["style"] == "dos_slow_connections"]
    assert 408 in {status for _, status in driven.lines_of(slow["address"])}


@needs_nginx
def test_the_same_seed_sends_the_same(at_nginx: Driven, drive: Drive) -> None:
    again = drive("nginx", "--attacks", STYLES)

    def sent(driven: Driven) -> Counter[tuple[str, str, str]]:
        return Counter((address, request, agent) for address, request, _, agent in driven.lines)

    assert sent(at_nginx) == sent(again)


@needs_nginx
def test_bounded_in_count(drive: Drive) -> None:
    assert drive("nginx", "--attacks", "none", "--limit", "40").report["requests"] == 40


@needs_nginx
def test_ground_truth_in_the_store(tmp_path: Path, run: Run, store: Store, namespace: str) -> None:
    labels = tmp_path / "labels.jsonl"
    folder = tmp_path / "server"
    folder.mkdir()
    with site_and_server(folder, "nginx") as port:
        done = run("simulate", "--target", f"http://127.0.0.1:{port}", *TRAFFIC, "--attacks", STYLES, "--limit", "300",
                   "--labels", labels, "--store-labels", "--namespace", namespace)  # fmt: skip
    assert done.returncode == 0, done.stderr
    store.refresh(names.labels(namespace))
    stored = [document for _, document in store.documents(names.labels(namespace))]
    beside = [json.loads(line) for line in labels.read_text().splitlines()]

    assert Counter((one["source"]["address"], one["wwwatch"]["requests"]) for one in stored) == Counter(
        (one["address"], one["requests"]) for one in beside
    )
    assert stored


@needs_nginx
def test_stopped_in_the_middle_the_ground_truth_is_whole(tmp_path: Path) -> None:
    folder, labels = tmp_path / "server", tmp_path / "labels.jsonl"
    folder.mkdir()
    log = folder / "logs" / "access.log"
    with site_and_server(folder, "nginx") as port:
        command = [
            *(sys.executable, "-m", "wwwatch.cli", "simulate", "--target", f"http://127.0.0.1:{port}", "--seed", SEED),
            *(
                "--attacks",
                "brute_force_fast",
                "--strength",
                "0.5",
                "--rounds",
                "4000",
                "--labels",
                str(labels),
                "--json",
            ),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while log.stat().st_size < 10_000:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    driven = Driven(json.loads(output), labels, log)
    assert driven.truth
    for truth in driven.truth:
        assert len(driven.lines_of(truth["address"])) == truth["requests"]
