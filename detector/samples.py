"""The lines that show what was found: up to five events of each finding, the most telling first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from detector.classes import ANY, ATTACK_CLASSES, Severity
from detector.features import ENTITY_FIELD
from detector.scoring import Finding
from detector.signs import all_of, span_query
from detector.windows import Span
from wwwatch.store import Store

Document = dict[str, Any]

SAMPLE_LINES = 5
FIELDS = ["event.original", "url.path", "user_agent.original"]
# What is low has little evidence: that of so many clients is fetched by one search, unless it is more than fits.
CLIENTS_A_SEARCH = 200
EVENTS_A_SEARCH = 3000


def evidence_lines(store: Store, index: str, findings: Sequence[Finding]) -> list[list[Document]]:
    """Of each finding about a client, in order."""
    found: dict[int, list[Document]] = {}
    for numbers in _backgrounds(findings):
        found |= _together(store, index, findings, numbers)
    rest = [number for number in range(len(findings)) if not found.get(number)]
    searches = [search(findings[number], {"term": {ENTITY_FIELD: findings[number].entity_id}}) for number in rest]
    found |= zip(rest, store.search_many(index, searches), strict=True)
    return [found[number] for number in range(len(findings))]


def search(finding: Finding, mine: Document) -> Document:
    """The search for a finding's lines. mine: its events, whenever they were."""
    return _search(finding, mine, SAMPLE_LINES)


def _search(finding: Finding, mine: Document, size: int) -> Document:
    span = Span(finding.window_start, finding.window_end)
    evidence = ATTACK_CLASSES[finding.attack_class].evidence
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
        if finding.severity <= Severity.LOW and ATTACK_CLASSES[finding.attack_class].evidence != ANY:
            key = (finding.attack_class, finding.window_start, finding.window_seconds)
            alike.setdefault(key, []).append(number)
    for numbers in alike.values():
        for start in range(0, len(numbers), CLIENTS_A_SEARCH):
            yield numbers[start : start + CLIENTS_A_SEARCH]


def _together(store: Store, index: str, findings: Sequence[Finding], numbers: Sequence[int]) -> Mapping[int, Any]:
    """The lines of several findings at once; {} where that would be more events than one search fetches."""
    first = findings[numbers[0]]
    clients = {findings[number].entity_id: number for number in numbers}
    evidence = ATTACK_CLASSES[first.attack_class].evidence
    mine = all_of({"terms": {ENTITY_FIELD: list(clients)}}, evidence)
    body = _search(first, mine, EVENTS_A_SEARCH) | {"_source": [*FIELDS, ENTITY_FIELD]}
    [events] = store.search_many(index, [body])
    if len(events) == EVENTS_A_SEARCH:
        return {}
    lines: dict[int, list[Document]] = {}
    for event in events:
        of_client = lines.setdefault(clients[event["source"].pop("address")], [])
        if len(of_client) < SAMPLE_LINES:
            of_client.append(event)
    return lines
