"""Who was named, as what: the clients of anomalies and incidents, held against the truth. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Document = dict[str, Any]

MEDIUM = 47
# A class that was named -> classes of the truth it is right for. Guessing over many accounts shows as such only where
# the log names the users; a payload is also a probe.
FITS = {
    "dos": {"dos"},
    "brute_force": {"brute_force", "credential_stuffing"},
    "credential_stuffing": {"brute_force", "credential_stuffing"},
    "scan": {"scan", "injection"},
    "injection": {"injection"},
    "scraping": {"scraping"},
}


def clients_of(alert: Document) -> set[str]:
    """The clients an anomaly or incident names: its entity, or its members."""
    entity = alert["wwwatch"]["entity"]
    if entity["type"] == "ip":
        return {str(entity["id"])}
    members = alert.get("related", {}).get("ip", [])
    return set(members if isinstance(members, list) else [members])


def as_told(anomalies: Iterable[Document], incidents: Iterable[Document]) -> Iterator[Document]:
    """All of them, each anomaly with the class of its incident: what single clients of a flood do is told as flood."""
    told = {incident["wwwatch"].get("incident_id"): incident["wwwatch"]["class"] for incident in incidents}
    for anomaly in anomalies:
        own = anomaly["wwwatch"]
        yield anomaly | {"wwwatch": own | {"class": told.get(own.get("incident_id"), own["class"])}}


def classes_by_client(alerts: Iterable[Document], least_severity: int = 0) -> dict[str, set[str]]:
    """Client -> the classes it was named with."""
    found: dict[str, set[str]] = {}
    for alert in alerts:
        if alert["event"]["severity"] >= least_severity:
            for client in clients_of(alert):
                found.setdefault(client, set()).add(alert["wwwatch"]["class"])
    return found


def false_incidents(incidents: Iterable[Document], hostile: Mapping[str, bool], others_harmless: bool) -> int:
    """Incidents of medium severity or more that are about harmless clients: most of those known are.

    hostile: what is known of clients. others_harmless: the truth is complete, so what it does not list is harmless,
    and an incident that names nobody is false.
    """
    count = 0
    for incident in incidents:
        if incident["event"]["severity"] >= MEDIUM:
            members = clients_of(incident)
            told = [hostile.get(client, False if others_harmless else None) for client in members]
            known = [verdict for verdict in told if verdict is not None]
            count += sum(known) * 2 < len(known) or (others_harmless and not members)
    return count
