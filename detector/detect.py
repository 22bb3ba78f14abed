"""One pass: judge every minute that is due, write anomalies and incidents, then mark the minutes as judged.

A pass that dies half way is repeated harmlessly: everything is written by id, and the ledger last.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from detector import anomalies, features, incidents, ledger, rollups
from detector.features import Collected
from detector.groups import judging as groups
from detector.known import NOTHING_KNOWN, Known
from detector.ledger import LEVELS, QUICK, SLOW, STEADY
from detector.model import Model
from detector.modelwatch import Watched
from detector.scoring import score
from detector.vocabulary import TAGGED, SignsOf
from detector.windows import DAY_SECONDS, HOUR_SECONDS, Span, spans, touched
from wwwatch.console import Advance, no_progress
from wwwatch.moments import iso
from wwwatch.signs import Document, Signs
from wwwatch.store import Store, names

WINDOWS = {QUICK: (60,), STEADY: (600, HOUR_SECONDS), SLOW: (DAY_SECONDS,)}
# Days overlap by half, so that what takes a day to show lies in one of them for three quarters at least.
DAY_STEP_SECONDS = DAY_SECONDS // 2
# Due minutes closer than this are asked for together.
GAP_SECONDS = 6 * 3600


@dataclass
class Outcome:
    """What a pass did. minutes: slices judged. events: held in them. entity_windows: clients judged in full,
    each in each window. groups: found.

    crowds: windows where more clients showed something than are judged one by one, in words. busy: who is at work
    in this namespace, where that kept the pass from doing anything. failed: why it was cut off; what it left is still
    due. drift: see `modelwatch`; 0 if that was too little.
    read: of events that others shipped, which fields are read from elsewhere, and what could not be told.
    """

    model_version: str
    minutes: int = 0
    events: int = 0
    entity_windows: int = 0
    groups: int = 0
    anomalies: int = 0
    withdrawn: int = 0
    incidents: dict[str, int] = field(default_factory=dict)
    crowds: list[str] = field(default_factory=list)
    busy: str = ""
    failed: str = ""
    drift: float = 0.0
    read: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Site:
    """What a pass works on: the namespace, the model that judges it, how events of a span show things, who is known.

    shadow: a candidate that judges along; its findings are counted and nothing more. watched: what to say of both.
    """

    store: Store
    namespace: str
    model: Model
    signs_of: SignsOf = TAGGED
    known: Known = NOTHING_KNOWN
    shadow: Model | None = None
    watched: Watched = field(default_factory=Watched)

    @property
    def index(self) -> str:
        """What its events are read by."""
        return self.store.access_index(self.namespace)


def detect(
    site: Site,
    due: ledger.Due,
    now: datetime,
    levels: Collection[str] = tuple(LEVELS),
    advance: Advance = no_progress,
    keep: Callable[[], None] = lambda: None,
) -> Outcome:
    """Judge the due minutes, day by day. now: when, for the ledger; conclusions use event time only.

    levels: which windows, see `ledger.LEVELS`. keep: called between pieces of work, to keep the lease.
    """
    outcome = Outcome(site.model.version)
    held = site.store.time_span(site.index)
    newest = held[1] if held else now
    for day in due.by_day():
        for level in levels:
            for window_seconds in WINDOWS[level]:
                keep()
                _judge(site, day.at(level), window_seconds, outcome)
        _update_incidents(site, day, newest, outcome)
        ledger.record(site.store, site.namespace, day, levels, site.model.version, now)
        outcome.minutes += len(day.counts)
        outcome.events += sum(day.counts.values())
        advance(len(day.counts))
    return outcome


def _judge(site: Site, minutes: Sequence[int], window_seconds: int, outcome: Outcome) -> None:
    """Judge all windows of a length that hold any of the minutes."""
    judged, begun = windows_of(minutes, window_seconds)
    index, found = names.anomalies(site.namespace), set()
    for span in judged:
        written = _found_in(site, span, window_seconds, outcome)
        found |= {id_ for id_, _ in written}
        outcome.anomalies += site.store.write_documents(index, written)
    outcome.withdrawn += anomalies.withdraw_missing(site.store, site.namespace, begun, window_seconds, found)


def _found_in(site: Site, span: Span, window_seconds: int, outcome: Outcome) -> list[tuple[str, Document]]:
    """The anomalies of a span's windows: of single clients, and of groups."""
    store, namespace, signs = site.store, site.namespace, site.signs_of(span)
    counts = _counts(site, span, window_seconds, signs, outcome)
    findings = score(site.model, counts)
    site.watched.add(counts, findings, score(site.shadow, counts) if site.shadow else [])
    written = anomalies.documents(store, namespace, site.model, findings, site.known, signs)
    _add_past(site, written)
    grouped = groups.judge(store, site.index, namespace, [span], window_seconds, signs, site.known.spared)
    written += anomalies.group_documents(store, namespace, site.model, grouped, site.known, signs)
    outcome.groups += len(grouped)
    return written


def _add_past(site: Site, written: Sequence[tuple[str, Document]]) -> None:
    """Say of clients that were hostile on earlier days that they come back."""
    by_day: dict[str, list[Document]] = {}
    for _, document in written:
        by_day.setdefault(document["event"]["start"][:10], []).append(document)
    for documents in by_day.values():
        before = datetime.fromisoformat(documents[0]["event"]["start"])
        clients = {str(document["wwwatch"]["entity"]["id"]) for document in documents}
        known = rollups.past(site.store, site.namespace, clients, before)
        for document in documents:
            if past := known.get(str(document["wwwatch"]["entity"]["id"])):
                document["wwwatch"]["past"] = {"first_seen": iso(past.first_seen), "days": past.days}
                document["event"]["reason"] += f"; {rollups.told(past)}"


def windows_of(minutes: Sequence[int], window_seconds: int) -> tuple[list[Span], list[Span]]:
    """(spans of whole windows to judge, spans the judged windows begin in), for due minutes."""
    if window_seconds == DAY_SECONDS:
        starts = touched(minutes, window_seconds, DAY_STEP_SECONDS)
        days = [Span(start, start + DAY_SECONDS) for start in starts]
        return days, [Span(start, start + DAY_STEP_SECONDS) for start in starts]
    joined = spans(touched(minutes, window_seconds), window_seconds, DAY_SECONDS, GAP_SECONDS)
    return joined, joined


def _counts(site: Site, span: Span, window_seconds: int, signs: Signs, outcome: Outcome) -> pd.DataFrame:
    collected = _collected(site, span, window_seconds, signs)
    outcome.entity_windows += len(collected.counts)
    outcome.crowds += [
        f"{crowd.clients:,} clients with {crowd.sign.replace('_', ' ')} in the {window_seconds} seconds from "
        f"{datetime.fromtimestamp(crowd.window_start, UTC):%Y-%m-%d %H:%M} UTC: the {crowd.judged:,} with most "
        "are judged one by one, all of them in groups"
        for crowd in collected.crowds
    ]
    return collected.counts


def _collected(site: Site, span: Span, window_seconds: int, signs: Signs) -> Collected:
    """Counts of a span's windows. Hours are remembered on the way; days are looked up in what is remembered."""
    store, index = site.store, site.index
    if window_seconds == HOUR_SECONDS:
        hours = features.hourly(store, index, span, signs)
        rollups.remember(store, site.namespace, hours.clients)
        screened = features.shortlisted(hours)
    elif window_seconds == DAY_SECONDS:
        screened = features.daily(store, index, span, rollups.days(store, site.namespace, span))
    else:
        screened = features.grave(store, index, span, window_seconds, signs)
    return features.collect(store, index, span.since, span.until, window_seconds, signs=signs, screened=screened)


def _update_incidents(site: Site, day: ledger.Due, newest: datetime, outcome: Outcome) -> None:
    low, high = min(day.counts), max(day.counts) + ledger.SLICE_SECONDS
    reach = Span(low - low % DAY_SECONDS, high)
    for incident in incidents.update(site.store, site.namespace, reach.since, reach.until, newest):
        status = incident["wwwatch"]["status"]
        outcome.incidents[status] = outcome.incidents.get(status, 0) + 1
