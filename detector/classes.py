"""The classes of attack: their names for people, their MITRE ATT&CK technique, their evidence, their severity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from wwwatch.signs import HOSTILE_TAGS, INJECTION_TAGS, MATCH_ALL, Signs, any_of, status_in

Counts = Mapping[str, float]
Document = dict[str, Any]


class Severity(IntEnum):
    """Severity and risk score of the design."""

    LOW = 21
    MEDIUM = 47
    HIGH = 73
    CRITICAL = 99


@dataclass(frozen=True)
class AttackClass:
    """technique and tactic: ids and names of MITRE ATT&CK. evidence: which events are the ones to show."""

    name: str
    title: str
    technique: tuple[str, str] | None
    tactic: tuple[str, str] | None
    evidence: Callable[[Signs], Document]
    severity: Callable[[Counts], Severity]


def _dos(counts: Counts) -> Severity:
    """Critical when the server visibly suffers: one in five answers is a server error. A few a second are medium."""
    if counts["server_errors"] >= 0.2 * counts["requests"]:
        return Severity.CRITICAL
    return Severity.HIGH if counts["requests"] >= 10 * max(counts["active_seconds"], 1.0) else Severity.MEDIUM


def _guessing(counts: Counts) -> Severity:
    """A success after many failures is what the attacker came for; below ten tries it may be a forgetful person."""
    if counts["login_failures"] >= 10 and told_apart(counts) and counts["login_successes"] >= 1:
        return Severity.CRITICAL
    if counts["login_attempts"] >= 100:
        return Severity.HIGH
    return Severity.MEDIUM if counts["login_attempts"] >= 10 else Severity.LOW


def told_apart(counts: Counts) -> bool:
    """Whether this login's answers tell success from failure: where most tries "succeed", it answers both alike."""
    return counts["login_successes"] <= 0.2 * counts["login_failures"]


def _scan(counts: Counts) -> Severity:
    """A handful of probes is the internet's background; hundreds of missing paths are work on this site."""
    effort = max(counts["distinct_missing_paths"], counts["hostile"])
    if effort >= 200:
        return Severity.HIGH
    return Severity.MEDIUM if effort >= 15 else Severity.LOW


def _injection(counts: Counts) -> Severity:
    """Payloads are hostile by themselves; a few are background, a row of them is a search for a hole."""
    effort = max(2 * sum(counts[tag] for tag in INJECTION_TAGS), counts["hostile"])
    if effort >= 200:
        return Severity.HIGH
    return Severity.MEDIUM if effort >= 15 else Severity.LOW


def _scraping(counts: Counts) -> Severity:
    return Severity.MEDIUM if counts["requests"] >= 300 else Severity.LOW


def _unusual(_: Counts) -> Severity:
    """Unusual is not hostile: to be looked at, never to be woken for."""
    return Severity.LOW


def any_event(_: Signs) -> Document:
    """Evidence of what shows in every request alike."""
    return MATCH_ALL


def _tries(signs: Signs) -> Document:
    # Without a constant score, clauses in filters count nothing and the samples would be any lines.
    return {"constant_score": {"filter": signs.login_tries()}}


def _hostile_or_missing(signs: Signs) -> Document:
    hostile = {"constant_score": {"filter": signs.tagged(*HOSTILE_TAGS), "boost": 3.0}}
    return any_of(hostile, status_in([404, 403]))


def _injected(signs: Signs) -> Document:
    return {"constant_score": {"filter": signs.tagged(*INJECTION_TAGS)}}


ATTACK_CLASSES = {
    attack.name: attack
    for attack in (
        AttackClass(
            name="dos",
            title="Denial of service",
            technique=("T1499.002", "Endpoint Denial of Service: Service Exhaustion Flood"),
            tactic=("TA0040", "Impact"),
            evidence=any_event,
            severity=_dos,
        ),
        AttackClass(
            name="brute_force",
            title="Brute force",
            technique=("T1110", "Brute Force"),
            tactic=("TA0006", "Credential Access"),
            evidence=_tries,
            severity=_guessing,
        ),
        AttackClass(
            name="credential_stuffing",
            title="Credential stuffing",
            technique=("T1110.004", "Brute Force: Credential Stuffing"),
            tactic=("TA0006", "Credential Access"),
            evidence=_tries,
            severity=_guessing,
        ),
        AttackClass(
            name="scan",
            title="Scan",
            technique=("T1595", "Active Scanning"),
            tactic=("TA0043", "Reconnaissance"),
            evidence=_hostile_or_missing,
            severity=_scan,
        ),
        AttackClass(
            name="injection",
            title="Injection",
            technique=("T1190", "Exploit Public-Facing Application"),
            tactic=("TA0001", "Initial Access"),
            evidence=_injected,
            severity=_injection,
        ),
        AttackClass(
            name="scraping",
            title="Scraping",
            technique=("T1213", "Data from Information Repositories"),
            tactic=("TA0009", "Collection"),
            evidence=any_event,
            severity=_scraping,
        ),
        AttackClass(
            name="unusual",
            title="Unusual behaviour",
            technique=None,
            tactic=None,
            evidence=any_event,
            severity=_unusual,
        ),
    )
}


def threat(attack: AttackClass) -> Document:
    """The ECS `threat` object of a class; {} for what is only unusual."""
    if attack.technique is None or attack.tactic is None:
        return {}
    return {
        "framework": "MITRE ATT&CK",
        "tactic": {"id": [attack.tactic[0]], "name": [attack.tactic[1]]},
        "technique": {
            "id": [attack.technique[0]],
            "name": [attack.technique[1]],
            "reference": [f"https://attack.mitre.org/techniques/{attack.technique[0].replace('.', '/')}/"],
        },
    }
