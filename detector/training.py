"""Fits a model: the site's own history as normal, attacks from the simulator in the site's own URLs as the classes.

History is dirty. What carries an attack's signs is left out before anything is learned as normal (`clean`), with
every other window of the same client, because an attacker's quiet windows are no better an example.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from detector import thresholds
from detector.features import FEATURES, RAW, WINDOWS_SECONDS, schema_hash, vectors
from detector.model import CLASSES, NORMAL, SEED, Model, apart, fit_classifier, fit_outliers
from detector.modelwatch import reference
from wwwatch.moments import iso

# The share of history, the newest, that only sets thresholds.
HELD_OUT_SHARE = 0.25
# Less history than this says nothing about a site: the base model stays.
LEAST_NORMAL_ROWS = 200
LEAST_HISTORY_SECONDS = 86400
# With less than this many days, "unusual" cannot be told from "not seen yet".
LEAST_DAYS_FOR_UNUSUAL = 2
BASE_WEIGHT = 0.5
# More windows of normal clients than this, drawn by chance, teach nothing new and only take time.
MOST_NORMAL_ROWS = 60_000
EXPECTED_QUANTILE = 0.99
# From this probability of being hostile on, a row of history does not count as normal.
CLEAN_HOSTILITY = 0.5


@dataclass(frozen=True)
class Rows:
    """Labelled counts: columns KEYS + RAW, and for each row a label (NORMAL or a class) and a group.

    groups: what is no more than one example however many rows it has, an attack's run or a client. Calibration must
    not see in one row what the fit saw in another of the same group.
    """

    counts: pd.DataFrame
    labels: pd.Series
    groups: pd.Series

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, positions: npt.ArrayLike) -> "Rows":
        """The rows at these positions (or where a mask is true), numbered anew."""
        at = np.asarray(positions)
        at = np.flatnonzero(at) if at.dtype == bool else at
        return Rows(
            self.counts.iloc[at].reset_index(drop=True),
            self.labels.iloc[at].reset_index(drop=True),
            self.groups.iloc[at].reset_index(drop=True),
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, in order."""
    columns = zip(*((part.counts, part.labels, part.groups) for part in parts), strict=True)
    return Rows(*(pd.concat(column, ignore_index=True) for column in columns))


def fit_base(base: Rows, version: str) -> Model:
    """The model for a site without history: simulated people and attackers of several made-up sites."""
    features = vectors(base.counts)
    weights = balanced(base.labels)
    classifier = fit_classifier(features, base.labels, weights, base.groups)
    card = {"base": True, "history": None, "rows": label_counts(base.labels)}
    return Model(
        version=version,
        schema=schema_hash(),
        classifier=classifier,
        outliers=None,
        thresholds=dict.fromkeys(CLASSES, thresholds.LOWEST_THRESHOLD),
        typical=typical(features[base.labels.to_numpy() == NORMAL]),
        expected=expected(base.counts[base.labels.to_numpy() == NORMAL]),
        card=card,
    )


def clean(base: Model, history: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """History without clients that show signs of an attack in any window. Return it and how many clients went.

    Signs: the base model finds a window hostile, or an attack's signature is in its requests.
    """
    if history.empty:
        return history, 0
    hostile = (base.hostility(vectors(history)) >= CLEAN_HOSTILITY) | (history["hostile"].to_numpy() > 0)
    dirty = set(history["entity"][hostile])
    return history[~history["entity"].isin(dirty)], len(dirty)


def enough(normal: pd.DataFrame) -> str | None:
    """Why this history is too little to learn from; None if it is enough."""
    if len(normal) < LEAST_NORMAL_ROWS:
        return f"{len(normal)} windows of normal clients with something to tell; {LEAST_NORMAL_ROWS} are needed"
    span_seconds = int(normal["window_start"].max() - normal["window_start"].min())
    if span_seconds < LEAST_HISTORY_SECONDS:
        return f"{span_seconds / 3600:.1f} hours between first and last; {LEAST_HISTORY_SECONDS // 3600} are needed"
    return None


def fit(
    base: Rows,
    normal: pd.DataFrame,
    attacks: Rows,
    version: str,
    notes: Mapping[str, Any],
    now: datetime,
    incidents_per_week: float = 1.0,
) -> tuple[Model, Rows]:
    """Fit a site's model. normal: cleaned history. attacks: the simulator's, in the site's URLs.

    The newest quarter of history takes no part in the fit: it sets the thresholds, for a budget of so many false
    incidents a week. notes go into the card. Result: the model, and the rows it was not fitted to, to compare it by.
    """
    fitted, held_out = split(normal)
    if len(fitted) > MOST_NORMAL_ROWS:
        fitted = fitted.sample(MOST_NORMAL_ROWS, random_state=SEED)
    rows = joined([_normal(fitted), attacks, base])
    weights = balanced(rows.labels)
    weights.iloc[len(fitted) + len(attacks) :] *= BASE_WEIGHT
    classifier = fit_classifier(vectors(rows.counts), rows.labels, weights, rows.groups)
    days = (normal["window_start"].max() - normal["window_start"].min()) / 86400
    outliers = fit_outliers(vectors(fitted)) if days >= LEAST_DAYS_FOR_UNUSUAL else None
    draft = Model(
        version=version,
        schema=schema_hash(),
        classifier=classifier,
        outliers=outliers,
        thresholds={},
        typical=typical(vectors(fitted)),
        expected=expected(normal),
    )
    judged = replace(draft, thresholds=thresholds.choose(draft, held_out, incidents_per_week))
    _, unseen = apart(rows.labels, rows.groups)
    unseen[: len(fitted)] = unseen[len(fitted) + len(attacks) :] = False
    kept = joined([_normal(held_out), rows.take(unseen)])
    card = {
        "base": False,
        "created": iso(now),
        "rows": label_counts(rows.labels),
        "held_out": {"rows": len(held_out), "weeks": round(thresholds.weeks(held_out), 3)},
        "incidents_per_week": incidents_per_week,
        "metrics": measured(judged, kept).card(),
        "schema": schema_hash(),
        "reference": reference(fitted),
        **notes,
    }
    return replace(judged, card=card), kept


def split(normal: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History to fit, and the newest HELD_OUT_SHARE of it, which is not fitted."""
    cut = np.quantile(normal["window_start"], 1 - HELD_OUT_SHARE)
    return normal[normal["window_start"] < cut], normal[normal["window_start"] >= cut]


def _normal(history: pd.DataFrame) -> Rows:
    return Rows(history, pd.Series(NORMAL, index=history.index, dtype=str), history["entity"].astype(str))


def measured(model: Model, kept: Rows) -> thresholds.Measured:
    """A model against rows it was not fitted to: normal history and attacks."""
    normal = (kept.labels == NORMAL).to_numpy()
    attacks = kept.take(~normal)
    return thresholds.measure(model, attacks.counts, attacks.labels, kept.counts[normal])


def capped(rows: Rows, most: int, seed: int) -> Rows:
    """At most so many rows of each attack class, drawn by chance: more of the same would only cost time."""
    order = np.random.default_rng(seed).permutation(len(rows))
    labels = rows.labels.iloc[order]
    kept = order[(labels.groupby(labels).cumcount() < most).to_numpy() | (labels == NORMAL).to_numpy()]
    kept.sort()
    return rows.take(kept)


def balanced(labels: pd.Series) -> pd.Series:
    """A weight a row so that normal weighs as much as all attacks together, and every attack class the same."""
    counts = labels.value_counts()
    attacks = max(1, len(counts) - 1)
    share = {name: (0.5 if name == NORMAL else 0.5 / attacks) / count for name, count in counts.items()}
    return labels.map(share).astype("float64") * len(labels)


def typical(features: pd.DataFrame) -> dict[str, float]:
    """The median of each feature among normal rows; 0 where it is never known."""
    medians = features.median()
    return {name: float(medians[name]) if np.isfinite(medians[name]) else 0.0 for name in FEATURES}


def expected(counts: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Per window length and raw figure, what EXPECTED_QUANTILE of normal client windows stay below."""
    result = {}
    for seconds in WINDOWS_SECONDS:
        rows = counts[counts["window_seconds"] == seconds]
        if len(rows):
            quantiles = rows[list(RAW)].quantile(EXPECTED_QUANTILE)
            result[seconds] = {name: round(float(quantiles[name]), 3) for name in RAW if np.isfinite(quantiles[name])}
    return result


def label_counts(labels: pd.Series) -> dict[str, int]:
    """How many rows of each label."""
    return {str(name): int(count) for name, count in sorted(labels.value_counts().items())}
