"""The model: feature vectors in, a probability for each class out, and how unusual they are.

Two scikit-learn estimators: calibrated gradient boosting for the classes, an isolation forest for what fits no class.
Trained in `training`, kept in `registry`, turned into findings in `scoring`.
"""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.frozen import FrozenEstimator
from threadpoolctl import threadpool_limits

from detector.features import FEATURES, schema_hash

NORMAL = "normal"
CLASSES = ("dos", "brute_force", "credential_stuffing", "scan", "injection", "scraping")
UNUSUAL = "unusual"
SEED = 20261123
# Of each class, the share of groups (attack runs, clients) that only calibrates.
CALIBRATION_SHARE = 0.25

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A trained model and what is needed to use and explain it.

    classifier: classes_ are NORMAL and some of CLASSES. outliers: None where history was too short to know what
    is usual. thresholds: class -> probability of being hostile from which on it is raised; UNUSUAL -> the
    isolation forest's score. expected: (window_seconds, feature) -> what 99 of 100 normal client windows stay below.
    card: for people, see `training`.
    """

    version: str
    schema: str
    classifier: CalibratedClassifierCV
    outliers: IsolationForest | None
    thresholds: Mapping[str, float]
    typical: Mapping[str, float]
    expected: Mapping[int, Mapping[str, float]]
    card: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.schema != schema_hash():
            raise ValueError(
                f"Model {self.version} was trained on feature schema {self.schema}, not on {schema_hash()}"
            )

    @property
    def classes(self) -> list[str]:
        """The classifier's classes, in the order of its probabilities."""
        return [str(name) for name in self.classifier.classes_]

    def probabilities(self, vectors: pd.DataFrame) -> Floats:
        """Shape (rows, classes). vectors: columns FEATURES, in any order; NaN is allowed."""
        with one_thread():
            result: Floats = self.classifier.predict_proba(vectors[list(FEATURES)].to_numpy())
        return result

    def hostility(self, vectors: pd.DataFrame) -> Floats:
        """Shape (rows,). 1 - probability of NORMAL: higher is more hostile."""
        return 1.0 - self.probabilities(vectors)[:, self.classes.index(NORMAL)]

    def unusualness(self, vectors: pd.DataFrame) -> Floats:
        """Shape (rows,). Higher is more unusual, 0..1 (Liu, Ting and Zhou, 2008). Zeros without history."""
        if self.outliers is None:
            return np.zeros(len(vectors))
        result: Floats = -self.outliers.score_samples(_filled(vectors))
        return result


def _filled(vectors: pd.DataFrame) -> Floats:
    """Isolation forests take no NaN: a share of nothing is 0."""
    filled: Floats = vectors[list(FEATURES)].fillna(0.0).to_numpy()
    return filled


def one_thread() -> threadpool_limits:
    """For scikit-learn: threads that share their cores with the store wait for each other more than they help."""
    return threadpool_limits(limits=1, user_api="openmp")


def fit_classifier(
    vectors: pd.DataFrame, labels: pd.Series, weights: pd.Series, groups: pd.Series
) -> CalibratedClassifierCV:
    """Fit the classes, then calibrate on groups the fit has not seen, so that a probability means what it says.

    vectors: columns FEATURES; labels: NORMAL or a class; weights: importance of each row; groups: rows of one attack
    run or client, which stay together: in random folds every run would be on both sides, and everything looks sure.
    """
    names, importance = labels.to_numpy(dtype=str), weights.to_numpy()
    # A feature that is known of no row has no bins; a constant has, and is never used.
    features = vectors[list(FEATURES)].fillna(dict.fromkeys(vectors.columns[vectors.isna().all()], 0.0)).to_numpy()
    fits, calibrates = apart(labels, groups)
    boosting = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.2, max_leaf_nodes=15, min_samples_leaf=10, l2_regularization=1.0,
        early_stopping=False, random_state=SEED,
    )  # fmt: skip
    with one_thread(), warnings.catch_warnings():
        boosting.fit(features[fits], names[fits], sample_weight=importance[fits])
        calibrated = CalibratedClassifierCV(FrozenEstimator(boosting), method="sigmoid")
        # scikit-learn warns that a frozen estimator takes no weights; being frozen, it needs none.
        warnings.filterwarnings("ignore", "Since FrozenEstimator", UserWarning)
        return calibrated.fit(features[calibrates], names[calibrates], sample_weight=importance[calibrates])


def apart(labels: pd.Series, groups: pd.Series) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(rows to fit, rows to calibrate on): of each class CALIBRATION_SHARE of its groups, chosen by their names.

    A class of a single group calibrates on what it was fitted to: better than not to be known.
    """
    fits, calibrates = np.ones(len(labels), dtype=bool), np.zeros(len(labels), dtype=bool)
    for name in labels.unique():
        mine = (labels == name).to_numpy()
        ordered = sorted(groups[mine].unique(), key=lambda group: hashlib.sha256(str(group).encode()).digest())
        kept = mine & groups.isin(ordered[: max(1, round(CALIBRATION_SHARE * len(ordered)))]).to_numpy()
        calibrates |= kept
        if len(ordered) > 1:
            fits &= ~kept
    return fits, calibrates


def fit_outliers(vectors: pd.DataFrame) -> IsolationForest:
    """Fit what is usual, on normal rows only."""
    forest = IsolationForest(n_estimators=200, max_samples=min(512, len(vectors)), random_state=SEED)
    return forest.fit(_filled(vectors))
