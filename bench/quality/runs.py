"""Attack runs laid out on a site's time line, and fed to the detector as if it looked again and again.

Each run has a stretch of time of its own, so that what is found there is about it; what lasts for hours runs beside
the others. The lines of all runs are shipped in steps: first what came in the 15 s after a run's first line, then in
the first minute, and so on, each step followed by a pass. So it is seen how soon each run is named.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.quality.named import FITS, MEDIUM, Document, as_told, classes_by_client, clients_of, false_incidents
from bench.quality.workplace import Workplace, command, found_in
from simulator.attacks import AttackStyle
from simulator.lines import combined
from simulator.load import strained
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import generate

STEPS_SECONDS = (15, 60, 120, 600, 3600, 7200, 86400, 10**9)
START = 1_780_272_000.0  # Monday, 2026-06-01
# What is usual is learned from the hours before: on a site that is attacked all the time, attacks are usual.
QUIET_SECONDS = 2 * 3600
LONG_SECONDS = 3 * 3600
LONGEST_RUN_REQUESTS = 6000
VISITORS_PER_DAY = 300.0


@dataclass(frozen=True)
class Planned:
    """A run to come. name: of the style or scenario. strength: 0..1."""

    name: str
    style: AttackStyle
    strength: float


@dataclass(frozen=True)
class Laid:
    """A run on the time line: its requests in order of time."""

    planned: Planned
    requests: Sequence[Request]

    @property
    def clients(self) -> set[str]:
        """The addresses it came from."""
        return {request.address for request in self.requests}


def lay(site: Site, planned: Iterable[Planned], seed: int) -> list[Laid]:
    """Short runs one after the other with a pause between, long ones beside them from the start on."""
    found = []
    time = START + 3600.0
    for plan in planned:
        rng = Random(f"{seed}:{plan.name}:{plan.strength}")
        run_id = f"{plan.name}-{plan.strength}"
        requests = sorted(plan.style.requests(rng, site, time, plan.strength, run_id), key=lambda r: r.time)
        requests = list(strained(requests[:LONGEST_RUN_REQUESTS], site, seed))
        if requests[-1].time - requests[0].time < LONG_SECONDS:
            time = requests[-1].time + QUIET_SECONDS
        found.append(Laid(plan, requests))
    return found


def judge(place: Workplace, name: str, site: Site, planned: Sequence[Planned], seed: int) -> Document:
    """One site with its ordinary traffic and these runs. What was found of each run, how soon, and what was false."""
    laid = lay(site, planned, seed)
    end = max(run.requests[-1].time for run in laid) + 3600
    usual = generate(site, START, end, seed, VISITORS_PER_DAY)
    soonest: dict[str, float] = {}
    soonest_raised: dict[str, float] = {}
    anomalies: list[Document] = []
    incidents: list[Document] = []
    with place.namespace(name) as namespace, tempfile.TemporaryDirectory() as folder:
        _ship(Path(folder) / "usual.log", usual, namespace)
        for before, step in zip((-1, *STEPS_SECONDS), STEPS_SECONDS, strict=False):
            fresh = [r for run in laid for r in run.requests if before < r.time - run.requests[0].time <= step]
            if not fresh:
                continue
            _ship(Path(folder) / f"until-{step}.log", sorted(fresh, key=lambda r: r.time), namespace)
            anomalies, incidents = found_in(namespace)
            named = classes_by_client([*as_told(anomalies, incidents), *incidents])
            raised = classes_by_client(incidents, MEDIUM)
            for run in laid:
                if run.clients & named.keys():
                    soonest.setdefault(run.planned.name + str(run.planned.strength), step)
                if run.clients & raised.keys():
                    soonest_raised.setdefault(run.planned.name + str(run.planned.strength), step)
    hostile = {client: True for run in laid for client in run.clients}
    return {
        "runs": [_told(run, anomalies, incidents, soonest, soonest_raised) for run in laid],
        "false_incidents": false_incidents(incidents, hostile, others_harmless=True),
        "false_clients": _false_clients(as_told(anomalies, incidents), hostile),
        "days": (end - START) / 86400,
    }


def _ship(path: Path, requests: Sequence[Request], namespace: str) -> None:
    path.write_text("".join(combined(request) + "\n" for request in requests), encoding="ascii")
    command("ship", path, "--namespace", namespace)
    command("detect", "--namespace", namespace)


def _told(
    run: Laid,
    anomalies: list[Document],
    incidents: list[Document],
    soonest: dict[str, float],
    soonest_raised: dict[str, float],
) -> Document:
    truth = run.planned.style.attack_class
    classes = classes_by_client([*as_told(anomalies, incidents), *incidents])
    clients = run.clients
    named = clients & classes.keys()
    right = {c for c in named if any(truth in FITS.get(name, set()) for name in classes[c])}
    raised = [i for i in incidents if i["event"]["severity"] >= MEDIUM and clients & clients_of(i)]
    wrong = {
        name: len({c for c in named if name in classes[c]}) / len(clients)
        for name in set().union(*(classes[c] for c in named))
    }
    key = run.planned.name + str(run.planned.strength)
    return {
        "name": run.planned.name,
        "class": truth,
        "strength": run.planned.strength,
        "requests": len(run.requests),
        "clients": len(clients),
        "found": len(named) / len(clients),
        "right": len(right) / len(clients),
        "named": wrong,
        "incidents": len(raised),
        "severity": max((i["event"]["severity"] for i in raised), default=0),
        "within_seconds": soonest.get(key),
        "raised_within_seconds": soonest_raised.get(key),
    }


def _false_clients(anomalies: Iterable[Document], hostile: dict[str, bool]) -> dict[str, int]:
    """Class -> harmless clients named with it."""
    counts: dict[str, int] = {}
    for client, names in classes_by_client(anomalies).items():
        if client not in hostile:
            for name in names:
                counts[name] = counts.get(name, 0) + 1
    return counts


def sites(quick: bool) -> Iterator[tuple[str, Site, int]]:
    """(name, site, seed) of sites that training has not seen."""
    yield "shop", Site.shop(101), 101
    if not quick:
        yield "wordpress", Site.wordpress(102), 102
        yield "static", Site.static(103), 103
