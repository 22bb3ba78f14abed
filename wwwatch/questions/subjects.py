"""Whom a question is about: an address, a network, or a host name as a log may hold one."""

import ipaddress
from dataclasses import dataclass

from wwwatch.addresses import as_address
from wwwatch.console import UNSAFE
from wwwatch.questions.query import Query, all_of, any_of

LONGEST = 255
ADDRESS, NETWORK, NAME = "address", "network", "name"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Subject:
    """text: in its usual form, also of what was typed in another. kind: ADDRESS, NETWORK or NAME."""

    text: str
    kind: str

    @classmethod
    def parse(cls, typed: str) -> "Subject":
        """Raise ValueError, saying why, for what can be none of the three."""
        text = typed.strip().removeprefix("[").removesuffix("]")
        if not text or len(text) > LONGEST or UNSAFE.search(text) or any(map(str.isspace, text)):
            raise ValueError("is no address. Write 203.0.113.7, 198.51.100.0/24, 2001:db8::7 or host.example.")
        if "/" not in text:
            known = as_address(text)
            return cls(known or text, ADDRESS if known else NAME)
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise ValueError(f"is no address or network: {error}.") from error
        if network.prefixlen == 0:
            raise ValueError("is no address but the whole internet. See: wwwatch top")
        single = network.prefixlen == network.max_prefixlen
        return cls(str(network.network_address) if single else str(network), ADDRESS if single else NETWORK)

    @property
    def network(self) -> Network | None:
        """The network it is; an address is one of its own. None for a name."""
        return None if self.kind == NAME else ipaddress.ip_network(self.text)

    def holds(self, client: str) -> bool:
        """Whether a client, as `source.address` names it, is this or in this."""
        network = self.network
        if network is None:
            return client.lower() == self.text.lower()
        known = as_address(client)
        return known is not None and ipaddress.ip_address(known) in network

    @property
    def spellings(self) -> list[str]:
        """How a keyword field may hold it."""
        return sorted({self.text, self.text.lower()})

    def events(self) -> Query:
        """Its access events."""
        as_logged: Query = {"terms": {"source.address": self.spellings}}
        if self.kind == NAME:
            return any_of(as_logged)
        in_it: Query = {"term": {"source.ip": self.text}}
        return in_it if self.kind == NETWORK else any_of(as_logged, in_it)

    def alerts(self) -> Query:
        """Anomalies and incidents of it, also those where it is one of a group."""
        entity_type = "net" if self.kind == NETWORK else "ip"
        entity = all_of(
            {"term": {"wwwatch.entity.type": entity_type}}, {"terms": {"wwwatch.entity.id": self.spellings}}
        )
        named: list[Query] = [entity, {"terms": {"source.address": self.spellings}}]
        if self.kind != NAME:
            named += [{"term": {"source.ip": self.text}}, {"term": {"related.ip": self.text}}]
        return any_of(*named)
