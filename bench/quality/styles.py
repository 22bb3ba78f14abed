"""Attack styles that training never saw, on sites it never saw; and the situations the product promises to see."""

from collections.abc import Mapping
from dataclasses import replace

from bench.quality import runs
from bench.quality.named import Document
from bench.quality.runs import Planned
from bench.quality.workplace import Workplace
from simulator.attacks import ATTACKS, HELD_OUT, training_styles
from simulator.site import Site

STRENGTHS = (0.3, 0.8)


def held_out(place: Workplace, name: str, site: Site, seed: int) -> Document:
    """Every held-out style at several strengths."""
    strengths = STRENGTHS[:1] if place.quick else STRENGTHS
    planned = [Planned(style, ATTACKS[style], strength) for style in sorted(HELD_OUT) for strength in strengths]
    return runs.judge(place, f"unseen-{name}", site, planned, seed)


def seen(place: Workplace, name: str, site: Site, seed: int) -> Document:
    """The styles of training, with other seeds and on another site: how much of a miss is the style being new."""
    chosen = sorted(training_styles())[:: 12 if place.quick else 1]
    return runs.judge(place, f"seen-{name}", site, [Planned(style, ATTACKS[style], 0.55) for style in chosen], seed)


# Scenario -> style and the figures that make it.
SCENARIOS: Mapping[str, tuple[str, dict[str, float]]] = {
    "flood from 5,000 addresses, four requests each": (
        "dos_distributed_quiet", {"addresses": 5000, "requests_per_address": 4, "seconds": 180},
    ),
    "stuffing from 500 addresses, two tries each": (
        "stuffing_network", {"addresses": 500, "tries_per_address": 2, "seconds": 1800},
    ),
    "stuffing from 500 scattered addresses, two tries each": (
        "stuffing_distributed", {"addresses": 500, "tries_per_address": 2, "seconds": 1800},
    ),
    "scan of one probe an hour": ("scan_slow", {"probes": 24, "seconds": 86_400}),
    "brute force, a try every two minutes": ("brute_force_slow", {"tries_per_minute": 0.5, "seconds": 14_400}),
    "background: 200 clients with one to three probes": ("scan_background", {"clients": 200, "seconds": 86_400}),
    "flood from one address": ("dos_single_source", {"requests_per_second": 50, "seconds": 120}),
    "brute force, a try a second": ("brute_force_fast", {"tries_per_minute": 60, "seconds": 300}),
    "dictionary scan": ("scan_dictionary", {"paths": 1000, "requests_per_second": 5}),
}  # fmt: skip


def scenarios(place: Workplace) -> Document:
    """What the product promises by name, on a shop of its own."""
    planned = [
        Planned(name, replace(ATTACKS[style], scales={key: (value, value) for key, value in figures.items()}), 0.5)
        for name, (style, figures) in SCENARIOS.items()
    ]
    return runs.judge(place, "scenarios", Site.shop(111), planned, 111)
