"""Attacks as code: `ATTACKS` holds every style by name, with its class and the figures its strength scales."""

from simulator.attacks import (
    brute_force,
    credential_stuffing,
    dos,
    injection,
    scan,
    scan_quiet,
    scraping,
    unseen,
    unseen_logins,
)
from simulator.attacks.style import ATTACKS, AttackStyle, Run

# Never trained on and never tuned on: `bench.quality` measures with them what the detector makes of a style it has
# not seen. All of `unseen` and `unseen_logins`, and of the other styles those that were held out before and found all
# the same, so that nobody had a reason to look at them. To look at why one is missed is to use it up: hold out another.
HELD_OUT = frozenset({
    "dos_hulk", "dos_pulses", "dos_post_flood", "dos_referred_botnet", "dos_large_downloads",
    "brute_force_bursts", "brute_force_proxies",
    "brute_force_json", "brute_force_spraying", "brute_force_xmlrpc_multicall",
    "stuffing_residential", "stuffing_mobile_api", "stuffing_waves", "stuffing_rotating_agents",
    "scan_api", "scan_recursive", "scan_subnet", "scan_plugins", "scan_backups", "scan_rotating_agents",
    "injection_templates", "injection_blind_slow",
    "injection_shellshock", "injection_rce_tool", "injection_distributed",
    "scraping_prices", "scraping_api", "scraping_residential", "scraping_numbers", "scraping_fake_crawler",
})  # fmt: skip

__all__ = [
    "ATTACKS", "HELD_OUT", "AttackStyle", "Run", "brute_force", "credential_stuffing", "dos", "injection", "scan",
    "scan_quiet", "scraping", "training_styles", "unseen", "unseen_logins",
]  # fmt: skip


def training_styles() -> list[str]:
    """The styles a model may learn from: those a log shows, without the ones held out."""
    return [name for name, style in ATTACKS.items() if style.visible_in_log and name not in HELD_OUT]
