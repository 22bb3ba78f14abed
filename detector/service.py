"""The steps of a training and of a pass, put together: the only place that reads and writes everything in order."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import pandas as pd

from detector import attack_rows, base_rows, feedback, labels, ledger, modelwatch, registry, training, vocabulary
from detector import detect as passes
from detector.features import WINDOWS_SECONDS, collect
from detector.logins import keeping as logins
from detector.model import Model
from detector.training import Rows, label_counts
from detector.vocabulary import TAGGED, SignsOf, signs_of
from detector.windows import DAY_SECONDS, Span, aligned, spans
from wwwatch import control
from wwwatch.console import Advance, no_progress
from wwwatch.errors import UsageError
from wwwatch.settings import DetectorSettings
from wwwatch.store import Store

DEFAULTS = DetectorSettings()


def active_model(store: Store, namespace: str, now: datetime) -> Model:
    """The namespace's active model; the base model, registered on first use, where none was trained."""
    version = registry.active_version(store, namespace)
    if version is not None:
        return registry.load(store, namespace, version)
    return base_model(store, namespace, now)


def base_model(store: Store, namespace: str, now: datetime) -> Model:
    """The base model. Fitted once per store and version of its rows, then kept in the registry for every namespace."""
    version = base_rows.version()
    if version in {entry["version"] for entry in registry.versions(store, namespace)}:
        model = registry.load(store, namespace, version)
    else:
        model = training.fit_base(base_rows.load(), version)
        registry.register(store, namespace, model, now)
    if registry.active_version(store, namespace) is None:
        registry.activate(store, namespace, version, now)
    return model


def due_minutes(
    store: Store,
    namespace: str,
    since: datetime | None,
    until: datetime | None,
    levels: Collection[str] = tuple(ledger.LEVELS),
) -> ledger.Due:
    """What to judge: all that is due, or every minute of a span. Raise UsageError for a span of no length."""
    if since is None and until is None:
        return ledger.due(store, namespace, levels)
    span = _span(store, namespace, since, until)
    return ledger.spanned(store, namespace, span.since, span.until) if span else ledger.Due({})


def detect(
    store: Store,
    namespace: str,
    model: Model,
    due: ledger.Due,
    now: datetime,
    advance: Advance = no_progress,
    levels: Collection[str] = tuple(ledger.LEVELS),
    keep: Callable[[], None] = lambda: None,
    settings: DetectorSettings = DEFAULTS,
) -> passes.Outcome:
    """One pass over the due minutes. keep: called between pieces of work, to keep the lease."""
    shadow = shadow_model(store, namespace)
    known = feedback.known(store, namespace, settings, now)
    if ledger.SLOW in levels:
        logins.refresh(store, namespace, now)
    seen = signs_of(store, namespace, logins.known(store, namespace, settings.logins))
    site = passes.Site(store, namespace, model, seen, known, shadow)
    outcome = passes.detect(site, due, now, levels, advance, keep)
    outcome.read = vocabulary.told(seen)
    outcome.drift = modelwatch.record(store, namespace, model, shadow, site.watched, now, outcome.read)
    return outcome


def model_to_read(store: Store, namespace: str, version: str | None) -> Model:
    """A version, else the active model, else the base model, without registering anything."""
    wanted = version or registry.active_version(store, namespace)
    return (
        registry.load(store, namespace, wanted) if wanted else training.fit_base(base_rows.load(), base_rows.version())
    )


def shadow_model(store: Store, namespace: str) -> Model | None:
    """The candidate that judges along. One of other features is passed over: it cannot judge."""
    version = registry.shadow_version(store, namespace)
    try:
        return registry.load(store, namespace, version) if version else None
    except registry.ModelError:
        return None


def history_span(store: Store, namespace: str, since: datetime | None, until: datetime | None) -> Span | None:
    """The asked span, cut to where there are events; None where there are none."""
    return _span(store, namespace, since, until)


def train(
    store: Store,
    namespace: str,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    advance: Advance = no_progress,
    settings: DetectorSettings = DEFAULTS,
) -> dict[str, Any]:
    """Fit and register a model of the stored history; it becomes active if it is not worse than the one before.

    Result: {trained, activated, model_version, reason, card, thresholds}. With too little history nothing changes but
    that the base model is sure to be there.
    """
    base = base_model(store, namespace, now)
    span = _span(store, namespace, since, until)
    advance(0, description="Training: reading history")
    found = logins.find(store, namespace, now) if span else []
    seen = signs_of(store, namespace, logins.known(store, namespace, settings.logins))
    history = read_history(store, namespace, span, seen, advance) if span else pd.DataFrame()
    told = labels.by_verdict(history, control.verdicts(store, namespace)) if len(history) else None
    normal, left_out = training.clean(base, told.rest) if told else (history, 0)
    reason = training.enough(normal) if len(normal) else "no events in this span"
    if reason or span is None or told is None:
        active = registry.active_version(store, namespace)
        outcome = {"trained": False, "activated": False, "model_version": active, "reason": reason}
        return outcome | {"card": None, "thresholds": None}
    advance(0, description="Training: simulating attacks on this site")
    attacks = attack_rows.for_site(store, namespace, span, normal, seen(span), advance)
    advance(0, description="Training: fitting")
    notes = {
        "history": {"since": span.since.isoformat(), "until": span.until.isoformat(), "windows": len(history)},
        "left_out_clients": left_out,
        "verdict_rows": label_counts(told.rows.labels),
        "base_model": base.version,
        "read": vocabulary.told(seen),
        "logins": [one.path for one in found],
    }
    version = f"{now:%Y%m%dT%H%M%S}-{base.schema}"
    learned = training.joined([attacks, told.rows])
    model, kept = training.fit(
        base_rows.load(), normal, learned, version, notes, now, settings.false_incidents_per_week
    )
    registry.register(store, namespace, model, now)
    reason = _worse(_usable(store, namespace), model, kept)
    if reason is None:
        registry.activate(store, namespace, version, now)
    return {
        "trained": True,
        "activated": reason is None,
        "model_version": version,
        "reason": reason,
        "card": model.card,
        "thresholds": dict(model.thresholds),
    }


def _usable(store: Store, namespace: str) -> Model | None:
    """The active model; None if it was trained on other features and cannot be used any more."""
    try:
        return registry.load(store, namespace, registry.active_version(store, namespace) or "")
    except registry.ModelError:
        return None


def _worse(active: Model | None, candidate: Model, kept: Rows) -> str | None:
    """Why a candidate is not to replace the active model; None if it may. The base model may always be replaced.

    Both are held against what the candidate was not fitted to. The active one may have been: that favours it.
    """
    if active is None or active.card.get("base"):
        return None
    return training.measured(candidate, kept).worse_than(training.measured(active, kept))


def read_history(
    store: Store, namespace: str, span: Span, seen: SignsOf = TAGGED, advance: Advance = no_progress
) -> pd.DataFrame:
    """The counts of every window length over a span, day by day so that no request grows with the history."""
    frames = []
    for window_seconds in WINDOWS_SECONDS:
        whole = aligned(span.since, span.until, window_seconds)
        starts = range(whole.start, whole.end, window_seconds)
        for part in spans(starts, window_seconds, DAY_SECONDS):
            index = store.access_index(namespace)
            frames.append(collect(store, index, part.since, part.until, window_seconds, signs=seen(part)).counts)
            advance(len(frames[-1]))
    kept = [frame for frame in frames if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else frames[0]


def _span(store: Store, namespace: str, since: datetime | None, until: datetime | None) -> Span | None:
    """The asked span, cut to where there are events; None where there are none."""
    if since and until and since >= until:
        raise UsageError(f"--since {since.isoformat()} is not before --until {until.isoformat()}.")
    held = store.time_span(store.access_index(namespace))
    if held is None:
        return None
    oldest, newest = held
    low = max(since, oldest) if since else oldest
    high = min(int(until.timestamp()), int(newest.timestamp()) + 1) if until else int(newest.timestamp()) + 1
    start = int(low.timestamp())
    return Span(start, high) if start < high else None
