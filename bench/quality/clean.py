"""Weeks without any attack, full of what looks like one: an office behind one address, a crowd from a link, sync
clients, a photo gallery, monitors, a crawler's burst, an app with an old password."""

import tempfile
from pathlib import Path

from bench.quality import baselines
from bench.quality.named import MEDIUM, Document, classes_by_client
from bench.quality.workplace import Workplace, command, found_in
from simulator.lines import combined
from simulator.machines import MACHINES
from simulator.site import Site
from simulator.traffic import generate

START = 1_780_272_000.0  # Monday, 2026-06-01
WEEK_SECONDS = 7 * 86400
HISTORY = "2026-06-04T00:00:00.000Z"
VISITORS_PER_DAY = 250.0


def week(place: Workplace, name: str, site: Site, seed: int) -> Document:
    """A clean week judged by the base model, then its last four days by a model trained on the first three."""
    seconds = 86400 if place.quick else WEEK_SECONDS
    requests = generate(site, START, START + seconds, seed, VISITORS_PER_DAY, harmless=tuple(MACHINES))
    styles = {request.address: request.style for request in requests}
    with place.namespace(f"clean-{name}") as namespace, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_text("".join(combined(request) + "\n" for request in requests), encoding="ascii")
        command("ship", path, "--namespace", namespace)
        command("detect", "--namespace", namespace)
        result = {"lines": len(requests), "weeks": seconds / WEEK_SECONDS, "base": _told(namespace, styles)}
        result["baselines"] = baselines.measure(place, namespace, dict.fromkeys(styles, False), set())
        if not place.quick:
            command("train", "--until", HISTORY, "--namespace", namespace)
            command("detect", "--since", HISTORY, "--namespace", namespace)
            result["own"] = _told(namespace, styles, HISTORY)
            result["own_weeks"] = 4 / 7
    return result


def _told(namespace: str, styles: dict[str, str], since: str = "") -> Document:
    """Everything raised here is false."""
    anomalies, incidents = found_in(namespace)
    recent = [incident for incident in incidents if incident["event"]["start"] >= since]
    grave = [incident for incident in recent if incident["event"]["severity"] >= MEDIUM]
    clients = classes_by_client(anomaly for anomaly in anomalies if anomaly["event"]["start"] >= since)
    kinds: dict[str, int] = {}
    for client in clients:
        kind = styles.get(client, "?")
        kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "false_incidents": len(grave),
        "about": [f"{i['wwwatch']['class']} {i['event']['severity']}: {i['event']['reason'][:150]}" for i in grave],
        "clients_named": len(clients),
        "kinds": kinds,
    }
