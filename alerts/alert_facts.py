"""The facts of an alert, read from the store: by aggregation only, no event is downloaded."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts import cases, traffic
from alerts.alert_figures import AlertFacts, Client, Page
from alerts.figures import STATUS_CLASSES, Incident, Span
from alerts.incidents import incident
from alerts.memory import Notice
from wwwatch import pages
from wwwatch.questions import STATUS, between
from wwwatch.settings import KibanaSettings
from wwwatch.store import Store, names

Document = dict[str, Any]

PAGES_TOLD, NAMES_TOLD = 6, 4
# What a plot shows before an incident, so that its beginning is seen, and after it.
LEAD, LEAST_SPAN = timedelta(minutes=15), timedelta(minutes=60)
RESOLUTION = timedelta(milliseconds=1)
WORD = re.compile(r"[a-z]{4,20}")
CRAWLER = "crawler"


def gather(
    store: Store, namespace: str, notice: Notice, found: Mapping[str, Document], kibana: KibanaSettings
) -> AlertFacts:
    """Everything an alert tells. found: the documents of the incidents it names, the lead among them."""
    lead = found[notice.lead]
    told = incident(lead)
    own = events_of(lead)
    during = Span(told.start, told.end + RESOLUTION)
    answer = store.aggregate(store.access_index(namespace), between(during.since, during.until, own), _figures())
    span = plotted(told)
    return AlertFacts(
        namespace=namespace,
        event=notice.event,
        at=notice.at,
        incident=told,
        incident_id=notice.lead,
        withdrawn=told.status == "withdrawn",
        others=tuple(incident(found[id_]) for id_ in notice.items[1:] if id_ in found),
        count=notice.count,
        client=_client(store, told, answer),
        pages=_pages(answer),
        by_status=_by_status(answer),
        theirs=traffic.timeline(store, namespace, span, own),
        all=traffic.timeline(store, namespace, span),
        span=span,
        remedies={name: tuple(lines) for name, lines in lead["wwwatch"].get("remedies", {}).items()},
        link=_link(kibana, told, span),
        last=notice.last,
        is_self=cases.is_self(lead),
    )


def events_of(document: Document) -> Document:
    """A query for the events of an incident's clients; of the watch's own incidents there are none."""
    entity = document["wwwatch"]["entity"]
    if cases.is_self(document):
        return {"match_none": {}}
    if entity["type"] == "ip":
        return {"term": {"source.address": entity["id"]}}
    if entity["type"] == "net":
        return {"term": {"wwwatch.net": entity["id"]}}
    members = document.get("related", {}).get("ip", [])
    return {"terms": {"source.ip": members if isinstance(members, list) else [members]}}


def plotted(told: Incident) -> Span:
    """What the plot shows: the incident with something before it, and an hour at least."""
    since, until = told.start - LEAD, told.end + LEAD / 3
    return Span(min(since, until - LEAST_SPAN), until)


def _figures() -> Document:
    ranges = [{"key": name, "from": int(name[0]) * 100, "to": int(name[0]) * 100 + 100} for name in STATUS_CLASSES]
    status = {"range": {"field": STATUS, "ranges": ranges}}
    answered = {"filter": {"range": {STATUS: {"gte": 200, "lt": 300}}}}
    names_of = {
        "networks": "wwwatch.net",
        "countries": "source.geo.country_iso_code",
        "systems": "source.as.organization.name",
        "agents": "user_agent.original",
    }
    aggs: Document = {name: {"terms": {"field": field, "size": NAMES_TOLD}} for name, field in names_of.items()}
    paths = {"terms": {"field": "url.path", "size": PAGES_TOLD}, "aggs": {"answered": answered}}
    return aggs | {"paths": paths, "status": status}


def _terms(answer: Document, name: str) -> dict[str, int]:
    return {str(b["key"]): int(b["doc_count"]) for b in answer.get(name, {}).get("buckets", []) if b["doc_count"]}


def _by_status(answer: Document) -> dict[str, int]:
    return _terms(answer, "status")


def _pages(answer: Document) -> tuple[Page, ...]:
    buckets = answer.get("paths", {}).get("buckets", [])
    return tuple(Page(str(b["key"]), int(b["doc_count"]), int(b["answered"]["doc_count"])) for b in buckets)


def _client(store: Store, told: Incident, answer: Document) -> Client:
    agents = _terms(answer, "agents")
    return Client(
        networks=_terms(answer, "networks"),
        countries=_terms(answer, "countries"),
        systems=_terms(answer, "systems"),
        agents=agents,
        crawlers=_crawlers(store, told.entity_id, agents) if told.entity_type == "ip" else {},
    )


def _crawlers(store: Store, address: str, agents: Mapping[str, int]) -> dict[str, str]:
    """What the detector found out about the search engines it calls itself, which are words of its agents."""
    words = sorted({word for agent in agents for word in WORD.findall(agent.lower())})
    ids = [f"{CRAWLER}:{word}:{address}" for word in words]
    query: Document = {"bool": {"filter": [{"ids": {"values": ids}}, {"term": {"wwwatch.kind": CRAWLER}}]}}
    found = store.search(names.CONTROL, query, len(ids), fields=["wwwatch.status"]) if ids else []
    return {id_.split(":")[1]: str(document["wwwatch"]["status"]) for id_, document in found}


def _link(kibana: KibanaSettings, told: Incident, span: Span) -> str:
    if not kibana.url:
        return ""
    base = kibana.url.rstrip("/") + (f"/s/{kibana.space}" if kibana.space else "")
    until: datetime = span.until
    if told.entity_type == "ip" and (link := pages.client_link(base, told.entity_id, span.since, until)):
        return link
    return pages.page_link(base, pages.ANOMALIES, span.since, until)
