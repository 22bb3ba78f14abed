"""Several nodes of the embedded engine as one cluster on this machine. For benches and tests: all share its cores."""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wwwatch import settings as wwwatch_settings
from wwwatch.engine import lifecycle
from wwwatch.engine.distribution import DISTRIBUTIONS
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import find_java
from wwwatch.engine.launch import LOOPBACK, Launch, engine_settings, plan_launch, yaml_lines
from wwwatch.engine.process import Child, spawn

READY_SECONDS = 240.0
TICK_SECONDS = 0.2


@dataclass
class Node:
    """One process of the cluster."""

    name: str
    port: int
    folders: Folders
    launch: Launch
    child: Child

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def kill(self) -> None:
        """As a power cut would."""
        self.child.kill()

    def start_again(self) -> None:
        """With the data it had."""
        self.child = _spawn(self.launch, self.folders)


@dataclass
class Cluster:
    """A running cluster. Nodes that were killed stay in the list."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        """All nodes, as the setting `url` takes them."""
        return ",".join(node.url for node in self.nodes)

    def health(self, asked: Node) -> Mapping[str, object]:
        """What a node says of the cluster; {} while it does not answer."""
        try:
            with urllib.request.urlopen(f"{asked.url}/_cluster/health", timeout=10) as answer:
                return dict(json.load(answer))
        except (OSError, urllib.error.URLError, ValueError):
            return {}

    def await_nodes(self, count: int, status: tuple[str, ...] = ("green",)) -> None:
        """Wait until so many nodes are one cluster and its shards are where they belong."""
        deadline = time.monotonic() + READY_SECONDS
        living = [node for node in self.nodes if node.child.exit_code() is None]
        while True:
            health = self.health(living[0])
            if health.get("number_of_nodes") == count and health.get("status") in status:
                return
            assert time.monotonic() < deadline, f"{health}; log: {living[0].folders.log}"
            time.sleep(TICK_SECONDS)


@contextmanager
def running_cluster(folder: Path, count: int, heap_mb: int = 512) -> Iterator[Cluster]:
    """Start so many nodes below a folder, give them as one cluster, end them and delete what they held."""
    ports = free_ports(2 * count)
    cluster = Cluster()
    try:
        for number in range(count):
            cluster.nodes.append(_start(folder, number, ports[:count], ports[count:], heap_mb))
        cluster.await_nodes(count, ("green", "yellow"))
        yield cluster
    finally:
        for node in cluster.nodes:
            node.kill()
        for node in cluster.nodes:
            node.folders.remove()


def _start(folder: Path, number: int, ports: list[int], transports: list[int], heap_mb: int) -> Node:
    kept = {name: os.environ[name] for name in ("WWWATCH_CACHE",) if name in os.environ}
    home = {"WWWATCH_HOME": str(folder / f"node{number}"), "WWWATCH_ENGINE__HEAP_MB": str(heap_mb)}
    settings = wwwatch_settings.load(environ=kept | home)
    distribution, folders = DISTRIBUTIONS["opensearch"], Folders.of(settings)
    folders.make(folders.engines)
    java = find_java(distribution, folders.account, folders.engines, os.environ)
    program = lifecycle._program(distribution, folders)
    path = os.environ.get("PATH", os.defpath)
    launch = plan_launch(distribution, program, folders, java, engine=settings.engine, path=path)
    values = engine_settings(distribution, folders, ports[number]) | {
        "cluster.name": "wwwatch-cluster",
        "node.name": f"node{number}",
        "transport.port": str(transports[number]),
        "discovery.seed_hosts": [f"{LOOPBACK}:{port}" for port in transports],
        # A killed node is noticed within seconds, not after the half minute that suits a network.
        "cluster.fault_detection.follower_check.interval": "500ms",
        "cluster.fault_detection.leader_check.interval": "500ms",
    }
    del values["discovery.type"]
    values["cluster.initial_cluster_manager_nodes"] = [f"node{each}" for each in range(len(ports))]
    folders.prepare({**launch.files, "opensearch.yml": yaml_lines(values)})
    return Node(f"node{number}", ports[number], folders, launch, _spawn(launch, folders))


def _spawn(launch: Launch, folders: Folders) -> Child:
    return spawn(launch.command, dict(launch.environment), folders.base, folders.start_log, folders.account)


def free_ports(count: int) -> list[int]:
    """So many ports nobody has now."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
