"""Detection quality on real logs: trained on the first half of each site's log, run on the rest, held against labels.

`python -m bench.quality [LOG ...]` prints the table of docs/quality.md. Everything goes through the command, as a
user would, into namespaces of its own. The labels are weak; see the manifest of the data. Clients the log alone does
not tell about are left out. Nothing in the product was fitted to these logs: the base model's rows are simulated.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wwwatch.console import print_table, say
from wwwatch.settings import load
from wwwatch.store import Store, connect, names

DATA = Path(__file__).parents[2] / "shared" / "data"
LOUD_REQUESTS = 20
MEDIUM = 47
# Class -> labels of the data it fits.
FITTING = {
    "scan": {"scanner", "research_scan", "protocol_garbage", "proxy_abuse", "injection"},
    "injection": {"injection", "scanner"},
    "brute_force": {"brute_force"},
    "credential_stuffing": {"brute_force"},
    "dos": {"flood"},
    "scraping": {"scraping"},
    "unusual": {"scraping", "proxy_abuse", "flood"},
}


@dataclass(frozen=True)
class Label:
    """One client of a log: hostile or harmless, how loudly, and as what."""

    hostile: bool
    confident: bool
    loud: bool
    words: frozenset[str]


@dataclass(frozen=True)
class Result:
    """One site: labelled clients of the second half, and what was said of them."""

    site: str
    days: float
    model: str
    hostile: int
    found: int
    confident: int
    confident_found: int
    loud: int
    loud_raised: int
    fitting: int
    harmless: int
    false_clients: int
    false_incidents: int
    unlabelled_incidents: int


def command(*arguments: str) -> str:
    """Run `wwwatch` and return what it prints on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "wwwatch.cli", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"wwwatch {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def records(text: str) -> list[dict[str, Any]]:
    """The JSON objects of lines."""
    return [json.loads(line) for line in text.splitlines()]


def labels(site: str, since: datetime) -> dict[str, Label]:
    """Clients that are labelled one way or the other and were active from `since` on."""
    found = {}
    with (DATA / "labels" / f"{site}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["anomalous"] in {"0", "1"} and datetime.fromisoformat(row["last_seen"]) >= since:
                found[row["client_ip"]] = Label(
                    hostile=row["anomalous"] == "1",
                    confident=row["confidence"] == "high",
                    loud=int(row["evidence_requests"]) >= LOUD_REQUESTS,
                    words=frozenset(row["label"].split("|")),
                )
    return found


def measure(store: Store, log: Path, run_id: str) -> Result:
    """Ship a log, train on its first half, detect on the rest, compare."""
    site = log.name.removesuffix("_access.log.gz").removesuffix(".log.gz")
    label_file = site if (DATA / "labels" / f"{site}.csv").is_file() else f"{site}_access"
    namespace = f"quality-{site.replace('_', '-')}-{run_id}"
    command("ship", str(log), "--namespace", namespace)
    times = store.time_span(names.access_index(namespace))
    if times is None:
        sys.exit(f"{log} left nothing in the store")
    middle = times[0] + (times[1] - times[0]) / 2
    middle = middle.replace(minute=0, second=0, microsecond=0) if times[1] - times[0] > timedelta(days=1) else middle
    trained = json.loads(command("train", "--until", middle.isoformat(), "--namespace", namespace, "--json"))
    command("detect", "--since", middle.isoformat(), "--namespace", namespace)
    anomalies = records(command("anomalies", "--namespace", namespace, "--json"))
    incidents = records(command("incidents", "--namespace", namespace, "--json"))
    known = labels(label_file, middle)
    return compare(site, (times[1] - middle).total_seconds() / 86400, trained, known, anomalies, incidents)


def compare(
    site: str,
    days: float,
    trained: dict[str, Any],
    known: dict[str, Label],
    anomalies: list[dict[str, Any]],
    incidents: list[dict[str, Any]],
) -> Result:
    """Pure: what was raised against what is known."""
    classes: dict[str, set[str]] = {}
    for anomaly in anomalies:
        classes.setdefault(anomaly["wwwatch"]["entity"]["id"], set()).add(anomaly["wwwatch"]["class"])
    raised = [i for i in incidents if i["event"]["severity"] >= MEDIUM and i["wwwatch"]["entity"]["type"] == "ip"]
    raised_clients = {incident["wwwatch"]["entity"]["id"] for incident in raised}
    hostile = {client: label for client, label in known.items() if label.hostile}
    harmless = {client for client, label in known.items() if not label.hostile}
    found = {client for client in hostile if client in classes}
    return Result(
        site=site,
        days=days,
        model="own" if trained["trained"] else "base",
        hostile=len(hostile),
        found=len(found),
        confident=sum(label.confident for label in hostile.values()),
        confident_found=sum(hostile[client].confident for client in found),
        loud=sum(label.loud for label in hostile.values()),
        loud_raised=sum(label.loud and client in raised_clients for client, label in hostile.items()),
        fitting=sum(any(hostile[c].words & FITTING[name] for name in classes[c]) for c in found),
        harmless=len(harmless),
        false_clients=len(harmless & classes.keys()),
        false_incidents=sum(incident["wwwatch"]["entity"]["id"] in harmless for incident in raised),
        unlabelled_incidents=sum(incident["wwwatch"]["entity"]["id"] not in known for incident in raised),
    )


COLUMNS = (
    "site", "days", "model", "hostile found", "of high confidence", "loud, raised", "fitting class",
    "harmless, any anomaly", "false incidents", "a site-day", "not told, raised",
)  # fmt: skip


def row(result: Result) -> tuple[str, ...]:
    """A row of the table."""
    return (
        result.site,
        f"{result.days:.2f}",
        result.model,
        f"{result.found}/{result.hostile}",
        f"{result.confident_found}/{result.confident}",
        f"{result.loud_raised}/{result.loud}",
        f"{result.fitting}/{result.found}",
        f"{result.false_clients}/{result.harmless}",
        str(result.false_incidents),
        f"{result.false_incidents / result.days:.2f}" if result.days >= 0.5 else "-",
        str(result.unlabelled_incidents),
    )


def main(arguments: list[str]) -> None:
    """Measure all logs, or those whose names hold one of the arguments."""
    if not DATA.is_dir():
        say(f"Nothing is measured: the sample logs are not there ({DATA}).")
        return
    logs = sorted((DATA / "logs").glob("*.gz"))
    chosen = [log for log in logs if not arguments or any(part in log.name for part in arguments)]
    run_id = uuid.uuid4().hex[:6]
    store = connect(load())
    results = []
    for log in chosen:
        with gzip.open(log, "rb") as file:
            say(f"{log.name}: {sum(1 for _ in file):,} lines")
        results.append(measure(store, log, run_id))
        say("  " + "  ".join(row(results[-1])))
    if os.environ.get("FORMAT") == "markdown":
        print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
        for result in results:
            print("| " + " | ".join(row(result)) + " |")
    else:
        print_table("Quality on the second half of each log", COLUMNS, [row(result) for result in results])


if __name__ == "__main__":
    main(sys.argv[1:])
