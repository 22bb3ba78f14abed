"""Drift and backtest: figures that mean something, on made-up counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from detector.backtest import by_day
from detector.classes import Severity
from detector.features import KEYS, RAW
from detector.modelwatch import ALARM, LEAST_ROWS, Watched, drift, reference
from detector.scoring import Finding
from wwwatch.moments import iso

START = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)


def hours(number: int, seed: int, busier: float = 1.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(0.0, index=range(number), columns=[*KEYS, *RAW])
    return rows.assign(
        entity="203.0.113.1",
        window_seconds=3600,
        site_requests=1e5,
        requests=np.rint(random.lognormal(4, 0.5, number) * busier),
        active_slots=10.0,
        active_seconds=600.0,
        bytes=1e6,
    )


def test_the_same_traffic_does_not_drift_and_other_traffic_does() -> None:
    kept = reference(hours(3000, 1))
    assert max(drift(kept, hours(3000, 2)).values()) < 0.1
    drifted = drift(kept, hours(3000, 2, busier=4.0))
    assert drifted["requests_log"] > ALARM


def test_counts_that_stay_the_same_do_not_drift() -> None:
    for agents in range(1, 40):
        counts = [float(agents + (row % 9 == 0)) for row in range(LEAST_ROWS)]
        same = hours(LEAST_ROWS, 1).assign(distinct_agents=counts)
        assert max(drift(reference(same), same).values()) < 0.01, agents


def test_little_traffic_tells_nothing() -> None:
    assert drift(reference(hours(3000, 1)), hours(LEAST_ROWS - 1, 2, busier=9.0)) == {}
    assert drift(reference(hours(3000, 1)), pd.DataFrame()) == {}


def test_hours_of_clients_that_are_raised_are_no_drift() -> None:
    calm, attacked = hours(3, 1), hours(2, 2, busier=99.0).assign(entity="203.0.113.9")
    raised = Finding(
        "ip", "203.0.113.9", 0, 3600, 0.0, 1.0, "dos", score=0.9, confidence=0.9, severity=Severity.HIGH, counts={}
    )
    watched = Watched()
    watched.add(pd.concat([calm, attacked], ignore_index=True), [raised], [])
    assert [set(one["entity"]) for one in watched.hours] == [{"203.0.113.1"}]


def anomaly(minutes: int, who: str, severity: int) -> tuple[str, dict[str, Any]]:
    start = START + timedelta(minutes=minutes)
    own = {
        "class": "scan", "entity": {"type": "ip", "id": who}, "window_seconds": 600, "requests": 9, "score": 0.9,
        "first_seen": iso(start), "last_seen": iso(start), "confidence": 0.9, "model_version": "m", "features": [],
    }  # fmt: skip
    event = {"start": iso(start), "end": iso(start + timedelta(minutes=10)), "severity": severity, "reason": ""}
    return f"{who} {minutes}", {"event": event, "wwwatch": own}


def test_a_backtest_counts_by_day_and_joins_windows_into_incidents() -> None:
    loud = [anomaly(minutes, "203.0.113.7", 73) for minutes in (0, 10, 20)]
    rows = by_day("shop", [*loud, anomaly(60, "203.0.113.8", 21)], START + timedelta(days=2))
    assert rows == [
        {"day": "2026-01-01", "class": "scan", "anomalies": 3, "clients": 1, "incidents": 1},
        {"day": "2026-01-02", "class": "scan", "anomalies": 1, "clients": 1, "incidents": 0},
    ]
