"""How a model keeps up: whether what it sees drifts from what it was fitted to, and what a candidate would find.

Each pass writes one document of figures to `metrics-wwwatch.pipeline-NS`; `models show` and `status` read them back.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pandas as pd

from detector.features import FEATURES, vectors
from detector.model import Model
from detector.scoring import Finding
from detector.windows import HOUR_SECONDS
from wwwatch.errors import StoreError
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

COMPONENT = "detector"
BINS = 10
DIGITS = 6  # of edges and shares in a model's card
# Of a bin nothing fell into, so that the logarithm is finite: half a row.
LEAST_ROWS = 200
# A population stability index above this is usually called a significant shift (Siddiqi, 2006); below 0.1 is none.
ALARM = 0.25
RECENT = timedelta(days=7)


def reference(normal: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """Per feature, edges of bins that hold about the same share of normal hours each, and those shares.

    normal: columns KEYS + RAW of all window lengths. Kept in the model's card.
    """
    features = vectors(normal[normal["window_seconds"] == HOUR_SECONDS])
    found = {}
    for name in FEATURES:
        values = features[name].dropna().to_numpy()
        quantiles = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]) if len(values) else np.array([])
        # Rounded before anything is counted: an edge that is the logarithm of a count must stay one.
        edges = np.unique(quantiles.round(DIGITS))
        if len(edges) and np.ptp(values):
            found[name] = {"edges": edges.tolist(), "shares": _shares(values, edges).round(DIGITS).tolist()}
    return found


def _shares(values: Any, edges: Any) -> Any:
    counts = np.bincount(np.searchsorted(edges, values.round(DIGITS), side="right"), minlength=len(edges) + 1)
    return counts / max(1, len(values))


def drift(kept: Mapping[str, Mapping[str, Sequence[float]]], counts: pd.DataFrame) -> dict[str, float]:
    """Population stability index of each feature: sum of (seen - expected) * ln(seen / expected) over its bins.

    kept: `reference` of the model. counts: what a pass judged. {} for fewer than LEAST_ROWS hours: chance would look
    like drift.
    """
    hours = counts[counts["window_seconds"] == HOUR_SECONDS] if len(counts) else counts
    if len(hours) < LEAST_ROWS:
        return {}
    features = vectors(hours)
    found = {}
    for name, figures in kept.items():
        values = features[name].dropna().to_numpy()
        if len(values) >= LEAST_ROWS:
            least = 0.5 / len(values)
            seen = np.maximum(_shares(values, np.array(figures["edges"])), least)
            expected = np.maximum(np.array(figures["shares"]), least)
            found[name] = round(float(((seen - expected) * np.log(seen / expected)).sum()), 4)
    return found


@dataclass
class Watched:
    """Figures of one pass. found, shadowed: class -> findings of the active model and of its shadow."""

    hours: list[pd.DataFrame] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    shadowed: Counter[str] = field(default_factory=Counter)

    def add(self, counts: pd.DataFrame, found: Sequence[Finding], shadowed: Sequence[Finding]) -> None:
        """Take note of judged windows. Hours of clients that are raised tell of attacks, not of how a site changes: the
        model's reference is without them, too.
        """
        if len(counts) and counts["window_seconds"].iloc[0] == HOUR_SECONDS:
            raised = {client for finding in found for client in finding.clients_named}
            self.hours.append(counts[~counts["entity"].isin(raised)])
        self.found.update(finding.attack_class for finding in found)
        self.shadowed.update(finding.attack_class for finding in shadowed)


def record(
    store: Store,
    namespace: str,
    model: Model,
    shadow: Model | None,
    watched: Watched,
    now: datetime,
    read: Sequence[str] = (),
) -> float:
    """Write the figures of a pass. Return the largest drift of a feature, 0 where too little was judged.

    read: see `detect.Outcome`.
    """
    hours = pd.concat(watched.hours, ignore_index=True) if watched.hours else pd.DataFrame()
    drifted = drift(model.card.get("reference", {}), hours)
    worst = max(drifted, key=lambda name: drifted[name], default="")
    own: Document = {
        "namespace": namespace,
        "component": COMPONENT,
        "model_version": model.version,
        "findings": dict(watched.found),
        "drift": {"psi": drifted.get(worst, 0.0), "feature": worst, "hours": len(hours)},
    }
    if read:
        own["reading"] = list(read)
    if shadow:
        own["shadow"] = {"model_version": shadow.version, "findings": dict(watched.shadowed)}
    document = {"@timestamp": iso(now), "event": {"dataset": "wwwatch.pipeline"}, "wwwatch": own}
    body = b"\n".join((orjson.dumps({"create": {"_id": uuid.uuid4().hex}}), orjson.dumps(document), b""))
    result = store.bulk_patiently(names.pipeline_stream(namespace), body)
    if result.errors:
        raise StoreError(f"The store refused figures of the detector: {result.errors[0][1]}")
    return float(drifted.get(worst, 0.0))


def recent(store: Store, namespace: str, version: str, now: datetime) -> Document:
    """What passes of the last RECENT said of a version: drift of the newest that could tell, findings beside a shadow.

    Result: {drift: {psi, feature, hours} or None, alarm, passes, shadow: {version: {active, shadow}}}, where active
    and shadow count findings by class in the same passes.
    """
    query = {
        "bool": {
            "filter": [
                {"term": {"wwwatch.component": COMPONENT}},
                {"term": {"wwwatch.model_version": version}},
                {"range": {"@timestamp": {"gte": iso(now - RECENT), "lte": iso(now)}}},
            ]
        }
    }
    passes = [
        document["wwwatch"]
        for _, document in store.documents(
            names.pipeline_stream(namespace), query, [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}]
        )
    ]
    told = next((one["drift"] for one in passes if one["drift"]["feature"]), None)
    beside: dict[str, dict[str, Counter[str]]] = {}
    for one in passes:
        if "shadow" in one:
            sums = beside.setdefault(one["shadow"]["model_version"], {"active": Counter(), "shadow": Counter()})
            sums["active"].update(one["findings"])
            sums["shadow"].update(one["shadow"]["findings"])
    return {
        "drift": told,
        "alarm": bool(told and told["psi"] > ALARM),
        "passes": len(passes),
        "shadow": {name: {key: dict(count) for key, count in sums.items()} for name, sums in beside.items()},
    }
