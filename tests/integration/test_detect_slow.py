"""What is slow on purpose: found within a day and within two hours, each as the log has just reached that far."""

from datetime import UTC, datetime

import pytest

from detector import watch
from detector.attack_rows import bulk_bodies
from simulator.attacks import hunts
from simulator.randomness import derive
from simulator.request import Client, Request
from simulator.site import Site
from simulator.traffic import generate
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
MEDIUM = 47
ATTACKER = "192.0.2.77"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"
SITES = (Site.shop(71), Site.wordpress(72))


def raised(store: Store, namespace: str, requests: list[Request]) -> set[str]:
    """Ship, judge, and return the classes of the attacker's incidents of medium severity or more."""
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(sorted(requests, key=lambda request: request.time), stream):
        assert set(store.bulk(stream, body).statuses) == {201}
    store.refresh(stream)
    watch.turn(store, namespace, "test", lambda: NOW)
    found = [document for _, document in store.documents(names.incidents(namespace))]
    assert {ATTACKER} >= {d["wwwatch"]["entity"]["id"] for d in found if d["event"]["severity"] >= MEDIUM}
    return {d["wwwatch"]["class"] for d in found if d["event"]["severity"] >= MEDIUM}


@pytest.mark.parametrize("site", SITES, ids=["shop", "wordpress"])
def test_one_probe_an_hour_is_found_within_a_day(store: Store, namespace: str, site: Site) -> None:
    rng = derive("slow scan", site.host)
    one = Client(ATTACKER, AGENT, "scanner", "scan_slow", "scan")
    probes = [
        one.request(START + hour * HOUR + 3000 * rng.random(), "GET", path, site.answer(rng, "GET", path))
        for hour, path in enumerate(hunts.secrets(rng)[:24])
    ]
    usual = generate(site, START, START + 24 * HOUR, 21, 200)
    assert raised(store, namespace, usual + probes) == {"scan"}


@pytest.mark.parametrize("site", SITES, ids=["shop", "wordpress"])
def test_one_try_in_two_minutes_is_found_within_two_hours(store: Store, namespace: str, site: Site) -> None:
    login = site.login_for("form", "wordpress")
    one = Client(ATTACKER, AGENT, "guesser", "brute_force_slow", "brute_force")
    tries = [one.request(START + 120 * number + 7, "POST", login.path, login.failure) for number in range(60)]
    usual = generate(site, START, START + 2 * HOUR, 22, 200)
    assert raised(store, namespace, usual + tries) == {"brute_force"}
