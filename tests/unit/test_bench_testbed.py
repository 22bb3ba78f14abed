"""The comparison of incidents with the simulator's ground truth."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.testbed import attacks_of, by_class, compare, judged
from wwwatch.moments import iso

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def label(address: str, run_id: str, attack_class: str, style: str, at: int, requests: int = 10) -> dict[str, Any]:
    start = BEGIN + timedelta(seconds=at)
    return {
        "source": {"address": address},
        "event": {"start": iso(start), "end": iso(start + timedelta(seconds=60))},
        "wwwatch": {"run_id": run_id, "class": attack_class, "style": style, "requests": requests},
    }


def incident(
    entity: str, attack_class: str, at: int, severity: int = 73, related: tuple[str, ...] = ()
) -> dict[str, Any]:
    start = BEGIN + timedelta(seconds=at)
    return {
        "event": {
            "start": iso(start),
            "end": iso(start + timedelta(seconds=30)),
            "severity": severity,
            "reason": "why",
        },
        "wwwatch": {"class": attack_class, "entity": {"id": entity}},
        "related": {"ip": list(related)},
    }


LABELS = [
    label("192.0.2.1", "flood", "dos", "dos_single_source", 0),
    label("192.0.2.2", "botnet", "dos", "dos_distributed", 600),
    label("192.0.2.3", "botnet", "dos", "dos_distributed", 630),
    label("192.0.2.4", "guess", "brute_force", "brute_force_fast", 60),
]


def test_labels_of_a_run_are_one_attack() -> None:
    attacks = attacks_of(LABELS)

    assert [attack.run_id for attack in attacks] == ["flood", "guess", "botnet"]
    assert attacks[2].addresses == {"192.0.2.2", "192.0.2.3"}
    assert (attacks[2].requests, attacks[2].end - attacks[2].start) == (20, timedelta(seconds=90))


def test_found_by_address_and_time_named_by_class() -> None:
    found = {
        "a": incident("192.0.2.1", "dos", 10),
        "b": incident("shop", "scraping", 610, related=("192.0.2.3",)),
        "late": incident("192.0.2.4", "brute_force", 9000),
        "low": incident("192.0.2.99", "scan", 0, severity=21),
    }
    comparison = compare(LABELS, found)
    flood, guess, botnet = comparison.attacks

    assert (flood.found, flood.named, flood.severity) == (["a"], True, 73)
    assert (botnet.found, botnet.named) == (["b"], False)
    assert guess.found == []
    assert comparison.false_ids == ["late"]


def test_rows_count_and_time_what_was_watched() -> None:
    comparison = compare(LABELS, {"a": incident("192.0.2.1", "dos", 10)})
    rows = by_class(comparison.attacks, {"a": BEGIN + timedelta(seconds=25)})

    assert rows == [
        {"class": "brute_force", "attacks": 1, "found": 0, "named": 0, "medium": 0, "seconds": None},
        {"class": "dos", "attacks": 2, "found": 1, "named": 1, "medium": 1, "seconds": 25.0},
    ]


def test_what_began_just_now_and_what_no_log_shows_is_not_judged() -> None:
    labels = [*LABELS, label("192.0.2.5", "hidden", "injection", "injection_post_body", 0)]
    attacks = attacks_of(labels)

    assert [attack.run_id for attack in judged(attacks, BEGIN + timedelta(seconds=130))] == ["flood", "guess"]
