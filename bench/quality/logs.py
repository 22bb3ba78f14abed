"""Real sites, each left out: judged by the built-in model, which has seen made-up sites only and no line of any log.

Labels are weak; see the manifest of the data. Clients that the log alone does not tell about count nowhere.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.quality import baselines
from bench.quality.named import MEDIUM, Document, as_told, classes_by_client, clients_of, false_incidents
from bench.quality.workplace import DATA, Workplace, command, found_in
from wwwatch.store import names

LOUD_REQUESTS = 20
# Class -> label words of the data it fits.
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
    """One client of a log. confident: the label is sure. loud: LOUD_REQUESTS hostile requests or more."""

    hostile: bool
    confident: bool
    loud: bool
    words: frozenset[str]


def site_of(log: Path) -> str:
    """`nspw_2018` of `nspw_2018_access.log.gz`."""
    return log.name.removesuffix(".log.gz").removesuffix("_access")


def labels(site: str, since: datetime) -> dict[str, Label]:
    """Clients that are labelled one way or the other and were active from `since` on."""
    path = DATA / "labels" / f"{site}.csv"
    found = {}
    with (path if path.is_file() else path.with_stem(f"{site}_access")).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["anomalous"] in {"0", "1"} and datetime.fromisoformat(row["last_seen"]) >= since:
                found[row["client_ip"]] = Label(
                    hostile=row["anomalous"] == "1",
                    confident=row["confidence"] == "high",
                    loud=int(row["evidence_requests"]) >= LOUD_REQUESTS,
                    words=frozenset(row["label"].split("|")),
                )
    return found


def left_out(place: Workplace, log: Path) -> Document:
    """The whole log, judged by a model without any of its lines."""
    site = site_of(log)
    with place.namespace(site) as namespace:
        command("ship", log, "--namespace", namespace)
        command("detect", "--namespace", namespace)
        span = place.store.time_span(names.access_index(namespace))
        days = (span[1] - span[0]).total_seconds() / 86400 if span else 0.0
        known = labels(site, datetime.min.replace(tzinfo=UTC))
        result = compare(known, *found_in(namespace)) | {"days": days, "model": "base"}
        hostile = {client: label.hostile for client, label in known.items()}
        return result | {"baselines": baselines.measure(place, namespace, hostile, _confident(known))}


def second_half(place: Workplace, log: Path) -> Document:
    """The second half of the log, judged by what was trained on the first; the base model where that is too little."""
    site = site_of(log)
    with place.namespace(f"{site}-half") as namespace:
        command("ship", log, "--namespace", namespace)
        span = place.store.time_span(names.access_index(namespace))
        if span is None:
            return {}
        middle = (span[0] + (span[1] - span[0]) / 2).replace(minute=0, second=0, microsecond=0)
        trained = command("train", "--until", middle.isoformat(), "--namespace", namespace, "--json")
        command("detect", "--since", middle.isoformat(), "--namespace", namespace)
        result = compare(labels(site, middle), *found_in(namespace))
        days = (span[1] - middle).total_seconds() / 86400
        return result | {"days": days, "model": "own" if '"trained":true' in trained else "base"}


def _confident(known: dict[str, Label]) -> set[str]:
    return {client for client, label in known.items() if label.hostile and label.confident}


def compare(known: dict[str, Label], anomalies: list[Document], incidents: list[Document]) -> Document:
    """What was raised against what is known. Pure."""
    classes = classes_by_client([*as_told(anomalies, incidents), *incidents])
    raised = classes_by_client(incidents, MEDIUM)
    hostile = {client: label for client, label in known.items() if label.hostile}
    harmless = known.keys() - hostile.keys()
    found = hostile.keys() & classes.keys()
    truth = {client: label.hostile for client, label in known.items()}
    grave = [incident for incident in incidents if incident["event"]["severity"] >= MEDIUM]
    return {
        "hostile": len(hostile),
        "found": len(found),
        "confident": sum(label.confident for label in hostile.values()),
        "confident_found": sum(hostile[client].confident for client in found),
        "loud": sum(label.loud for label in hostile.values()),
        "loud_raised": sum(label.loud and client in raised for client, label in hostile.items()),
        "fitting": sum(any(hostile[c].words & FITTING[name] for name in classes[c]) for c in found),
        "harmless": len(harmless),
        "harmless_named": len(harmless & classes.keys()),
        "raised": len(grave),
        "false_incidents": false_incidents(incidents, truth, others_harmless=False),
        "not_told": sum(not (clients_of(incident) & known.keys()) for incident in grave),
        "missed": sorted(c for c, label in hostile.items() if label.confident and c not in classes)[:20],
        "falsely_named": sorted(harmless & classes.keys())[:20],
    }
