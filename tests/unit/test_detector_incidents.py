"""Incidents are derived from anomalies: joined, closed, kept under one id, and background apart."""

from datetime import UTC, datetime, timedelta
from typing import Any

from detector.incidents import QUIET, compose, episodes
from wwwatch.moments import iso

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
LATER = START + timedelta(days=2)
Document = dict[str, Any]


def anomaly(minutes: int, entity: str = "203.0.113.7", severity: int = 73, name: str = "scan") -> tuple[str, Document]:
    start = START + timedelta(minutes=minutes)
    document = {
        "event": {
            "start": iso(start),
            "end": iso(start + timedelta(minutes=10)),
            "severity": severity,
            "reason": f"at {minutes}",
            "original": ["line"],
        },
        "wwwatch": {
            "class": name,
            "entity": {"type": "ip", "id": entity},
            "window_seconds": 600,
            "first_seen": iso(start + timedelta(minutes=1)),
            "last_seen": iso(start + timedelta(minutes=9)),
            "requests": 100,
            "score": 0.9,
            "confidence": 0.95,
            "model_version": "m",
            "features": [],
        },
    }
    return f"{entity}-{name}-{minutes}", document


def test_a_pause_cuts_an_episode() -> None:
    found = episodes([anomaly(0), anomaly(10), anomaly(200)])
    assert [len(episode.anomalies) for episode in found] == [2, 1]


def test_entities_and_classes_are_kept_apart() -> None:
    found = episodes([anomaly(0), anomaly(0, entity="203.0.113.8"), anomaly(0, name="dos")])
    assert len(found) == 3


def test_an_episode_is_one_incident_that_names_its_entity() -> None:
    incidents, membership = compose("shop", episodes([anomaly(0), anomaly(10)]), {}, LATER)
    ((id_, incident),) = incidents.items()
    assert incident["source"] == {"address": "203.0.113.7", "ip": "203.0.113.7"}
    assert incident["wwwatch"]["anomalies"] == 2
    assert incident["wwwatch"]["requests"] == 200
    assert set(membership.values()) == {id_}


def test_the_id_does_not_hang_on_which_window_came_first() -> None:
    first, _ = compose("shop", episodes([anomaly(10)]), {}, LATER)
    grown, _ = compose("shop", episodes([anomaly(0), anomaly(10)]), first, LATER)
    assert list(grown) == list(first)
    assert next(iter(grown.values()))["event"]["start"] == iso(START + timedelta(minutes=1))


def test_the_same_anomalies_give_the_same_incidents() -> None:
    anomalies = [anomaly(0), anomaly(10), anomaly(0, entity="203.0.113.8", severity=21)]
    first, _ = compose("shop", episodes(anomalies), {}, LATER)
    again, _ = compose("shop", episodes(reversed(anomalies)), first, LATER)
    assert again == first


def test_open_until_quiet_then_closed() -> None:
    end = START + timedelta(minutes=9)
    for now, status in ((end + QUIET, "open"), (end + QUIET + timedelta(seconds=1), "closed")):
        incidents, _ = compose("shop", episodes([anomaly(0)]), {}, now)
        assert [incident["wwwatch"]["status"] for incident in incidents.values()] == [status]


def test_rising_severity_is_an_escalation() -> None:
    now = START + timedelta(minutes=20)
    incidents, _ = compose("shop", episodes([anomaly(0, severity=47), anomaly(10, severity=99)]), {}, now)
    (incident,) = incidents.values()
    assert (incident["wwwatch"]["status"], incident["event"]["severity"]) == ("escalated", 99)


def test_background_is_one_incident_a_day_and_class() -> None:
    quiet = [anomaly(minutes, entity=f"198.51.100.{minutes}", severity=21) for minutes in range(0, 200, 20)]
    incidents, membership = compose("shop", episodes(quiet), {}, LATER)
    (incident,) = incidents.values()
    assert incident["wwwatch"]["entity"] == {"type": "site", "id": "shop"}
    assert incident["wwwatch"]["members"] == 10
    assert len(incident["related"]["ip"]) == 10
    assert len(membership) == 10


def test_background_over_midnight_belongs_to_both_days() -> None:
    over_midnight = [anomaly(13 * 60 + 50 + minutes, severity=21) for minutes in (0, 10, 20)]
    incidents, _ = compose("shop", episodes(over_midnight), {}, LATER)
    assert sorted(incident["wwwatch"]["anomalies"] for incident in incidents.values()) == [1, 2]


def test_a_host_name_is_no_address() -> None:
    incidents, _ = compose("shop", episodes([anomaly(0, entity="host.example.org")]), {}, LATER)
    (incident,) = incidents.values()
    assert incident["source"] == {"address": "host.example.org"}
    assert "related" not in incident
