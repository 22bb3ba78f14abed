"""The lines that show what was found: up to five events of each finding, the most telling first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from detector.classes import ATTACK_CLASSES, Severity, any_event
from detector.features import ENTITY_FIELD
from detector.scoring import Finding
from detector.windows import Span
from wwwatch.signs import Signs, all_of, span_query
from wwwatch.store import Store

Document = dict[str, Any]

SAMPLE_LINES = 5
FIELDS = ["event.original", "url.path", "user_agent.original"]
# What is low has little evidence: that of so many clients is fetched by one search, unless it is more than fits.
CLIENTS_A_SEARCH = 200
EVENTS_A_SEARCH = 3000


def evidence_lines(store: Store, index: str, findings: Sequence[Finding], signs: Signs) -> list[list[Document]]:
    """Of each finding about a client, in order."""
    found: dict[int, list[Document]] = {}
    for numbers in _backgrounds(findings):
        found |= _together(store, index, [findings[number] for number in numbers], numbers, signs)
    rest = [number for number in range(len(findings)) if not found.get(number)]
    chosen = [findings[number] for number in rest]
    searches = [search(finding, {"term": {ENTITY_FIELD: finding.entity_id}}, signs) for finding in chosen]
    found |= zip(rest, store.search_many(index, searches), strict=True)
    return [found[number] for number in range(len(findings))]


def search(finding: Finding, mine: Document, signs: Signs, size: int = SAMPLE_LINES) -> Document:
    """The search for a finding's lines. mine: its events, whenever they were."""
    span = Span(finding.window_start, finding.window_end)
    evidence = ATTACK_CLASSES[finding.attack_class].evidence(signs)
    return {
        "query": {"bool": {"filter": [span_query(span.since, span.until, mine)], "should": [evidence]}},
        "size": size,
        "sort": ["_score", {"@timestamp": "asc"}],
        "_source": FIELDS,
    }


def _backgrounds(findings: Sequence[Finding]) -> Iterator[list[int]]:
    """Numbers of low findings of one class and window that have evidence of their own, few enough for one search."""
    alike: dict[tuple[str, int, int], list[int]] = {}
    for number, finding in enumerate(findings):
        if finding.severity <= Severity.LOW and ATTACK_CLASSES[finding.attack_class].evidence is not any_event:
            key = (finding.attack_class, finding.window_start, finding.window_seconds)
            alike.setdefault(key, []).append(number)
    for numbers in alike.values():
        for start in range(0, len(numbers), CLIENTS_A_SEARCH):
            yield numbers[start : start + CLIENTS_A_SEARCH]


def _together(
    store: Store, index: str, findings: Sequence[Finding], numbers: Sequence[int], signs: Signs
) -> Mapping[int, Any]:
    """The lines of several findings at once, by number; {} where that would be more events than one search fetches."""
    clients = {finding.entity_id: number for finding, number in zip(findings, numbers, strict=True)}
    evidence = ATTACK_CLASSES[findings[0].attack_class].evidence(signs)
    mine = all_of({"terms": {ENTITY_FIELD: list(clients)}}, evidence)
    body = search(findings[0], mine, signs, EVENTS_A_SEARCH) | {"_source": [*FIELDS, ENTITY_FIELD]}
    [events] = store.search_many(index, [body])
    if len(events) == EVENTS_A_SEARCH:
        return {}
    lines: dict[int, list[Document]] = {}
    for event in events:
        of_client = lines.setdefault(clients[event["source"]["address"]], [])
        if len(of_client) < SAMPLE_LINES:
            of_client.append(event)
    return lines
