"""The registry: model versions in the store, and which one is active for a namespace.

Artefacts are skops bytes. Loading runs no code of the artefact and takes only the types listed here.
"""

import base64
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import skops.io

from detector.features import schema_hash
from detector.model import Model
from wwwatch.errors import WwwatchError
from wwwatch.moments import iso
from wwwatch.store import Store, names

# What scikit-learn's boosting, calibration and isolation forest are made of, beyond what skops trusts by itself.
TRUSTED = [
    "sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "sklearn.tree._tree.Tree",
]  # fmt: skip
HISTORY_LIMIT = 20
# Base models are every namespace's. No namespace can have this name.
BASE_NAMESPACE = "_base"
BASE_PREFIX = "base-"
KEPT_LOADED = 4  # models of one store that are kept unpacked: the active one is asked for at each turn
_loaded: WeakKeyDictionary[Store, dict[str, Model]] = WeakKeyDictionary()  # by id; a version never changes


class ModelError(WwwatchError):
    """A model cannot be loaded or used."""


def pack(model: Model) -> dict[str, Any]:
    """A model as a document: everything but the estimators in plain JSON."""
    artefact = skops.io.dumps({"classifier": model.classifier, "outliers": model.outliers})
    return {
        "schema": model.schema,
        "thresholds": dict(model.thresholds),
        "typical": dict(model.typical),
        "expected": {str(seconds): dict(values) for seconds, values in model.expected.items()},
        "card": dict(model.card),
        "artefact": base64.b64encode(artefact).decode(),
    }


def unpack(version: str, packed: dict[str, Any]) -> Model:
    """The model of a document. Raise ModelError if it was trained on other features or holds untrusted types."""
    if packed["schema"] != schema_hash():
        raise ModelError(
            f"Model {version} was trained on other features (schema {packed['schema']}, now {schema_hash()}).",
            "Train again: wwwatch train",
        )
    artefact = base64.b64decode(packed["artefact"])
    unknown = set(skops.io.get_untrusted_types(data=artefact)) - set(TRUSTED)
    if unknown:
        raise ModelError(
            f"Model {version} holds types that are not trusted: {', '.join(sorted(unknown))}. It is not loaded.",
            "Train again: wwwatch train",
        )
    estimators = skops.io.loads(artefact, trusted=TRUSTED)
    return Model(
        version=version,
        schema=packed["schema"],
        classifier=estimators["classifier"],
        outliers=estimators["outliers"],
        thresholds=packed["thresholds"],
        typical=packed["typical"],
        expected={int(seconds): values for seconds, values in packed["expected"].items()},
        card=packed["card"],
    )


def register(store: Store, namespace: str, model: Model, now: datetime) -> None:
    """Store a model version of a namespace. It becomes active by `activate`."""
    document = {
        "@timestamp": iso(now),
        "wwwatch": {
            "namespace": _owner(namespace, model.version),
            "model_version": model.version,
            "schema": model.schema,
        },
        "model": pack(model),
    }
    store.write_documents(names.MODELS, [(_id(namespace, model.version), document)])


def activate(store: Store, namespace: str, version: str, now: datetime) -> None:
    """Make a registered version the one that scores. Raise ModelError if it is not there."""
    if version not in {entry["version"] for entry in versions(store, namespace)}:
        raise ModelError(f"There is no model {version} for namespace {namespace}.", "See: wwwatch models list")
    history = [version, *[old for old in _history(store, namespace) if old != version]]
    document = {
        "@timestamp": iso(now),
        "wwwatch": {"namespace": namespace, "kind": "active_model", "model_version": version},
        "history": history[:HISTORY_LIMIT],
    }
    store.write_documents(names.CONTROL, [(_pointer(namespace), document)])


def active_version(store: Store, namespace: str) -> str | None:
    """The version that scores; None before the first."""
    document = store.get_document(names.CONTROL, _pointer(namespace))
    return document["wwwatch"]["model_version"] if document else None


def set_shadow(store: Store, namespace: str, version: str, now: datetime) -> None:
    """Let a registered version judge along without raising anything. Raise ModelError if it cannot be used."""
    load(store, namespace, version)
    own = {"namespace": namespace, "kind": "shadow_model", "model_version": version}
    store.write_documents(names.CONTROL, [(_shadow_pointer(namespace), {"@timestamp": iso(now), "wwwatch": own})])


def end_shadow(store: Store, namespace: str) -> bool:
    """Let nothing judge along any more. Return whether something did."""
    return bool(store.delete_documents(names.CONTROL, [_shadow_pointer(namespace)]))


def shadow_version(store: Store, namespace: str) -> str | None:
    """The version that judges along; None if none does."""
    document = store.get_document(names.CONTROL, _shadow_pointer(namespace))
    return document["wwwatch"]["model_version"] if document else None


def previous_version(store: Store, namespace: str) -> str | None:
    """The version that was active before the active one; None if there was none."""
    return next(iter(_history(store, namespace)[1:]), None)


def load(store: Store, namespace: str, version: str) -> Model:
    """A registered version. Raise ModelError if it is missing or cannot be used."""
    kept = _loaded.setdefault(store, {})
    model = kept.get(_id(namespace, version))
    if model is None:
        document = store.get_document(names.MODELS, _id(namespace, version))
        if document is None:
            raise ModelError(f"There is no model {version} for namespace {namespace}.", "See: wwwatch models list")
        model = unpack(version, document["model"])
        while len(kept) >= KEPT_LOADED:
            del kept[next(iter(kept))]
        kept[_id(namespace, version)] = model
    return model


def versions(store: Store, namespace: str) -> list[dict[str, Any]]:
    """Version, time, schema and card of each registered model, newest first."""
    found = store.documents(
        names.MODELS,
        {"terms": {"wwwatch.namespace": [namespace, BASE_NAMESPACE]}},
        sort=[{"@timestamp": "desc"}],
        fields=["@timestamp", "wwwatch", "model.card", "model.thresholds"],
    )
    return [
        {
            "version": document["wwwatch"]["model_version"],
            "created": document["@timestamp"],
            "schema": document["wwwatch"]["schema"],
            "card": document["model"]["card"],
            "thresholds": document["model"]["thresholds"],
        }
        for _, document in found
    ]


def _history(store: Store, namespace: str) -> list[str]:
    document = store.get_document(names.CONTROL, _pointer(namespace))
    return list(document.get("history", [])) if document else []


def _owner(namespace: str, version: str) -> str:
    return BASE_NAMESPACE if version.startswith(BASE_PREFIX) else namespace


def _id(namespace: str, version: str) -> str:
    return f"{_owner(namespace, version)}:{version}"


def _shadow_pointer(namespace: str) -> str:
    return f"shadow-model:{namespace}"


def _pointer(namespace: str) -> str:
    return f"active-model:{namespace}"
