"""What is known of an entity before it is raised: allowed, in maintenance, dismissed, a verified crawler. Pure.

Such findings are recorded, with their status and why; they raise no incident.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from detector.crawlers import FAKE, VERIFIED, Crawler, claimed
from detector.scoring import Finding
from detector.windows import Span
from wwwatch.control import Allowed, Silence, Verdict
from wwwatch.moments import iso

ALLOWED, SILENCED, DISMISSED = "allowed", "silenced", "dismissed"
# What a verified search engine, or the server itself, may do without being told of: much. An attack's signs are told,
# whoever sends them: a crawler can be led to hostile links, and a proxy of the house may hide who is behind it.
CRAWLING = frozenset({"dos", "scraping", "unusual"})
OWN_ADDRESS = "the server itself"
# Entities that are somebody's own.
OWN_ENTITIES = frozenset({"ip", "net"})

Verify = Callable[[Crawler, str], str]


@dataclass(frozen=True)
class Standing:
    """status: None if the finding is to be raised. why: in words; also for a finding that is raised all the same."""

    status: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Known:
    """verify: (crawler, address) -> VERIFIED, FAKE or unknown, see `crawlers`."""

    allowed: Sequence[Allowed] = ()
    silences: Sequence[Silence] = ()
    verdicts: Sequence[Verdict] = ()
    verify: Verify = lambda _crawler, _address: ""

    def standing(self, finding: Finding, agents: Sequence[str]) -> Standing:
        """How to take a finding. agents: what its client calls itself in the sample lines."""
        start, end = (datetime.fromtimestamp(at, UTC) for at in (finding.window_start, finding.window_end))
        for silence in self.silences:
            if silence.holds(start, end):
                return Standing(SILENCED, f"maintenance: {silence.reason}")
        if self._dismissed(finding):
            return Standing(DISMISSED, "an incident like it was judged false")
        if finding.entity_type != "ip":
            return Standing()
        for entry in self.allowed:
            if entry.holds(finding.entity_id, end):
                return Standing(ALLOWED, f"allowed ({entry.network}): {entry.reason}")
        if is_own(finding.entity_id) and finding.attack_class in CRAWLING:
            return Standing(ALLOWED, OWN_ADDRESS)
        return self._as_crawler(finding, agents)

    def spared(self, clients: Sequence[str], window: Span) -> set[str]:
        """Of these clients those that make no group in this window: allowed, the server itself, or judged harmless."""
        end = datetime.fromtimestamp(window.end, UTC)
        harmless = {
            one.entity_id
            for one in self.verdicts
            if not one.hostile and one.entity_type == "ip" and iso(end) >= one.start
        }
        return {
            client
            for client in clients
            if client in harmless or is_own(client) or any(entry.holds(client, end) for entry in self.allowed)
        }

    def _dismissed(self, finding: Finding) -> bool:
        """Whether a verdict said of its like that it is harmless.

        An agent or a login page is everybody's: there the verdict holds for the clients it was given on, so that an
        attack by others on the same page is raised.
        """
        return any(
            not verdict.hostile
            and (verdict.entity_type, verdict.entity_id) == (finding.entity_type, finding.entity_id)
            and verdict.attack_class == finding.attack_class
            and iso(datetime.fromtimestamp(finding.last_seen, UTC)) >= verdict.start
            and (finding.entity_type in OWN_ENTITIES or _mostly(finding.clients_named, verdict.members))
            for verdict in self.verdicts
        )

    def _as_crawler(self, finding: Finding, agents: Sequence[str]) -> Standing:
        """A name is believed only where the address proves it; where it disproves it, that is evidence."""
        crawler = claimed(agents)
        if crawler is None:
            return Standing()
        result = self.verify(crawler, finding.entity_id)
        if result == VERIFIED and finding.attack_class in CRAWLING:
            return Standing(ALLOWED, f"{crawler.name}, verified by its address")
        if result == FAKE:
            return Standing(why=f"it calls itself {crawler.name}, but its address is not one of theirs")
        return Standing()


def _mostly(clients: Sequence[str], known: Sequence[str]) -> bool:
    return 2 * len(set(clients) & set(known)) >= len(clients)


NOTHING_KNOWN = Known()


def is_own(address: str) -> bool:
    """Whether requests from here are the machine's own: mod_pagespeed, Apache to itself, scheduled work."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
