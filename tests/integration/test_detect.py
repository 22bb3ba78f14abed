"""The detector against the real engine: counted right, idempotent, and honest about late and missing events."""

import base64
import random
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer
from skops import io

from detector import features, incidents, ledger, registry, service
from detector.attack_rows import bulk_bodies
from detector.detect import Outcome
from detector.model import Model
from detector.registry import ModelError
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
ATTACKS = (
    Planned("scan_dictionary", START.timestamp() + 5 * HOUR, 0.6),
    Planned("brute_force_fast", START.timestamp() + 7.2 * HOUR, 0.6),
    Planned("dos_single_source", START.timestamp() + 9.4 * HOUR, 0.6),
)


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    """Half a day of a small shop, with three attacks."""
    start = START.timestamp()
    return generate(Site.shop(3), start, start + 12 * HOUR, 11, 250, ATTACKS)


def ship(store: Store, namespace: str, requests: list[Request]) -> None:
    """Through the shipper's own parser, without its files: the road the training takes."""
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(requests, stream):
        assert set(store.bulk(stream, body).statuses) <= {201, 409}
    store.refresh(stream)


@pytest.fixture
def model(store: Store, namespace: str) -> Model:
    return service.active_model(store, namespace, NOW)


def state(store: Store, namespace: str) -> tuple[list[str], list[str]]:
    """Everything the detector said, for comparison."""
    anomalies = sorted(
        orjson.dumps(pair, option=orjson.OPT_SORT_KEYS).decode() for pair in store.documents(names.anomalies(namespace))
    )
    found = sorted(
        orjson.dumps(pair, option=orjson.OPT_SORT_KEYS).decode() for pair in store.documents(names.incidents(namespace))
    )
    return anomalies, found


def run(store: Store, namespace: str, model: Model) -> Outcome:
    outcome = service.detect(store, namespace, model, service.due_minutes(store, namespace, None, None), NOW)
    store.refresh(names.windows(namespace))
    return outcome


def test_counts_are_those_of_the_log(store: Store, namespace: str, requests: list[Request]) -> None:
    """What the store aggregates is what counting the requests one by one gives."""
    ship(store, namespace, requests)
    until = START + timedelta(hours=12)
    frame = features.collect(store, names.access_index(namespace), START, until, HOUR).counts
    by_hand: dict[tuple[str, int], list[Request]] = {}
    for request in requests:
        by_hand.setdefault((request.address, int(request.time) // HOUR * HOUR), []).append(request)
    hours = Counter(int(request.time) // HOUR * HOUR for request in requests)
    assert len(frame) > 20
    for row in frame.to_dict("records"):
        mine = by_hand[row["entity"], row["window_start"]]
        assert row["requests"] == len(mine)
        assert row["site_requests"] == hours[row["window_start"]]
        assert row["errors"] == sum(request.status >= 400 for request in mine)
        assert row["not_found"] == sum(request.status == 404 for request in mine)
        assert row["posts"] == sum(request.method == "POST" for request in mine)
        assert row["no_referrer"] == sum(not request.referrer for request in mine)
        assert row["bytes"] == sum(request.response_bytes for request in mine)
        assert row["distinct_agents"] == len({request.user_agent for request in mine if request.user_agent})
        paths = Counter(request.path for request in mine)
        assert row["distinct_paths"] == pytest.approx(len(paths), rel=0.05, abs=1)
        assert row["top_path_requests"] == max(paths.values())


def test_attacks_become_incidents_that_name_client_class_and_reason(
    store: Store, namespace: str, requests: list[Request], model: Model
) -> None:
    ship(store, namespace, requests)
    outcome = run(store, namespace, model)
    assert outcome.events == len(requests)
    raised = [d for _, d in store.documents(names.incidents(namespace)) if d["event"]["severity"] >= 47]
    for attack_class in ("scan", "brute_force", "dos"):
        (attacker,) = {request.address for request in requests if request.label == attack_class}
        mine = [incident for incident in raised if incident["wwwatch"]["entity"]["id"] == attacker]
        assert attack_class in {incident["wwwatch"]["class"] for incident in mine}
        incident = next(incident for incident in mine if incident["wwwatch"]["class"] == attack_class)
        assert incident["source"]["ip"] == attacker
        assert all(attacker in line for line in incident["event"]["original"])
        assert any(feature["observed"] > feature["expected"] for feature in incident["wwwatch"]["features"])
        assert incident["wwwatch"]["status"] == "closed"
    attackers = {request.address for request in requests if request.label != "normal"}
    assert [i["event"]["reason"] for i in raised if i["wwwatch"]["entity"]["id"] not in attackers] == []


def test_judging_again_changes_nothing(store: Store, namespace: str, requests: list[Request], model: Model) -> None:
    ship(store, namespace, requests)
    run(store, namespace, model)
    before = state(store, namespace)
    assert before[0]
    assert before[1]
    assert run(store, namespace, model).minutes == 0
    everything = service.due_minutes(store, namespace, START, START + timedelta(days=1))
    again = service.detect(store, namespace, model, everything, NOW)
    assert again.withdrawn == 0
    assert again.incidents == {}
    assert state(store, namespace) == before


def test_events_in_pieces_and_out_of_order_end_in_the_same_incidents(
    store: Store, namespace: str, requests: list[Request], model: Model
) -> None:
    """Live, late and replayed: whatever the order, what is said in the end is what one pass over all says."""
    pieces = [requests[start::7] for start in range(7)]
    random.Random(5).shuffle(pieces)
    for piece in pieces:
        ship(store, namespace, piece)
        assert run(store, namespace, model).minutes > 0
    whole = f"{namespace}.whole"
    ship(store, whole, requests)
    run(store, whole, service.active_model(store, whole, NOW))

    def said(of: str) -> list[tuple[str, str, str, str, int]]:
        found = [d for _, d in store.documents(names.incidents(of)) if d["wwwatch"]["status"] != "withdrawn"]
        own = [d for d in found if d["wwwatch"]["entity"]["type"] == "ip"]
        return sorted(
            (
                d["wwwatch"]["entity"]["id"],
                d["wwwatch"]["class"],
                d["event"]["start"],
                d["event"]["end"],
                d["event"]["severity"],
            )
            for d in own
        )

    assert said(namespace) == said(whole)


def test_a_late_line_makes_its_minute_due_again(
    store: Store, namespace: str, requests: list[Request], model: Model
) -> None:
    late, rest = requests[100], requests[:100] + requests[101:]
    ship(store, namespace, rest)
    run(store, namespace, model)
    ship(store, namespace, [late])
    due = ledger.due(store, namespace)
    assert list(due.counts) == [int(late.time) // 60 * 60]
    run(store, namespace, model)
    assert ledger.due(store, namespace).counts == {}


def test_what_is_no_longer_found_is_withdrawn(
    store: Store, namespace: str, requests: list[Request], model: Model
) -> None:
    """An anomaly that a better model does not find again goes, and so does its incident."""
    ship(store, namespace, requests)
    run(store, namespace, model)
    deaf = Model(**{**vars(model), "thresholds": dict.fromkeys(model.thresholds, 1.1)})
    everything = service.due_minutes(store, namespace, START, START + timedelta(days=1))
    outcome = service.detect(store, namespace, deaf, everything, NOW)
    assert outcome.withdrawn > 0
    for index in (names.anomalies(namespace), names.incidents(namespace)):
        assert {d["wwwatch"]["status"] for _, d in store.documents(index)} == {"withdrawn"}


def test_an_empty_store_is_quiet(store: Store, namespace: str, model: Model) -> None:
    assert run(store, namespace, model).minutes == 0
    assert incidents.update(store, namespace, START, START + timedelta(hours=1), START) == []


def test_too_little_history_keeps_the_base_model(store: Store, namespace: str, requests: list[Request]) -> None:
    ship(store, namespace, requests[:500])
    result = service.train(store, namespace, None, None, NOW)
    assert result["trained"] is False
    assert result["reason"]
    assert result["model_version"].startswith("base-")
    assert registry.active_version(store, namespace) == result["model_version"]


@pytest.mark.slow
def test_training_registers_and_activates_a_model_of_the_site(
    store: Store, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed: list[str] = []

    def refresh(index: str) -> None:
        refreshed.append(index)
        Store.refresh(store, index)

    monkeypatch.setattr(store, "refresh", refresh)
    start = START.timestamp()
    history = generate(Site.shop(3), start, start + 2.2 * 24 * HOUR, 12, 250, ATTACKS)
    ship(store, namespace, history)
    result = service.train(store, namespace, None, None, NOW)
    assert result["trained"] is True
    assert result["card"]["left_out_clients"] >= len(ATTACKS)
    model = service.active_model(store, namespace, NOW)
    assert model.version == result["model_version"]
    assert model.outliers is not None
    counts = features.collect(store, names.access_index(namespace), START, START + timedelta(days=1), HOUR).counts
    direct = model.hostility(features.vectors(counts))
    reloaded = registry.load(store, namespace, model.version).hostility(features.vectors(counts))
    pd.testing.assert_series_equal(pd.Series(direct), pd.Series(reloaded))
    scratch = [index for index in refreshed if index.startswith(names.SCRATCH_PREFIX)]
    assert scratch
    assert [name for name in scratch if store.admin("GET", f"/{name}") is not None] == []
    registry.activate(store, namespace, model.card["base_model"], NOW)
    assert registry.previous_version(store, namespace) == model.version


def test_a_model_that_is_not_there_cannot_be_activated(store: Store, namespace: str) -> None:
    with pytest.raises(ModelError, match="no model nonsense"):
        registry.activate(store, namespace, "nonsense", NOW)


def test_untrusted_types_are_not_loaded(model: Model) -> None:
    """skops would load any estimator of scikit-learn's; a function of somebody else's it does not trust, nor do we."""
    packed = registry.pack(model)
    artefact = io.dumps({"classifier": FunctionTransformer(func=shutil.rmtree), "outliers": None})
    packed["artefact"] = base64.b64encode(artefact).decode()
    with pytest.raises(ModelError, match="not trusted"):
        registry.unpack("x", packed)


def test_a_model_of_other_features_is_refused(model: Model) -> None:
    packed = registry.pack(model) | {"schema": "of before"}
    with pytest.raises(ModelError, match="other features"):
        registry.unpack("x", packed)
