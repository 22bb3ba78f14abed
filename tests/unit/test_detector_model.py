"""Features, training, scoring, explanation: on small made-up counts, without a store."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from detector import thresholds, training
from detector.classes import ATTACK_CLASSES, Severity, threat
from detector.explanation import explain, reason
from detector.features import FEATURES, KEYS, RAW, SEEN, added_up, schema_hash, vectors
from detector.model import CLASSES, NORMAL, UNUSUAL, Model, apart
from detector.scoring import _best, score
from detector.training import Rows
from detector.windows import Span

DAY = 86400
NOW = datetime(2026, 11, 23, tzinfo=UTC)


Counts = dict[str, float | str]


def row(**counts: float | str) -> Counts:
    """A client window of an ordinary visitor, changed by `counts`."""
    plain: Counts = dict.fromkeys((*KEYS, *RAW, *SEEN), 0.0)
    visitor: Counts = {
        "entity": "203.0.113.1",
        "window_seconds": 600.0,
        "site_requests": 2000.0,
        "requests": 40.0,
        "static": 30.0,
        "pages": 10.0,
        "distinct_paths": 25.0,
        "distinct_pages": 9.0,
        "average_ms": np.nan,
        "distinct_agents": 1.0,
        "bytes": 9e5,
        "active_seconds": 300.0,
        "top_path_requests": 4.0,
    }
    return plain | visitor | counts


def visitors(number: int, start: int = 0) -> list[Counts]:
    random = np.random.default_rng(3)
    return [
        row(
            entity=f"10.0.{n % 200}.{n % 7}",
            window_start=float(start + n * 900),
            requests=float(random.integers(30, 120)),
            static=float(random.integers(20, 30)),
            distinct_paths=float(random.integers(10, 30)),
        )
        for n in range(number)
    ]


def scanner(n: int) -> Counts:
    return row(
        entity=f"198.51.100.{n % 250}",
        requests=300.0 + n,
        errors=290.0,
        not_found=290.0,
        hostile=100.0,
        probes=100.0,
        static=0.0,
        distinct_paths=290.0,
        distinct_missing_paths=280.0,
        no_referrer=300.0,
    )


def guesser(n: int) -> Counts:
    return row(
        entity=f"198.51.101.{n % 250}",
        requests=200.0 + n,
        login_attempts=190.0,
        login_failures=190.0,
        posts=190.0,
        login_pages=195.0,
        static=0.0,
        distinct_paths=2.0,
        no_referrer=150.0,
    )


@pytest.fixture(scope="module")
def base() -> Rows:
    rows = visitors(300) + [scanner(n) for n in range(60)] + [guesser(n) for n in range(60)]
    labels = [NORMAL] * 300 + ["scan"] * 60 + ["brute_force"] * 60
    groups = [str(entry["entity"]) for entry in rows]
    return Rows(pd.DataFrame(rows), pd.Series(labels, dtype=str), pd.Series(groups, dtype=str))


@pytest.fixture(scope="module")
def model(base: Rows) -> Model:
    return training.fit_base(base, "base-test")


def test_vectors_are_finite_or_unknown_and_in_order(base: Rows) -> None:
    features = vectors(base.counts)
    assert list(features.columns) == list(FEATURES)
    assert set(features.dtypes) == {np.dtype("float64")}
    assert not np.isinf(features.to_numpy()).any()
    shares = features[[name for name in FEATURES if name.endswith("_share")]]
    assert shares.max().max() <= 1.0


def test_the_order_of_columns_and_rows_does_not_matter(model: Model, base: Rows) -> None:
    features = vectors(base.counts)
    shuffled = features.sample(frac=1, random_state=1)[list(reversed(FEATURES))]
    np.testing.assert_array_equal(model.hostility(shuffled), pd.Series(model.hostility(features))[shuffled.index])


def test_hours_add_up_to_days_that_begin_where_the_span_does() -> None:
    hours = [
        {"entity": name, "window_start": day * DAY + hour * 3600, "requests": 0} | counts
        for name, day, hour, counts in [
            *[("slow", 0, hour, {"hostile": 1}) for hour in range(0, 24, 4)],
            *[("slow", 1, hour, {"hostile": 1}) for hour in range(3)],
            *[("brief", 0, hour, {"hostile": 50}) for hour in range(2)],
            *[("forgetful", 0, hour, {"login_attempts": 1}) for hour in range(3)],
        ]
    ]
    frame = pd.DataFrame(hours).fillna(0).assign(errors=0)

    def hours_of(span: Span) -> dict[tuple[str, int], int]:
        days = added_up(frame, span)
        return dict(zip(zip(days["entity"], days["window_start"], strict=True), days["hours"], strict=True))

    assert hours_of(Span(0, 2 * DAY)) == {
        ("slow", 0): 6,
        ("slow", DAY): 3,
        ("brief", 0): 2,
        ("forgetful", 0): 3,
    }
    assert hours_of(Span(-DAY // 2, DAY + DAY // 2))["slow", DAY // 2] == 6


def test_a_planted_attack_scores_above_normal_traffic(model: Model) -> None:
    counts = pd.DataFrame([*visitors(50, start=10**6), scanner(7), guesser(9)])
    hostility = model.hostility(vectors(counts))
    assert hostility[:50].max() < 0.5 < hostility[50:].min()
    assert [(f.entity_id, f.attack_class) for f in score(model, counts)] == [
        ("198.51.100.7", "scan"),
        ("198.51.101.9", "brute_force"),
    ]


def test_two_trainings_agree(base: Rows, model: Model) -> None:
    again = training.fit_base(base, "base-again")
    np.testing.assert_array_equal(again.hostility(vectors(base.counts)), model.hostility(vectors(base.counts)))


def test_nothing_in_nothing_out(model: Model) -> None:
    assert score(model, pd.DataFrame()) == []
    assert explain(model, []) == []


def test_the_explanation_names_what_carried_the_decision(model: Model) -> None:
    (finding,) = score(model, pd.DataFrame([guesser(3)]))
    (told,) = explain(model, [finding])
    assert 1 <= len(told) <= 5
    assert {"login_failures", "login_attempts", "posts", "login_pages"} & {str(feature["name"]) for feature in told}
    assert all(feature["observed"] == finding.counts[str(feature["name"])] for feature in told)
    text = reason(model, finding, "/login")
    assert "190 failed logins in 10 minutes on /login" in text
    assert "an ordinary client has at most 0 failed logins" in text


def test_dirty_history_is_not_learned_as_normal(model: Model) -> None:
    """Two in three clients are hostile, as in one of the sample logs; their quiet windows go with the loud ones."""
    clean_clients = visitors(100)
    dirty = [row(entity=f"192.0.2.{n}", hostile=1.0, probes=1.0, requests=2.0) for n in range(200)]
    quiet_windows = [row(entity=f"192.0.2.{n}", requests=35.0) for n in range(200)]
    kept, left_out = training.clean(model, pd.DataFrame([*clean_clients, *dirty, *quiet_windows]))
    assert left_out == 200
    assert set(kept["entity"]) == {entity["entity"] for entity in clean_clients}


@pytest.mark.parametrize(
    ("normal", "told"),
    [(visitors(50), "200 are needed"), ([row(window_start=float(n)) for n in range(500)], "hours between")],
)
def test_too_little_history_is_said(normal: list[Counts], told: str) -> None:
    assert told in str(training.enough(pd.DataFrame(normal)))


def test_a_sites_model_keeps_quiet_on_its_own_history(base: Rows) -> None:
    attacks = base.take(np.arange(300, len(base)))
    normal = pd.DataFrame(visitors(400))
    model, kept = training.fit(base, normal, attacks, "own", {"history": {}}, NOW)
    assert score(model, normal) == []
    assert set(model.thresholds) == {*CLASSES, UNUSUAL}
    assert model.card["held_out"]["rows"] == (kept.labels == NORMAL).sum() == 100
    assert model.card["metrics"]["false_incidents"] == 0
    assert model.card["metrics"]["recall"] == {"brute_force": 1.0, "scan": 1.0}
    assert model.expected[600]["requests"] <= 120


def test_thresholds_leave_room_above_held_out_normal_windows(model: Model) -> None:
    """A harmless client that looks like a scanner must not be raised, and a little more of the same neither."""
    lookalikes = pd.DataFrame([scanner(n) | {"window_start": n * DAY} for n in range(5)])
    highest = model.hostility(vectors(lookalikes)).max()
    chosen = thresholds.choose(model, lookalikes, incidents_per_week=1)["scan"]
    assert chosen == pytest.approx((1 + highest) / 2, abs=1e-3)
    assert score(replace(model, thresholds=dict(model.thresholds) | {"scan": chosen}), lookalikes) == []


def test_a_budget_bears_so_many_false_incidents(model: Model) -> None:
    """One a week and class over five weeks: of eight lookalikes, the five loudest may be raised, no more."""
    lookalikes = pd.DataFrame([scanner(n * 40) | {"window_start": n * 5 * DAY} for n in range(8)])
    chosen = thresholds.choose(model, lookalikes, incidents_per_week=len(CLASSES))["scan"]
    raised = score(replace(model, thresholds=dict(model.thresholds) | {"scan": chosen}), lookalikes)
    assert chosen > thresholds.LOWEST_THRESHOLD
    assert len({finding.entity_id for finding in raised}) <= 5


def test_a_worse_candidate_is_told_from_a_better_one() -> None:
    good = thresholds.Measured({"scan": 1.0, "dos": 0.9}, {}, 0)
    assert thresholds.Measured({"scan": 0.99, "dos": 0.9}, {}, 0).worse_than(good) is None
    assert "recall" in str(thresholds.Measured({"scan": 0.8, "dos": 0.9}, {}, 0).worse_than(good))
    assert "1 false incidents" in str(thresholds.Measured({"scan": 1.0, "dos": 1.0}, {}, 1).worse_than(good))


def test_no_run_is_both_fitted_and_calibrated_on() -> None:
    labels = pd.Series([NORMAL] * 8 + ["scan"] * 8 + ["dos"] * 2)
    groups = pd.Series([f"c{n}" for n in range(8)] + [f"scan-{n // 2}" for n in range(8)] + ["dos-0"] * 2)
    fits, calibrates = apart(labels, groups)
    assert set(labels[fits]) == set(labels[calibrates]) == {NORMAL, "scan", "dos"}
    assert not set(groups[fits]) & set(groups[calibrates]) - {"dos-0"}


def test_every_class_weighs_the_same_and_normal_as_much_as_all() -> None:
    labels = pd.Series([NORMAL] * 90 + ["scan"] * 6 + ["dos"] * 4)
    weights = training.balanced(labels).groupby(labels).sum()
    assert weights["normal"] == pytest.approx(weights["scan"] + weights["dos"])
    assert weights["scan"] == pytest.approx(weights["dos"])


def test_a_model_of_other_features_cannot_be_made(model: Model) -> None:
    with pytest.raises(ValueError, match=f"not on {schema_hash()}"):
        Model(**{**vars(model), "schema": "0"})


@pytest.mark.parametrize(
    ("attack_class", "counts", "severity"),
    [
        ("dos", {"requests": 300, "active_seconds": 60}, Severity.MEDIUM),
        ("dos", {"requests": 5000, "active_seconds": 60}, Severity.HIGH),
        ("dos", {"requests": 5000, "server_errors": 1500}, Severity.CRITICAL),
        ("brute_force", {"login_attempts": 5, "login_failures": 5}, Severity.LOW),
        ("brute_force", {"login_attempts": 40, "login_failures": 40}, Severity.MEDIUM),
        ("brute_force", {"login_attempts": 400, "login_failures": 400}, Severity.HIGH),
        ("brute_force", {"login_attempts": 41, "login_failures": 40, "login_successes": 1}, Severity.CRITICAL),
        ("scan", {"hostile": 2}, Severity.LOW),
        ("scan", {"distinct_missing_paths": 60}, Severity.MEDIUM),
        ("scan", {"distinct_missing_paths": 600}, Severity.HIGH),
        ("injection", {"sqli": 2}, Severity.LOW),
        ("injection", {"sqli": 30}, Severity.MEDIUM),
        ("unusual", {"requests": 10**6}, Severity.LOW),
    ],
)
def test_severity_follows_what_was_done(attack_class: str, counts: dict[str, float], severity: Severity) -> None:
    assert ATTACK_CLASSES[attack_class].severity(dict.fromkeys(RAW, 0.0) | counts) == severity


def test_every_class_but_unusual_has_a_technique() -> None:
    assert {name for name, attack in ATTACK_CLASSES.items() if not threat(attack)} == {UNUSUAL}
    assert set(ATTACK_CLASSES) == {*CLASSES, UNUSUAL}


def test_a_class_is_named_only_with_its_own_evidence(model: Model) -> None:
    """A client that shows no payload and no login is no injection and no guessing, whatever it is like."""
    odd = pd.DataFrame([{**scanner(1), "hostile": 0.0, "probes": 0.0, "login_attempts": 0.0}])
    probabilities = np.full((1, len(model.classes)), 0.1)
    for name in ("injection", "brute_force"):
        if name in model.classes:
            probabilities[0, model.classes.index(name)] = 0.9
    named = model.classes[_best(model, probabilities, odd)[0]]
    assert named not in {NORMAL, "injection", "brute_force"}
