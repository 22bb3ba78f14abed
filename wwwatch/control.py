"""What people said, kept in `wwwatch-control`: allowed networks, maintenance, verdicts on incidents."""

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wwwatch.errors import UsageError
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ALLOW, MAINTENANCE, VERDICT, CRAWLER = "allow", "maintenance", "verdict", "crawler"


class ControlError(UsageError):
    """There is no such entry, or it cannot be one."""


@dataclass(frozen=True)
class Allowed:
    """A network whose clients raise nothing in events before expires_at; None: for ever."""

    network: Network
    reason: str
    created_at: str
    expires_at: str | None = None

    def holds(self, address: str, at: datetime) -> bool:
        """Whether a client at this moment of event time is allowed. A host name never is: anybody can have it."""
        try:
            inside = ipaddress.ip_address(address) in self.network
        except ValueError:
            return False
        return inside and (self.expires_at is None or iso(at) < self.expires_at)


@dataclass(frozen=True)
class Silence:
    """A stretch of event time in which nothing is raised."""

    id: str
    since: str
    until: str
    reason: str

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether a window lies in it, in part at least."""
        return iso(start) < self.until and iso(end) > self.since


@dataclass(frozen=True)
class Verdict:
    """What the sysadmin said of an incident. members: the clients it named. start, end: ISO 8601."""

    incident_id: str
    hostile: bool
    note: str
    attack_class: str
    entity_type: str
    entity_id: str
    members: tuple[str, ...]
    start: str
    end: str


def as_network(text: str) -> Network:
    """An address or a network in CIDR notation. Raise ControlError for anything else, host bits set included."""
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError as error:
        message = f"{text!r} is no address or network: {error}."
        raise ControlError(message, "Write 203.0.113.7 or 198.51.100.0/24") from error
    if network.prefixlen == 0:
        raise ControlError(f"{text} is the whole internet.", "To see nothing for a while: wwwatch maintenance add")
    return network


def allow(
    store: Store, namespace: str, network: Network, reason: str, expires_at: datetime | None, now: datetime
) -> Allowed:
    """Add a network to the allow list, or change its entry."""
    entry = Allowed(network, reason, iso(now), iso(expires_at) if expires_at else None)
    fields = {"network": str(network), "reason": reason}
    _write(store, namespace, ALLOW, str(network), now, fields, entry.expires_at)
    return entry


def disallow(store: Store, namespace: str, network: Network) -> None:
    """Take a network off the list. Raise ControlError if it is not on it."""
    if not store.delete_documents(names.CONTROL, [_id(namespace, ALLOW, str(network))]):
        raise ControlError(f"{network} is not on the allow list of namespace {namespace}.", "See: wwwatch allow list")


def allowed(store: Store, namespace: str) -> list[Allowed]:
    """The allow list, in order of networks."""
    found = [
        Allowed(
            ipaddress.ip_network(document["network"]),
            document["reason"],
            document["@timestamp"],
            document["wwwatch"].get("expires_at"),
        )
        for document in _read(store, namespace, ALLOW)
    ]
    return sorted(found, key=lambda entry: (entry.network.version, entry.network.network_address, entry.network))


def silence(store: Store, namespace: str, since: datetime, until: datetime, reason: str, now: datetime) -> Silence:
    """Announce maintenance. Raise ControlError if it ends before it begins."""
    if since >= until:
        raise ControlError(f"--since {iso(since)} is not before --until {iso(until)}.")
    id_ = hashlib.sha256(f"{namespace} {iso(since)} {iso(until)}".encode()).hexdigest()[:8]
    entry = Silence(id_, iso(since), iso(until), reason)
    fields = {"since": entry.since, "until": entry.until, "reason": reason}
    _write(store, namespace, MAINTENANCE, entry.id, now, fields)
    return entry


def end_silence(store: Store, namespace: str, id_: str) -> None:
    """Forget a maintenance. Raise ControlError if there is none with this id."""
    if not store.delete_documents(names.CONTROL, [_id(namespace, MAINTENANCE, id_)]):
        raise ControlError(f"There is no maintenance {id_} in namespace {namespace}.", "See: wwwatch maintenance list")


def silences(store: Store, namespace: str) -> list[Silence]:
    """Every maintenance, oldest first."""
    found = [
        Silence(document["wwwatch"]["id"], document["since"], document["until"], document["reason"])
        for document in _read(store, namespace, MAINTENANCE)
    ]
    return sorted(found, key=lambda entry: entry.since)


def judge(store: Store, namespace: str, incident_id: str, hostile: bool, note: str, now: datetime) -> Verdict:
    """Keep a verdict on an incident, named by its id or the beginning of it. Raise ControlError if that is not one."""
    incident_id, found = incident(store, namespace, incident_id)
    own = found["wwwatch"]
    members = [own["entity"]["id"]] if own["entity"]["type"] == "ip" else found.get("related", {}).get("ip", [])
    verdict = Verdict(
        incident_id, hostile, note, own["class"], own["entity"]["type"], own["entity"]["id"],
        tuple(members), found["event"]["start"], found["event"]["end"],
    )  # fmt: skip
    fields = {name: getattr(verdict, name) for name in _VERDICT_FIELDS} | {"members": list(members)}
    _write(store, namespace, VERDICT, incident_id, now, fields)
    return verdict


def incident(store: Store, namespace: str, beginning: str, index: str | None = None) -> tuple[str, Document]:
    """The incident (id, document) whose id begins so. Raise ControlError if there is none, or more than one.

    index: where to look; None: the incidents of the namespace.
    """
    query = {"prefix": {"wwwatch.incident_id": beginning}}
    found = store.search(index or names.incidents(namespace), query, 2) if beginning else []
    if len(found) == 1:
        return found[0]
    said = f"More than one incident begins with {beginning}" if found else f"There is no incident {beginning}"
    raise ControlError(f"{said} in namespace {namespace}.", "See: wwwatch incidents")


_VERDICT_FIELDS = (
    "incident_id", "hostile", "note", "attack_class", "entity_type", "entity_id", "members", "start", "end",
)  # fmt: skip


def verdicts(store: Store, namespace: str) -> list[Verdict]:
    """Every verdict, by the start of its incident."""
    found = []
    for document in _read(store, namespace, VERDICT):
        fields = {name: document[name] for name in _VERDICT_FIELDS}
        found.append(Verdict(**fields | {"members": tuple(document["members"])}))
    return sorted(found, key=lambda verdict: verdict.start)


@dataclass(frozen=True)
class Crawler:
    """What was proved of an address that calls itself a crawler. mark: the crawler; status: as `detector.crawlers`."""

    mark: str
    address: str
    status: str


def crawlers(store: Store, now: datetime) -> list[Crawler]:
    """What is known of addresses that called themselves crawlers, on any site, and has not expired."""
    query = {
        "bool": {"filter": [{"term": {"wwwatch.kind": CRAWLER}}, {"range": {"wwwatch.expires_at": {"gt": iso(now)}}}]}
    }
    return [
        Crawler(id_.split(":")[1], document["wwwatch"]["id"], document["wwwatch"]["status"])
        for id_, document in store.documents(names.CONTROL, query)
    ]


def _id(namespace: str, kind: str, key: str) -> str:
    return f"{kind}:{namespace}:{key}"


def _write(
    store: Store, namespace: str, kind: str, key: str, now: datetime, fields: Document, expires_at: str | None = None
) -> None:
    own = {"namespace": namespace, "kind": kind, "id": key} | ({"expires_at": expires_at} if expires_at else {})
    store.write_documents(
        names.CONTROL, [(_id(namespace, kind, key), {"@timestamp": iso(now), "wwwatch": own, **fields})]
    )


def _read(store: Store, namespace: str, kind: str) -> Iterator[Document]:
    query = {"bool": {"filter": [{"term": {"wwwatch.namespace": namespace}}, {"term": {"wwwatch.kind": kind}}]}}
    return (document for _, document in store.documents(names.CONTROL, query))
