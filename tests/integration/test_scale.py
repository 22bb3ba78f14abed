"""A store of three nodes, one of which is killed: two shippers and two detectors lose nothing and do not stop.

Three engines take more memory and time than a usual test run should: `make test-scale`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.scale.cluster import Cluster, Node, running_cluster
from wwwatch import settings as wwwatch_settings
from wwwatch.store import Store, names

pytestmark = pytest.mark.skipif(
    os.environ.get("WWWATCH_TEST_SCALE") != "1", reason="starts three engines: make test-scale"
)
LINES = 40_000
Command = Callable[..., subprocess.Popen[str]]
LINE = '203.0.113.{} - - [{}] "GET /page/{} HTTP/1.1" {} 9 "-" "{}"\n'
DEADLINE_SECONDS = 600


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), 3) as running:
        yield running


def write_log(path: Path, lines: int, scanner: int) -> None:
    """An hour of requests, spread evenly; one client scans."""
    start = datetime.now(UTC) - timedelta(hours=3)
    with path.open("w") as file:
        for number in range(lines):
            at = (start + timedelta(seconds=3600 * number / lines)).strftime("%d/%b/%Y:%H:%M:%S +0000")
            scans = number % 10 == 0
            client = scanner if scans else number % 100
            file.write(LINE.format(client, at, number, 404 if scans else 200, "Nikto/2.5" if scans else "Mozilla/5.0"))


@pytest.fixture
def command(cluster: Cluster, tmp_path: Path) -> Iterator[Command]:
    """Start the command as another machine would run it, with a home of that name; it knows all three nodes."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
    started: list[subprocess.Popen[str]] = []

    def start(machine: str, *arguments: str | Path) -> subprocess.Popen[str]:
        own = {"WWWATCH_URL": cluster.url, "WWWATCH_HOME": str(tmp_path / machine), "WWWATCH_HOST__NAME": machine}
        words = [sys.executable, "-m", "wwwatch.cli", *map(str, arguments)]
        started.append(
            subprocess.Popen(words, env=clean | own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    return out


def await_count(store: Store, namespace: str, least: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while store.count(names.access_index(namespace)) < least:
        assert time.monotonic() < deadline
        store.refresh(names.access_index(namespace))
        time.sleep(0.2)


def test_a_killed_node_loses_nothing_and_stops_nothing(cluster: Cluster, command: Command, tmp_path: Path) -> None:
    settings = wwwatch_settings.load(environ={"WWWATCH_URL": cluster.url, "WWWATCH_HOME": str(tmp_path)})
    store = Store.from_settings(settings, settings.url)
    store.ensure_setup()
    for number in (1, 2):
        write_log(tmp_path / f"web{number}.log", LINES, 200 + number)
    shippers = [command(f"web{n}", "ship", tmp_path / f"web{n}.log", "--namespace", "shop", "--json") for n in (1, 2)]
    await_count(store, "shop", LINES // 10)
    cluster.await_nodes(3)  # every shard has its copy: without one, its loss would be one
    assert any(shipper.poll() is None for shipper in shippers), "too fast: nothing was under way when the node died"
    victim = _holder_of_primary(store, "shop", cluster)
    victim.kill()
    for shipper in shippers:
        assert json.loads(finished(shipper))["read"] == LINES
    cluster.await_nodes(2, ("green", "yellow"))
    store.refresh(names.access_index("shop"))
    assert store.count(names.access_index("shop")) == 2 * LINES, "lost or doubled"
    for number in (1, 2):
        finished(command(f"web{number}", "check", tmp_path / f"web{number}.log", "--namespace", "shop"))

    victim.start_again()
    finished(command("web3", "ship", tmp_path / "web1.log", "--namespace", "blog"))
    cluster.await_nodes(3)
    detectors = {
        (site, number): command(f"{site}{number}", "detect", "--namespace", site, "--json")
        for site in ("shop", "blog")
        for number in (1, 2)
    }
    _await_lease(store, ("shop", "blog"))
    _holder_of_primary(store, "shop", cluster).kill()
    outcomes = {key: json.loads(finished(process)) for key, process in detectors.items()}
    for site, events in (("shop", 2 * LINES), ("blog", LINES)):
        # Whoever came second found the lease taken, or nothing left to do: each event was judged, and once.
        assert sum(outcomes[site, number]["events"] for number in (1, 2)) == events
        again = json.loads(finished(command("again", "detect", "--namespace", site, "--json")))
        assert again["minutes"] == 0
        assert "scan" in {document["wwwatch"]["class"] for _, document in store.documents(names.incidents(site))}
    store.close()


def _await_lease(store: Store, sites: tuple[str, ...]) -> None:
    """Until a detector holds a site's lease: it is at work."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not any(store.get_document(names.CONTROL, f"lease:{site}") for site in sites):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _holder_of_primary(store: Store, site: str, cluster: Cluster) -> Node:
    """The node that holds the primary shard that is written to."""
    shards: Any = store.admin("GET", f"/_cat/shards/{names.access_index(site)}?format=json&h=prirep,node")
    name = next(shard["node"] for shard in shards if shard["prirep"] == "p")
    return next(node for node in cluster.nodes if node.name == name)
