"""Who is on the list, until when, and why. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from wwwatch.deny import Network, as_network, order
from wwwatch.remedies import networks_of

Document = Mapping[str, Any]

# Never routed on the internet, or never a client's: who is seen from there is one of our own, or behind a proxy.
PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/127", "::ffff:0:0/96", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One network to keep out up to, not including, expires_at. incident_ids: all that name it, the gravest first.

    reason: as stored, so from a log.
    """

    network: Network
    expires_at: datetime
    severity: int
    attack_class: str
    incident_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Blocklist:
    """entries in order of networks, none within another. spared: networks incidents name that were left out, and why.

    nameless: incidents that name no address at all.
    """

    entries: tuple[Entry, ...]
    spared: Mapping[Network, str]
    nameless: int = 0


def blocklist(
    incidents: Iterable[Document], least_severity: int, expire: timedelta, now: datetime, never: Mapping[Network, str]
) -> Blocklist:
    """The list as of `now`.

    Incidents count that are at least so severe, or were said to be attacks; none that was said to be no attack. An
    entry expires `expire` after the end of the last incident that names it. never: network -> why it is not listed;
    of a network that holds one of these, the rest is listed.
    """
    found: dict[Network, Entry] = {}
    nameless = 0
    for incident in incidents:
        ends = datetime.fromisoformat(incident["event"]["end"]) + expire
        if not counts(incident, least_severity) or ends <= now:
            continue
        networks = networks_of(incident)
        nameless += not networks
        for network in networks:
            entry = _entry(incident, network, ends)
            found[network] = _merged(found[network], entry) if network in found else entry
    guard = {**dict.fromkeys(PRIVATE, "a private or special range"), **never}
    spared: dict[Network, str] = {}
    left = [part for entry in found.values() for part in _without(entry, guard, spared)]
    return Blocklist(tuple(outermost(left)), dict(sorted(spared.items(), key=lambda item: order(item[0]))), nameless)


def counts(incident: Document, least_severity: int) -> bool:
    """Whether an incident puts anyone on the list: what people said of it goes before how severe it is."""
    if incident["wwwatch"]["status"] == "withdrawn":
        return False
    verdict = incident["wwwatch"].get("verdict")
    return bool(verdict["hostile"]) if verdict else bool(incident["event"]["severity"] >= least_severity)


def _entry(incident: Document, network: Network, ends: datetime) -> Entry:
    event, own = incident["event"], incident["wwwatch"]
    return Entry(network, ends, int(event["severity"]), own["class"], (own["incident_id"],), event.get("reason", ""))


def _merged(one: Entry, other: Entry) -> Entry:
    """The same network named by two incidents: the later end, the graver reason; ties go to the smaller id."""
    first, second = sorted((one, other), key=lambda entry: (-entry.severity, entry.incident_ids))
    ids = tuple(dict.fromkeys((*first.incident_ids, *second.incident_ids)))
    return replace(first, expires_at=max(one.expires_at, other.expires_at), incident_ids=ids)


def _without(entry: Entry, never: Mapping[Network, str], spared: dict[Network, str]) -> Iterator[Entry]:
    """What is left of an entry: nothing, where it lies within what is never listed; else all but what lies in it."""
    lengths = sorted({network.prefixlen for network in never if network.version == entry.network.version})
    above = (entry.network.supernet(new_prefix=bits) for bits in lengths if bits <= entry.network.prefixlen)
    if (holder := next((network for network in above if network in never), None)) is not None:
        spared[entry.network] = never[holder]
        return
    parts = [entry.network]
    if entry.network.prefixlen < entry.network.max_prefixlen:
        for kept in sorted((network for network in never if network.version == entry.network.version), key=order):
            if kept.overlaps(entry.network):
                spared[kept] = never[kept]
                parts = [rest for part in parts for rest in _difference(part, kept)]
    yield from (replace(entry, network=part) for part in parts)


def _difference(part: Network, kept: Network) -> list[Network]:
    """A network without another of its version."""
    if not part.overlaps(kept):
        return [part]
    return [] if part.prefixlen >= kept.prefixlen else list(part.address_exclude(kept))  # type: ignore[arg-type]


def outermost(entries: Sequence[Entry]) -> Iterator[Entry]:
    """In order, without those that lie within another: the program needs to be told once.

    One that would outlast its network comes back by itself when the list is made anew without that.
    """
    last: Network | None = None
    for entry in sorted(entries, key=lambda entry: order(entry.network)):
        if last is not None and last.version == entry.network.version and last.overlaps(entry.network):
            continue
        last = entry.network
        yield entry


def guarded(texts: Iterable[str], why: str) -> dict[Network, str]:
    """Addresses and networks as a part of `never`. What is none is passed over: it cannot be listed either."""
    return {network: why for text in texts if (network := as_network(text)) is not None}
