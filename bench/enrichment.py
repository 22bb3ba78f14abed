"""What each step of enrichment costs: CPU seconds per million lines, more than the same lines without it.

`python -m bench.enrichment [--lines N] [--log FILE] [--repeat N]`. Lines to bulk-ready bytes, on one core; the best of
some turns. The log is the sample log, with its clients behind one proxy; without it, lines are made up.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as the command sets it

import argparse
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from bench.ship.logs import sample, write_log
from ingest.convert import Converter
from ingest.enrichment import Enrichment, of_settings
from ingest.reader import STDIN, chunks, opened
from wwwatch.ingest_settings import IngestSettings

INGESTED = "2026-01-01T00:00:00.000Z"
PROXY = "10.0.0.1"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CLIENT = re.compile(rb"^(\S+) (.*)$", re.MULTILINE)
NOTHING = "nothing"


def wishes(database: Path) -> dict[str, dict[str, Any]]:
    """The settings of `[ingest]` to compare, by name."""
    proxies = {"real_client": {"trusted_proxies": [PROXY]}}
    return {
        NOTHING: {},
        "real client": proxies,
        "user agent: name, system, device": {"user_agent": ["name", "os.name", "device.name"]},
        "country and network, two databases": {"geo": {"databases": [database, database]}},
        "country by the registries": {"geo": {"registry": True}},
        "own labels and tags": {"fields": {"labels": {"team": "shop"}, "tags": ["prod"]}},
        "two filters that fit nothing": {
            "drop": [{"url.path": "/healthz"}, {"source.ip": {"cidr": "192.0.2.0/24"}, "url.path": {"glob": "/x*"}}]
        },
        "pseudonyms of addresses": {"pseudonyms": {"addresses": True, "key": KEY}},
        "pseudonyms of addresses, behind a proxy": {**proxies, "pseudonyms": {"addresses": True, "key": KEY}},
    }


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.enrichment", description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000, help="how many lines (default: 300,000)")
    parser.add_argument("--log", type=Path, default=sample(), help="a log to take them from (default: the sample log)")
    parser.add_argument("--repeat", type=int, default=3, help="turns (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain, behind = Path(folder) / "access.log", Path(folder) / "behind.log"
        write_log(plain, arguments.log, arguments.lines)
        behind.write_bytes(CLIENT.sub(rf'{PROXY} \2 "\1"'.encode(), plain.read_bytes()))
        compared = wishes(_database(Path(folder) / "places.mmdb", plain))
        best: dict[tuple[str, Path], float] = {}
        for _ in range(arguments.repeat):
            for name, wish in compared.items():
                for log in (plain, behind) if name == NOTHING else [behind if "real_client" in wish else plain]:
                    seconds = cpu_seconds(log, wish) / arguments.lines * 1e6
                    best[name, log] = min(seconds, best.get((name, log), seconds))
    for (name, log), seconds in best.items():
        more = seconds - best[NOTHING, log]
        print(f"{name:45}{'behind a proxy' if log == behind else '':16}{seconds:8.2f} s/M lines{more:+8.2f}")


def cpu_seconds(log: Path, wish: Mapping[str, Any]) -> float:
    """CPU seconds of this process, from lines to bulk-ready bytes; making ready left out."""
    enrichment: Enrichment = of_settings(IngestSettings.model_validate(wish))
    converter = Converter("identity", str(log), "bench", "bench", "nginx", None, only=False, enrichment=enrichment)
    start = time.process_time()
    with opened(str(log)) as stream:
        for chunk in chunks(stream, STDIN):
            converter.convert(chunk, INGESTED)
    return time.process_time() - start


def _database(path: Path, log: Path) -> Path:
    """A database that knows the network of every client."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    clients = {match[1].decode() for match in CLIENT.finditer(log.read_bytes())}
    nets = {f"{client.rpartition('.')[0]}.0/24" for client in clients if client.count(".") == 3}
    for number, net in enumerate(sorted(nets)):
        record = {
            "country": {"iso_code": "DE"},
            "autonomous_system_number": number,
            "autonomous_system_organization": "x",
        }
        writer.insert_network(IPSet([net]), record)
    writer.to_db_file(str(path))
    return path


if __name__ == "__main__":
    main()
