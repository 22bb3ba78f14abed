"""How each engine is started: its configuration files, command line and environment. Pure: nothing is touched here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wwwatch.engine.distribution import Distribution
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import Java
from wwwatch.settings import EngineSettings

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 9273, 9373
TRANSPORT_PORTS = "9374-9474"
SMALLEST_HEAP_MB = 256

# Console: errors only, because nobody rotates that file. All the rest to a file that is rotated, 30 MB at most.
LOG4J = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{{ISO8601}}][%-5p][%c{{1.}}] %m%n
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d{{ISO8601}}][%-5p][%c{{1.}}] %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
rootLogger.appenderRef.console.filter.threshold.type = ThresholdFilter
rootLogger.appenderRef.console.filter.threshold.level = error
rootLogger.appenderRef.file.ref = file
logger.deprecation.name = {deprecation}
logger.deprecation.level = error
"""

# What the engine's own start script adds to Java's options; we start Java ourselves, which saves five short-lived
# Javas (3 to 4 s of 14) and needs no bash.
OPENSEARCH_OPTIONS = (
    "-Xshare:auto",
    "-Dopensearch.networkaddress.cache.ttl=60",
    "-Dopensearch.networkaddress.cache.negative.ttl=10",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-Djava.locale.providers=SPI,CLDR",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:G1ReservePercent=25",
    "-XX:InitiatingHeapOccupancyPercent=30",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
)


@dataclass(frozen=True)
class Launch:
    """What to run. files: name in the configuration folder -> content."""

    files: Mapping[str, str]
    command: tuple[str, ...]
    environment: Mapping[str, str]


def plan_launch(
    distribution: Distribution, program: Path, folders: Folders, java: Java, *, engine: EngineSettings, path: str
) -> Launch:
    """Plan the start of the unpacked engine in `program`. path: the PATH of the caller."""
    options = java_options(folders, java, engine.heap_mb)
    files = {
        f"{distribution.name}.yml": yaml_lines(engine_settings(distribution, folders, engine.port)),
        "log4j2.properties": LOG4J.format(log=folders.log, deprecation=_deprecation_logger(distribution)),
    }
    environment = {"PATH": path, "LANG": "C.UTF-8", "TMPDIR": str(folders.tmp), "HOME": str(folders.base)}
    if distribution.name == "opensearch":
        return Launch(
            files, (str(java.executable), *_opensearch_arguments(program, folders, options, engine)), environment
        )
    # Elasticsearch's server reads its arguments in a binary form of its own, so its own script starts it.
    files["jvm.options"] = "\n".join(options) + "\n"
    environment |= {"ES_JAVA_HOME": str(java.home), "ES_PATH_CONF": str(folders.config), "ES_TMPDIR": str(folders.tmp)}
    return Launch(files, ("bash", str(program / "bin" / "elasticsearch")), environment)


def engine_settings(distribution: Distribution, folders: Folders, port: int) -> dict[str, object]:
    """The engine's settings file. port: 0 lets the engine take the first free one of our range."""
    values: dict[str, object] = {
        "cluster.name": folders.cluster_name,
        "node.name": "wwwatch",
        "path.data": str(folders.data),
        "path.logs": str(folders.logs),
        # This machine only: there is no password.
        "network.host": LOOPBACK,
        "http.host": LOOPBACK,
        "transport.host": LOOPBACK,
        "http.port": str(port or f"{FIRST_PORT}-{LAST_PORT}"),
        "transport.port": TRANSPORT_PORTS,
        "discovery.type": "single-node",
        "node.portsfile": True,
        "cluster.max_shards_per_node": 20_000,
        # On a disk that is 90 % full the engine would make indices read-only; we check for free bytes at the start.
        "cluster.routing.allocation.disk.threshold_enabled": False,
        # A typing error in a wildcard must not delete everything. Elasticsearch's default, for both.
        "action.destructive_requires_name": True,
    }
    if distribution.name == "elasticsearch":
        values["xpack.security.enabled"] = False
    return values


def yaml_lines(values: Mapping[str, object]) -> str:
    """Write flat settings as YAML. JSON strings are YAML strings, whatever a path holds."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())


def java_options(folders: Folders, java: Java, heap_mb: int) -> tuple[str, ...]:
    """Java's options, for both engines. The heap begins small and grows: an idle engine takes 0.5 GB, not 1.3."""
    return (
        f"-Xms{min(heap_mb, SMALLEST_HEAP_MB)}m",
        f"-Xmx{heap_mb}m",
        "-XX:-AlwaysPreTouch",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={folders.logs}/java-error-%p.log",
        f"-Djava.io.tmpdir={folders.tmp}",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-Djna.nosys=true",
        "-Xss1m",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
        # Object headers of half the size, a product option from Java 25 on.
        *(["-XX:+UseCompactObjectHeaders"] if java.version >= 25 else []),
        *(["--add-modules=jdk.incubator.vector"] if "jdk.incubator.vector" in java.modules else []),
    )


def _opensearch_arguments(
    program: Path, folders: Folders, options: tuple[str, ...], engine: EngineSettings
) -> tuple[str, ...]:
    return (
        *OPENSEARCH_OPTIONS,
        *options,
        f"-XX:MaxDirectMemorySize={engine.heap_mb // 2}m",
        f"-javaagent:{program}/agent/opensearch-agent.jar",
        f"-Dopensearch.path.home={program}",
        f"-Dopensearch.path.conf={folders.config}",
        "-Dopensearch.distribution.type=zip",
        "-Dopensearch.bundled_jdk=false",
        "-cp",
        f"{program}/lib/*",
        "org.opensearch.bootstrap.OpenSearch",
    )


def _deprecation_logger(distribution: Distribution) -> str:
    return f"org.{distribution.name}.deprecation"
