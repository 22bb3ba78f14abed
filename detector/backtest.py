"""What a model would have raised in a span: judged by the same queries, joined by the same rules, nothing written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from detector import anomalies, incidents, service
from detector.classes import Severity
from detector.known import Known
from detector.model import Model
from detector.scoring import score
from detector.vocabulary import TAGGED, SignsOf
from detector.windows import Span
from wwwatch.console import Advance, no_progress
from wwwatch.store import Store

Document = dict[str, Any]
COUNTED = ("anomalies", "clients", "incidents")


def backtest(
    store: Store,
    namespace: str,
    model: Model,
    span: Span,
    known: Known,
    seen: SignsOf = TAGGED,
    advance: Advance = no_progress,
) -> list[Document]:
    """Rows {day, class, anomalies, clients, incidents}, in order; incidents are those of medium severity or more.

    known: as in a pass, so that what is allowed counts nowhere. Groups are left out: they follow rules, not the model.
    """
    counts = service.read_history(store, namespace, span, seen, advance)
    findings = score(model, counts)
    written = anomalies.documents(store, namespace, model, findings, known, seen(span))
    return by_day(namespace, [pair for pair in written if pair[1]["wwwatch"]["status"] == anomalies.OPEN], span.until)


def by_day(namespace: str, found: Sequence[tuple[str, Document]], now: datetime) -> list[Document]:
    """Count anomalies, their clients and the incidents they would be in, per UTC day and class. Pure."""
    raised, _ = incidents.compose(namespace, incidents.episodes(found), {}, now)
    rows: dict[tuple[str, str], dict[str, set[str]]] = {}
    for id_, document in found:
        row = rows.setdefault(_key(document), {name: set() for name in COUNTED})
        row["anomalies"].add(id_)
        row["clients"].add(document["wwwatch"]["entity"]["id"])
    for id_, document in raised.items():
        if document["event"]["severity"] >= Severity.MEDIUM:
            rows.setdefault(_key(document), {name: set() for name in COUNTED})["incidents"].add(id_)
    return [
        {"day": day, "class": name, **{counted: len(ids) for counted, ids in rows[day, name].items()}}
        for day, name in sorted(rows)
    ]


def _key(document: Document) -> tuple[str, str]:
    return document["event"]["start"][:10], document["wwwatch"]["class"]
