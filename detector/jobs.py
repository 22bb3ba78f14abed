"""What `wwwatch run` has the detector do."""

from typing import Any

from detector import modelwatch, service, watch
from wwwatch.console import Advance
from wwwatch.service.jobs import Turn


def detect(turn: Turn) -> dict[str, Any]:
    """Judge what is due, each length of window at its pace."""
    now, last = turn.clock(), turn.memory.setdefault("last", {})
    levels = watch.paced(last, now)
    outcome = watch.turn(
        turn.store, turn.namespace, turn.holder, turn.clock, levels=levels,
        settings=turn.settings.detector, predecessor=turn.predecessor, keep=turn.keep,
    )  # fmt: skip
    if outcome.busy:
        return {"busy": outcome.busy}
    last |= dict.fromkeys(levels, now)
    return {
        "minutes": outcome.minutes,
        "events": outcome.events,
        "anomalies": outcome.anomalies,
        "incidents": dict(outcome.incidents),
        "model_version": outcome.model_version,
    }


def train(turn: Turn) -> dict[str, Any]:
    """Train a model of the stored history."""
    settings = turn.settings.detector
    result = service.train(turn.store, turn.namespace, None, None, turn.clock(), _leaving(turn), settings)
    return {name: result[name] for name in ("trained", "activated", "model_version", "reason")}


def drift(turn: Turn) -> dict[str, Any]:
    """Tell how far what was judged in the last days drifted from what the active model was trained on."""
    version = watch.model_version(turn.store, turn.namespace)
    found = modelwatch.recent(turn.store, turn.namespace, version, turn.clock())
    psi = found["drift"]["psi"] if found["drift"] else None
    return {"model_version": version, "psi": psi, "alarm": found["alarm"], "passes": found["passes"]}


def _leaving(turn: Turn) -> Advance:
    """An `Advance` that shows nothing, and leaves when it is time to."""

    return lambda *_, **__: turn.keep()
