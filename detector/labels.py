"""Verdicts as labels: what a sysadmin said of incidents, as rows to learn from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from detector.model import NORMAL, UNUSUAL
from detector.training import Rows
from wwwatch.control import Verdict

# One word of a person outweighs many rows of the simulator: each row counts as often as this, as a group each, so that
# some of them fit and some calibrate.
COPIES = 20


@dataclass(frozen=True)
class Told:
    """History by verdicts. rest: what nobody judged, still to be cleaned. rows: what was judged, in COPIES."""

    rest: pd.DataFrame
    rows: Rows


def by_verdict(history: pd.DataFrame, verdicts: Sequence[Verdict]) -> Told:
    """Take the windows of judged incidents out of history, as normal ones where it was false, else as its class.

    history: columns KEYS + RAW of all window lengths. What a true verdict calls merely unusual has no class to learn.
    """
    label = pd.Series("", index=history.index, dtype=str)
    for verdict in verdicts:
        if not (verdict.hostile and verdict.attack_class == UNUSUAL):
            label[_windows(history, verdict)] = verdict.attack_class if verdict.hostile else NORMAL
    judged = history[label != ""]
    copies = pd.concat([judged] * COPIES, ignore_index=True) if len(judged) else judged
    labels = pd.concat([label[label != ""]] * COPIES, ignore_index=True)
    groups = pd.Series([f"verdict/{number}" for number in range(len(copies))], dtype=str)
    return Told(history[label == ""], Rows(copies, labels, groups))


def _windows(history: pd.DataFrame, verdict: Verdict) -> pd.Series:
    """The windows of an incident's clients that overlap it."""
    start, end = (datetime.fromisoformat(at).timestamp() for at in (verdict.start, verdict.end))
    overlaps = (history["window_start"] <= end) & (history["window_start"] + history["window_seconds"] > start)
    return history["entity"].isin(verdict.members) & overlaps
