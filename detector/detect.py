"""One pass: judge every minute that is due, write anomalies and incidents, then mark the minutes as judged.

A pass that dies half way is repeated harmlessly: everything is written by id, and the ledger last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from detector import anomalies, features, incidents, ledger
from detector.model import Model
from detector.scoring import score
from detector.windows import Span, spans, touched
from wwwatch.console import Advance, no_progress
from wwwatch.store import Store, names

LONGEST_SPAN_SECONDS = 86400
# Due minutes closer than this are asked for together.
GAP_SECONDS = 6 * 3600


@dataclass
class Outcome:
    """What a pass did. minutes: slices judged. events: held in them. entity_windows: judged in the second stage."""

    model_version: str
    minutes: int = 0
    events: int = 0
    entity_windows: int = 0
    anomalies: int = 0
    withdrawn: int = 0
    incidents: dict[str, int] = field(default_factory=dict)


def detect(
    store: Store,
    namespace: str,
    model: Model,
    due: ledger.Due,
    now: datetime,
    advance: Advance = no_progress,
) -> Outcome:
    """Judge the due minutes, day by day. now: when, for the ledger; conclusions use event time only."""
    outcome = Outcome(model.version)
    held = store.time_span(names.access_index(namespace))
    newest = held[1] if held else now
    for day in due.by_day():
        _judge_day(store, namespace, model, day, newest, outcome)
        ledger.record(store, namespace, day.counts.items(), model.version, now)
        outcome.minutes += len(day.counts)
        outcome.events += sum(day.counts.values())
        advance(len(day.counts))
    return outcome


def _judge_day(store: Store, namespace: str, model: Model, day: ledger.Due, newest: datetime, outcome: Outcome) -> None:
    for window_seconds in features.WINDOWS_SECONDS:
        judged = spans(touched(day.counts, window_seconds), window_seconds, LONGEST_SPAN_SECONDS, GAP_SECONDS)
        counts = _counts(store, namespace, judged, window_seconds)
        outcome.entity_windows += len(counts)
        findings = score(model, counts)
        written = anomalies.documents(store, namespace, model, findings)
        found = {id_ for id_, _ in written}
        outcome.anomalies += store.write_documents(names.anomalies(namespace), written)
        outcome.withdrawn += anomalies.withdraw_missing(store, namespace, judged, window_seconds, found)
    low, high = min(day.counts), max(day.counts) + ledger.SLICE_SECONDS
    reach = Span(low - low % LONGEST_SPAN_SECONDS, high)
    for incident in incidents.update(store, namespace, reach.since, datetime.fromtimestamp(high, UTC), newest):
        status = incident["wwwatch"]["status"]
        outcome.incidents[status] = outcome.incidents.get(status, 0) + 1


def _counts(store: Store, namespace: str, judged: Iterable[Span], window_seconds: int) -> pd.DataFrame:
    index = names.access_index(namespace)
    frames = [features.collect(store, index, span.since, span.until, window_seconds) for span in judged]
    kept = [frame for frame in frames if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else frames[0]
