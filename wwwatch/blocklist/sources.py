"""What the list is made of, read from the store and the settings."""

import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from wwwatch import control
from wwwatch.blocklist.entries import guarded
from wwwatch.deny import Network
from wwwatch.moments import iso
from wwwatch.questions import AlertFilter
from wwwatch.settings import Settings
from wwwatch.store import Store, names

FIELDS = ["event.end", "event.severity", "event.reason", "related.ip", "wwwatch"]
VERIFIED = "verified"


def incidents(store: Store, namespace: str, since: datetime) -> Iterator[dict[str, Any]]:
    """Incidents that end after `since`. Of low severity, too: they may have been said to be attacks."""
    query = AlertFilter().query({"range": {"event.end": {"gt": iso(since)}}})
    return (document for _, document in store.documents(names.incidents(namespace), query, fields=FIELDS))


def never(store: Store, namespace: str, settings: Settings, now: datetime) -> dict[Network, str]:
    """Network -> why it is never listed: allowed, a verified crawler, a proxy, this machine, named in the settings."""
    allowed = {
        str(entry.network): entry.reason
        for entry in control.allowed(store, namespace)
        if entry.expires_at is None or entry.expires_at > iso(now)
    }
    crawlers = [crawler.address for crawler in control.crawlers(store, now) if crawler.status == VERIFIED]
    proxies = [str(network) for network in settings.ingest.real_client.trusted_proxies]
    found = guarded(crawlers, "a verified crawler") | guarded(own_addresses(), "this machine")
    found |= guarded(proxies, "a trusted proxy") | guarded(map(str, settings.blocklist.never), "blocklist.never")
    for text, reason in allowed.items():
        found |= guarded([text], f"allowed: {reason}")
    return found


def own_addresses() -> set[str]:
    """The addresses this machine's own name leads to. None where it leads nowhere."""
    try:
        return {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()
