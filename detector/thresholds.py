"""From which probability on something is raised: per class, for an alert budget, on history the fit has not seen.

And how a model is measured: on that history and on attack runs it was not fitted to. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from detector.classes import Severity
from detector.features import vectors
from detector.model import CLASSES, NORMAL, UNUSUAL, Model
from detector.scoring import Finding, score

WEEK_SECONDS = 7 * 86400
# A probability below this is never raised, however quiet the site's history is.
LOWEST_THRESHOLD = 0.5
# Findings of low severity are only told in the digest: so many false ones a week are borne for each false incident.
LOW_FINDINGS_AN_INCIDENT = 20
# Beyond the most isolated normal window of history, by this share of the way to the end of the scale.
UNUSUAL_MARGIN = 0.1
# A candidate is not worse if its recall is at most so much lower: less is within what another draw of runs changes.
RECALL_TOLERANCE = 0.02


@dataclass(frozen=True)
class Measured:
    """What a model makes of known rows.

    recall: class -> share of its attack rows that are raised, as any class. precision: class -> of the rows raised as
    this class, the share that is of it. false_incidents: (client, class) pairs of normal history raised with medium
    severity or more.
    """

    recall: dict[str, float]
    precision: dict[str, float]
    false_incidents: int

    def card(self) -> dict[str, Any]:
        """For the model card."""
        rounded = {
            name: {key: round(value, 4) for key, value in figures.items()}
            for name, figures in (("recall", self.recall), ("precision", self.precision))
        }
        return {**rounded, "false_incidents": self.false_incidents}

    def worse_than(self, other: "Measured") -> str | None:
        """Why this is worse than another measured on the same rows; None if it is not."""
        if self.false_incidents > other.false_incidents:
            return f"{self.false_incidents} false incidents on held-out history, {other.false_incidents} before"
        known = [name for name in self.recall if name in other.recall]
        mine, others = (float(np.mean([m.recall[n] for n in known])) if known else 1.0 for m in (self, other))
        if mine < others - RECALL_TOLERANCE:
            return f"recall of held-out attack runs {mine:.2f}, {others:.2f} before"
        return None


def choose(model: Model, held_out: pd.DataFrame, incidents_per_week: float) -> dict[str, float]:
    """Per class, the lowest threshold that keeps held-out normal history within the budget.

    incidents_per_week: false incidents of medium severity or more that are borne; the classes share it evenly. Half
    way from the loudest one beyond the budget to certainty leaves room for a little more of the same. That none of
    n weeks is raised bounds the rate only at about 3/n (rule of three); the card says n.
    """
    thresholds = dict.fromkeys(CLASSES, LOWEST_THRESHOLD)
    if held_out.empty:
        return thresholds
    borne = incidents_per_week * weeks(held_out) / len(CLASSES)
    findings = score(replace(model, thresholds=thresholds | {UNUSUAL: np.inf}), held_out)
    for name in CLASSES:
        mine = [finding for finding in findings if finding.attack_class == name]
        grave = [finding for finding in mine if finding.severity >= Severity.MEDIUM]
        thresholds[name] = max(_above(grave, int(borne)), _above(mine, int(borne * (1 + LOW_FINDINGS_AN_INCIDENT))))
    if model.outliers is not None:
        highest = float(model.unusualness(vectors(held_out)).max())
        thresholds[UNUSUAL] = highest + UNUSUAL_MARGIN * (1 - highest)
    return thresholds


def _above(findings: Iterable[Finding], borne: int) -> float:
    """A threshold that so many entities at most pass: a client that is raised again and again is one incident."""
    peaks: dict[str, float] = {}
    for finding in findings:
        peaks[finding.entity_id] = max(finding.confidence, peaks.get(finding.entity_id, 0.0))
    beyond = sorted(peaks.values(), reverse=True)[borne:]
    return max(LOWEST_THRESHOLD, (1 + beyond[0]) / 2) if beyond else LOWEST_THRESHOLD


def weeks(history: pd.DataFrame) -> float:
    """How long a stretch of history is."""
    return float(history["window_start"].max() - history["window_start"].min()) / WEEK_SECONDS


def measure(model: Model, attacks: pd.DataFrame, labels: pd.Series, normal: pd.DataFrame) -> Measured:
    """Hold a model against attack rows with their labels, and against normal history. None of them were fitted to."""
    recall: dict[str, float] = {}
    precision: dict[str, float] = {}
    if len(attacks):
        probabilities = model.probabilities(vectors(attacks))
        hostility = 1.0 - probabilities[:, model.classes.index(NORMAL)]
        probabilities[:, model.classes.index(NORMAL)] = -1.0
        named = np.array(model.classes)[probabilities.argmax(axis=1)]
        raised = hostility >= np.array([model.thresholds[name] for name in named])
        for name in sorted(set(labels)):
            mine = (labels == name).to_numpy()
            recall[name] = float(raised[mine].mean())
            if (said := raised & (named == name)).any():
                precision[name] = float(mine[said].mean())
    findings = score(model, normal)
    pairs = {(f.entity_id, f.attack_class) for f in findings if f.severity >= Severity.MEDIUM}
    return Measured(recall, precision, len(pairs))
