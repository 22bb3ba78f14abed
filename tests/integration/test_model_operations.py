"""Models in operation, on the real engine: tried on the past, run in the shadow, watched for drift."""

from datetime import UTC, datetime, timedelta

import pytest

from detector import modelwatch, registry, service
from detector.attack_rows import bulk_bodies
from detector.backtest import backtest
from detector.known import Known
from detector.windows import Span
from simulator.attacks import ATTACKS
from simulator.randomness import derive
from simulator.request import Request
from simulator.site import Site
from wwwatch.settings import DetectorSettings
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OFFLINE = DetectorSettings(verify_crawlers=False)
SPAN = Span(int(START.timestamp()), int(START.timestamp()) + 6 * 3600)


@pytest.fixture
def attack(store: Store, namespace: str) -> list[Request]:
    """A loud scan in an otherwise empty namespace, shipped and not judged."""
    run = list(ATTACKS["scan_dictionary"].requests(derive(1), Site.shop(1), START.timestamp(), 0.5))
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(run, stream):
        store.bulk(stream, body)
    store.refresh(stream)
    return run


def judge(store: Store, namespace: str) -> None:
    due = service.due_minutes(store, namespace, None, None)
    service.detect(store, namespace, service.active_model(store, namespace, NOW), due, NOW, settings=OFFLINE)


def test_a_backtest_counts_what_a_pass_raises_and_writes_nothing(
    store: Store, namespace: str, attack: list[Request]
) -> None:
    model = service.model_to_read(store, namespace, None)
    rows = backtest(store, namespace, model, SPAN, Known())
    assert store.count(names.anomalies(namespace)) == store.count(names.incidents(namespace)) == 0
    assert registry.active_version(store, namespace) is None
    judge(store, namespace)
    mine = {"bool": {"filter": [{"term": {"wwwatch.entity.id": attack[0].address}}]}}
    raised = store.documents(names.anomalies(namespace), mine)
    by_class: dict[str, int] = {}
    for _, document in raised:
        by_class[document["wwwatch"]["class"]] = by_class.get(document["wwwatch"]["class"], 0) + 1
    assert {row["class"]: row["anomalies"] for row in rows} == by_class
    scan = next(row for row in rows if row["class"] == "scan")
    assert (scan["day"], scan["clients"], scan["incidents"]) == ("2026-03-02", 1, 1)


@pytest.mark.usefixtures("attack")
def test_a_shadow_judges_along_and_raises_nothing(store: Store, namespace: str) -> None:
    base = service.base_model(store, namespace, NOW)
    registry.set_shadow(store, namespace, base.version, NOW)
    judge(store, namespace)
    store.refresh(names.pipeline_stream(namespace))
    recent = modelwatch.recent(store, namespace, base.version, NOW + timedelta(minutes=1))
    beside = recent["shadow"][base.version]
    assert beside["active"] == beside["shadow"]
    assert beside["shadow"]["scan"] > 0
    ids = [id_ for id_, _ in store.documents(names.anomalies(namespace))]
    assert len(ids) == len(set(ids)) == sum(beside["active"].values())
    assert registry.end_shadow(store, namespace)
    assert registry.shadow_version(store, namespace) is None
    with pytest.raises(registry.ModelError):
        registry.set_shadow(store, namespace, "no-such-model", NOW)
