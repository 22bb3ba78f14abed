"""Verdicts, the allow list and maintenance, against the real engine: applied at once, kept, taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from detector import feedback, service
from detector.attack_rows import bulk_bodies
from detector.crawlers import CRAWLERS, UNKNOWN, VERIFIED, Resolver, Verifier
from simulator.attacks import ATTACKS
from simulator.randomness import derive
from simulator.site import Site
from wwwatch import control
from wwwatch.control import ControlError
from wwwatch.settings import DetectorSettings
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OFFLINE = DetectorSettings(verify_crawlers=False)


@pytest.fixture
def attacker(store: Store, namespace: str) -> str:
    """The address of a loud scanner in an otherwise empty namespace, judged."""
    run = list(ATTACKS["scan_dictionary"].requests(derive(1), Site.shop(1), START.timestamp(), 0.5))
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(run, stream):
        store.bulk(stream, body)
    store.refresh(stream)
    judge(store, namespace)
    return run[0].address


def judge(store: Store, namespace: str) -> None:
    """Judge everything again."""
    due = service.due_minutes(store, namespace, START - timedelta(hours=1), None)
    service.detect(store, namespace, service.active_model(store, namespace, NOW), due, NOW, settings=OFFLINE)


def incidents(store: Store, namespace: str) -> list[tuple[str, str]]:
    """(id, status) of the scans."""
    query = {"term": {"wwwatch.class": "scan"}}
    found = store.documents(names.incidents(namespace), query)
    return [(id_, document["wwwatch"]["status"]) for id_, document in found]


def test_allowing_takes_back_what_is_open_and_keeps_it_recorded(store: Store, namespace: str, attacker: str) -> None:
    assert {status for _, status in incidents(store, namespace)} == {"open"}
    _, taken_back = feedback.allow(store, namespace, control.as_network(attacker), "our own scan", None, NOW)
    assert taken_back > 0
    assert {status for _, status in incidents(store, namespace)} == {"withdrawn"}
    judge(store, namespace)
    assert {status for _, status in incidents(store, namespace)} == {"withdrawn"}
    assert store.count(names.anomalies(namespace), {"term": {"wwwatch.status": "allowed"}}) >= taken_back
    control.disallow(store, namespace, control.as_network(attacker))
    judge(store, namespace)
    assert "open" in {status for _, status in incidents(store, namespace)}


def test_a_false_verdict_closes_and_dismisses_and_is_read_back(store: Store, namespace: str, attacker: str) -> None:
    id_ = incidents(store, namespace)[0][0]
    feedback.judge(store, namespace, id_[:8], False, "a test of ours", NOW)
    judge(store, namespace)
    document = store.get_document(names.incidents(namespace), id_)
    assert document is not None
    assert document["wwwatch"]["verdict"] == {"hostile": False, "note": "a test of ours"}
    assert document["wwwatch"]["status"] != "open"
    (verdict,) = control.verdicts(store, namespace)
    assert (verdict.members, verdict.attack_class, verdict.hostile) == ((attacker,), "scan", False)
    with pytest.raises(ControlError, match="no incident"):
        feedback.judge(store, namespace, "none", True, "", NOW)


def test_maintenance_raises_nothing_and_can_be_forgotten(store: Store, namespace: str, attacker: str) -> None:
    since, until = START - timedelta(hours=2), START + timedelta(days=1)
    entry, taken_back = feedback.silence(store, namespace, since, until, "load test", NOW)
    assert taken_back > 0
    judge(store, namespace)
    assert {status for _, status in incidents(store, namespace)} == {"withdrawn"}
    assert control.silences(store, namespace) == [entry]
    control.end_silence(store, namespace, entry.id)
    assert control.silences(store, namespace) == []


class Counted(Resolver):
    """Says that an address is Googlebot's, and how often it was asked."""

    asked = 0

    def name_of(self, address: str) -> str | None:
        self.asked += 1
        return f"crawl-{address.replace('.', '-')}.googlebot.com"

    def addresses_of(self, name: str) -> set[str]:
        return {name.removeprefix("crawl-").removesuffix(".googlebot.com").replace("-", ".")}


def test_a_verification_is_remembered_for_all(store: Store, namespace: str) -> None:
    """The namespace's name makes an address of its own, so that no other run's memory is met."""
    number = int(namespace[1:7], 16)
    address = f"66.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    resolver = Counted()
    assert Verifier(store, NOW, resolver=resolver)(CRAWLERS[0], address) == VERIFIED
    assert Verifier(store, NOW, resolver=resolver)(CRAWLERS[0], address) == VERIFIED
    assert resolver.asked == 1
    assert Verifier(store, NOW + timedelta(days=30))(CRAWLERS[0], address) == UNKNOWN  # stale, and nobody to ask
