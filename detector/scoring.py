"""From probabilities to findings: which entity, in which window, is what. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from detector.classes import ATTACK_CLASSES, Severity
from detector.features import KEYS, RAW, SEEN, vectors
from detector.model import NORMAL, UNUSUAL, Floats, Model
from detector.windows import HOUR_SECONDS

# Below this many requests in a window nothing can be told about how usual an entity's behaviour is.
UNUSUAL_REQUESTS = 60
# Short windows are there to be fast, the day's for what only a day shows. What is low, the hour tells, once.
LOW_WINDOW_SECONDS = HOUR_SECONDS


@dataclass(frozen=True)
class Finding:
    """One entity in one window, judged.

    first_seen, last_seen: its requests there, epoch seconds. score: probability of its class (for unusual: how
    isolated), 0..1. confidence: probability that it is hostile at all. counts: the raw figures, columns RAW.
    """

    entity_type: str
    entity_id: str
    window_start: int
    window_seconds: int
    first_seen: float
    last_seen: float
    attack_class: str
    score: float
    confidence: float
    severity: Severity
    counts: Mapping[str, float]

    @property
    def clients_named(self) -> Sequence[str]:
        """The clients it is about."""
        return (self.entity_id,)

    @property
    def window_end(self) -> int:
        """Epoch seconds, not included."""
        return self.window_start + self.window_seconds


# What a class cannot be named without.
EVIDENCE = {"injection": "hostile", "brute_force": "login_attempts", "credential_stuffing": "login_attempts"}


def _best(model: Model, probabilities: Floats, counts: pd.DataFrame) -> npt.NDArray[np.intp]:
    """The likeliest attack class of each row, among those whose own evidence it holds."""
    attacks = probabilities.copy()
    attacks[:, model.classes.index(NORMAL)] = -1.0
    for name, evidence in EVIDENCE.items():
        if name in model.classes:
            attacks[(counts[evidence] == 0).to_numpy(), model.classes.index(name)] = -0.5
    best: npt.NDArray[np.intp] = attacks.argmax(axis=1)
    return best


def score(model: Model, counts: pd.DataFrame, entity_type: str = "ip") -> list[Finding]:
    """Judge each row of `features.collect`. Normal ones yield nothing. Order: as the rows."""
    if counts.empty:
        return []
    features = vectors(counts)
    probabilities = model.probabilities(features)
    normal = model.classes.index(NORMAL)
    hostility = 1.0 - probabilities[:, normal]
    best = _best(model, probabilities, counts)
    unusualness = model.unusualness(features)
    unusual_enough = unusualness >= model.thresholds.get(UNUSUAL, np.inf)
    findings = []
    for row, record in enumerate(counts[[*KEYS, *RAW, *SEEN]].to_dict("records")):
        name = model.classes[best[row]]
        if hostility[row] >= model.thresholds[name]:
            share = probabilities[row, best[row]]
        elif unusual_enough[row] and record["requests"] >= UNUSUAL_REQUESTS:
            name, share = UNUSUAL, unusualness[row]
        else:
            continue
        figures = {key: float(record[key]) for key in ("site_requests", *RAW)}
        severity = ATTACK_CLASSES[name].severity(figures)
        if severity <= Severity.LOW and record["window_seconds"] != LOW_WINDOW_SECONDS:
            continue
        findings.append(
            Finding(
                entity_type=entity_type,
                entity_id=str(record["entity"]),
                window_start=int(record["window_start"]),
                window_seconds=int(record["window_seconds"]),
                first_seen=float(record["first_seen"]),
                last_seen=float(record["last_seen"]),
                attack_class=name,
                score=round(float(share), 4),
                confidence=round(float(hostility[row]), 4),
                severity=severity,
                counts=figures,
            )
        )
    return findings
