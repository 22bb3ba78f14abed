"""Attacks as code: `ATTACKS` holds every style by name, with its class and the figures its strength scales."""

from simulator.attacks import brute_force, credential_stuffing, dos, injection, scan, scan_quiet, scraping
from simulator.attacks.style import ATTACKS, AttackStyle, Run

# Never trained on and never tuned on: `bench.quality` measures with them what the detector makes of a style it has
# not seen. Chosen before any model was fitted without them, two to five of each class. To look at why one is missed
# is to use it up: hold out another in its place.
HELD_OUT = frozenset({
    "dos_cache_busting", "dos_large_downloads", "dos_pingback", "dos_distributed_quiet",
    "brute_force_json", "brute_force_spraying", "brute_force_xmlrpc_multicall",
    "stuffing_network", "stuffing_rotating_agents",
    "scan_plugins", "scan_backups", "scan_users", "scan_rotating_agents", "scan_login_botnet",
    "injection_shellshock", "injection_rce_tool", "injection_distributed",
    "scraping_headless", "scraping_numbers", "scraping_fake_crawler",
})  # fmt: skip

__all__ = [
    "ATTACKS", "HELD_OUT", "AttackStyle", "Run", "brute_force", "credential_stuffing", "dos", "injection", "scan",
    "scan_quiet", "scraping", "training_styles",
]  # fmt: skip


def training_styles() -> list[str]:
    """The styles a model may learn from: those a log shows, without the ones held out."""
    return [name for name, style in ATTACKS.items() if style.visible_in_log and name not in HELD_OUT]
