"""What simpler things find on the same events: a limit of requests a minute, and an isolation forest alone."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from bench.quality.named import Document
from bench.quality.workplace import Workplace
from detector import base_rows
from detector.features import ENTITY_FIELD, vectors
from detector.model import NORMAL, Floats, fit_outliers
from detector.screening import REQUESTS, Question, screen
from detector.service import read_history
from detector.windows import Span, aligned
from wwwatch.signs import PLAIN
from wwwatch.store import names

# What people set as a limit where they set one.
REQUESTS_A_MINUTE = 100
FOREST_WINDOW_SECONDS = 600
# One normal window in a thousand is above the forest's threshold.
FOREST_QUANTILE = 0.999


def measure(place: Workplace, namespace: str, hostile: Mapping[str, bool], confident: set[str]) -> Document:
    """For each baseline: hostile clients found, of high confidence, and harmless ones named.

    hostile: what is known of each client; confident: those surely hostile.
    """
    index = names.access_index(namespace)
    held = place.store.time_span(index)
    if held is None:
        return {}
    minutes = aligned(held[0], held[1], 60)
    a_minute = Question(60, {REQUESTS: REQUESTS_A_MINUTE}, PLAIN, ENTITY_FIELD)
    loud = set(screen(place.store, index, Span(minutes.start, minutes.end), a_minute).clients["entity"])
    history = read_history(place.store, namespace, Span(minutes.start, minutes.end))
    windows = history[history["window_seconds"] == FOREST_WINDOW_SECONDS] if len(history) else history
    forest, threshold = _forest()
    odd: set[str] = set()
    if len(windows):
        odd = set(windows["entity"][-forest.score_samples(_filled(windows)) >= threshold])
    return {name: _told(named, hostile, confident) for name, named in (("threshold", loud), ("forest", odd))}


def _told(named: set[str], hostile: Mapping[str, bool], confident: set[str]) -> Document:
    return {
        "found": sum(hostile.get(client, False) for client in named),
        "confident_found": len(named & confident),
        "harmless_named": sum(not hostile[client] for client in named if client in hostile),
    }


@cache
def _forest() -> tuple[IsolationForest, float]:
    """Fitted on ordinary ten-minute windows of made-up sites."""
    rows = base_rows.load()
    normal = rows.take(
        (rows.labels == NORMAL).to_numpy() & (rows.counts["window_seconds"] == FOREST_WINDOW_SECONDS).to_numpy()
    )
    forest = fit_outliers(vectors(normal.counts))
    return forest, float(np.quantile(-forest.score_samples(_filled(normal.counts)), FOREST_QUANTILE))


def _filled(counts: pd.DataFrame) -> Floats:
    filled: Floats = vectors(counts).fillna(0.0).to_numpy()
    return filled
