"""Detectors that are killed, share namespaces or were off: nothing is judged twice, nothing is skipped."""

import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from detector import ledger, watch
from detector.attack_rows import bulk_bodies
from detector.detect import Outcome
from detector.lease import LEASE
from detector.ledger import QUICK, STEADY
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from tests.integration.limited_engine import Document, limited
from wwwatch.settings import DetectorSettings, Settings
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
OFFLINE = DetectorSettings(verify_crawlers=False)
ATTACKS = (
    Planned("scan_dictionary", START.timestamp() + 1.5 * HOUR, 0.6),
    Planned("brute_force_fast", START.timestamp() + 3.2 * HOUR, 0.6),
)


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    """Six hours of a small shop, with two attacks."""
    start = START.timestamp()
    return generate(Site.shop(3), start, start + 6 * HOUR, 11, 120, ATTACKS)


def ship(store: Store, namespace: str, requests: list[Request]) -> None:
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(requests, stream):
        assert set(store.bulk(stream, body).statuses) <= {201, 409}
    store.refresh(stream)


def turn(
    store: Store, namespace: str, holder: str = "test", now: datetime = NOW, levels: list[str] | None = None
) -> Outcome:
    return watch.turn(store, namespace, holder, lambda: now, levels=levels or list(ledger.LEVELS), settings=OFFLINE)


def said(store: Store, namespace: str) -> set[tuple[str, str, str, str, int]]:
    """Incidents that stand, without what hangs on when they were written."""
    return {
        (
            document["wwwatch"]["entity"]["id"].replace(namespace, "NS"),
            document["wwwatch"]["class"],
            document["event"]["start"],
            document["event"]["end"],
            document["event"]["severity"],
        )
        for _, document in store.documents(names.incidents(namespace))
        if document["wwwatch"]["status"] != "withdrawn"
    }


def test_a_detector_killed_in_the_middle_is_repeated_without_doubles_or_gaps(
    store: Store, settings: Settings, namespace: str, requests: list[Request], engine_url: str
) -> None:
    """Killed, not stopped, when its first findings are written; the next one has to wait for its lease and goes on."""
    ship(store, namespace, requests)
    reached, proceed = threading.Event(), threading.Event()

    def meets(body: Document) -> tuple[int, Document] | None:
        # Anomalies are looked up, to be withdrawn, right after the first ones were written.
        if "wwwatch.window_seconds" in str(body) and not proceed.is_set():
            reached.set()
            proceed.wait(60)
        return None

    with limited(engine_url, meets) as url:
        environment = os.environ | {"WWWATCH_URL": url, "WWWATCH_HOME": str(settings.home)}
        words = [sys.executable, "-m", "wwwatch.cli", "detect", "--namespace", namespace]
        child = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert reached.wait(120)
        finally:
            child.kill()
            child.wait()
            proceed.set()
    assert ledger.due(store, namespace).counts  # nothing is called judged
    lease = store.get_document(names.CONTROL, f"lease:{namespace}")
    assert lease is not None
    died = datetime.fromisoformat(lease["@timestamp"])
    waiting = turn(store, namespace, "heir", died + LEASE / 2)
    assert waiting.busy
    assert waiting.minutes == 0
    outcome = turn(store, namespace, "heir", died + LEASE + timedelta(seconds=1))
    assert outcome.events == len(requests)
    assert ledger.due(store, namespace).counts == {}
    whole = f"{namespace}.whole"
    ship(store, whole, requests)
    turn(store, whole)
    assert said(store, namespace) == said(store, whole)
    keys = Counter(
        (d["wwwatch"]["entity"]["id"], d["wwwatch"]["class"], d["wwwatch"]["window_seconds"], d["event"]["start"])
        for _, d in store.documents(names.anomalies(namespace))
    )
    assert keys
    assert max(keys.values()) == 1


def test_two_detectors_share_several_namespaces(store: Store, namespace: str, requests: list[Request]) -> None:
    """Each is judged once, by one of them; a namespace somebody is at work in is left to him."""
    spaces = [f"{namespace}.{number}" for number in range(3)]
    for space in spaces:
        ship(store, space, requests[:600])
    judged: Counter[str] = Counter()
    lock = threading.Lock()

    def work(holder: str, order: list[str]) -> None:
        for space in order * 3:
            outcome = turn(store, space, holder)
            with lock:
                judged[space] += outcome.events

    threads = [
        threading.Thread(target=work, args=("one", spaces)),
        threading.Thread(target=work, args=("two", spaces[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert judged == Counter(dict.fromkeys(spaces, 600))
    assert [ledger.due(store, space).counts for space in spaces] == [{}, {}, {}]


def test_late_replayed_and_backfilled_lines_end_as_if_they_had_come_in_time(
    store: Store, namespace: str, requests: list[Request]
) -> None:
    """And a detector that was off for six hours judges them all when it is back, at every length of window."""
    cut = START.timestamp() + 4 * HOUR
    late = requests[50:1000:7]
    live = [request for request in requests if request not in late and request.time >= cut]
    backfill = [request for request in requests if request not in late and request.time < cut]
    ship(store, namespace, live)
    turn(store, namespace)
    ship(store, namespace, live[:200])  # replayed: nothing is stored twice, nothing is due
    assert turn(store, namespace).minutes == 0
    ship(store, namespace, backfill)
    assert turn(store, namespace, levels=[QUICK, STEADY]).events == len(backfill)
    ship(store, namespace, late)
    turn(store, namespace)
    assert ledger.due(store, namespace).counts == {}
    off = f"{namespace}.off"
    ship(store, off, requests)
    assert turn(store, off).events == len(requests)
    assert said(store, namespace) == said(store, off)
