"""Attacks as code: `ATTACKS` holds every style by name, with its class and the figures its strength scales."""

from simulator.attacks import brute_force, credential_stuffing, dos, injection, scan, scan_quiet, scraping
from simulator.attacks.style import ATTACKS, AttackStyle, Run

__all__ = [
    "ATTACKS", "AttackStyle", "Run", "brute_force", "credential_stuffing", "dos", "injection", "scan",
    "scan_quiet", "scraping",
]  # fmt: skip
