"""What an alert mail tells, as plain frozen data: no store, no words, no colours. Texts are as in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.figures import Incident, Span, Timeline

NOBODY: Mapping[str, int] = {}


@dataclass(frozen=True)
class Client:
    """Who it is, as far as the log says. Empty where it does not. networks, countries, systems: name -> requests.

    crawlers: name of a search engine it calls itself -> `verified`, `fake` or `unknown`.
    """

    networks: Mapping[str, int]
    countries: Mapping[str, int]
    systems: Mapping[str, int]
    agents: Mapping[str, int]
    crawlers: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A URL path it asked for. answered: requests that got a 2xx."""

    path: str
    requests: int
    answered: int


@dataclass(frozen=True)
class AlertFacts:
    """All an alert says. event: opened, escalated or closed. others: further incidents it names, of `count` in all.

    incident_id, remedies: of the incident the alert is about. by_status: its requests by status class. theirs, all:
    requests over time of its clients and of the whole site, in `span`. link: of the page in Kibana, or empty.
    last: the budget this alert exhausts, or empty. is_self: an incident of the watch itself, which has no clients.
    """

    namespace: str
    event: str
    at: datetime
    incident: Incident
    incident_id: str
    withdrawn: bool
    others: tuple[Incident, ...]
    count: int
    client: Client
    pages: tuple[Page, ...]
    by_status: Mapping[str, int]
    theirs: Timeline
    all: Timeline
    span: Span
    remedies: Mapping[str, tuple[str, ...]]
    link: str
    last: str
    is_self: bool

    @property
    def requests(self) -> int:
        """Its requests in the span of the incident."""
        return sum(self.by_status.values())
