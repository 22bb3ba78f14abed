"""The small logs of other projects' scenario tests: which client must be named, and in which none may be."""

import csv
from pathlib import Path

from bench.quality.named import Document, classes_by_client
from bench.quality.workplace import DATA, Workplace, command, found_in
from wwwatch.addresses import as_address
from wwwatch.store import names

CASES = DATA / "conformance" / "detect_cases.csv"
NOBODY = "(none)"


def expected() -> dict[str, tuple[Path, set[str], list[str]]]:
    """Case -> its log, the addresses that must be named, the scenarios of that project."""
    found: dict[str, tuple[Path, set[str], list[str]]] = {}
    with CASES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            _, clients, scenarios = found.setdefault(row["case"], (DATA / "conformance" / row["log_file"], set(), []))
            if NOBODY not in (row["scenario"], row["expected_source_ip"]):
                clients.add(row["expected_source_ip"])
                scenarios.append(row["scenario"])
    return found


def measure(place: Workplace) -> Document:
    """Every case: lines stored, clients expected, named and missed."""
    chosen = list(expected().items())
    return {name: _case(place, name, *case) for name, case in (chosen[::6] if place.quick else chosen)}


def _case(place: Workplace, name: str, log: Path, clients: set[str], scenarios: list[str]) -> Document:
    with place.namespace(f"case-{name}") as namespace:
        command("ship", log, "--namespace", namespace)
        command("detect", "--namespace", namespace)
        stored = place.store.count(names.access_index(namespace))
        classes = {_plain(client): found for client, found in classes_by_client(found_in(namespace)[0]).items()}
        wanted = {_plain(client) for client in clients}
        return {
            "stored": stored,
            "expected": len(wanted),
            "named": len(wanted & classes.keys()),
            "missed": sorted(wanted - classes.keys()),
            "others": sorted(classes.keys() - wanted),
            "classes": sorted(set().union(*classes.values())) if classes else [],
            "scenarios": sorted(set(scenarios)),
        }


def _plain(client: str) -> str:
    """An address in its shortest form, as it is stored."""
    return as_address(client) or client
