"""The scheduled job: what is too old goes. Safe to repeat and to cut off; two at once do each other no harm."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from wwwatch.housekeeping import ledger, retention
from wwwatch.housekeeping.retention import Expiry, ModelFacts
from wwwatch.retention_settings import kept_for
from wwwatch.settings import Settings
from wwwatch.store import Store, StoreError, StoreUnreachable, names
from wwwatch.store.lifecycle import STREAM_AGES
from wwwatch.store.setup import INDEX, templates
from wwwatch.store.upkeep import erase, facts, index_templates, owner, plain_indices, roll_over, streams

MATCH_ALL: dict[str, Any] = {"match_all": {}}
SITE_PREFIXES = ("wwwatch-anomalies-", "wwwatch-incidents-", "wwwatch-windows-", "metrics-wwwatch.rollup-")


@dataclass
class Report:
    """What went. documents: kind -> how many. left: streams of others, or kept by the engine's own policy.

    failed: what could not be done, with the reason; the rest was done all the same.
    """

    rolled_over: list[str] = field(default_factory=list)
    indices: list[str] = field(default_factory=list)
    documents: Counter[str] = field(default_factory=Counter)
    models: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"documents": dict(self.documents)}


def housekeeping_pass(store: Store, settings: Settings, now: datetime, dry_run: bool = False) -> Report:
    """Remove what is older than the settings of `[retention]` allow.

    dry_run: remove nothing, report what would go. Raise StoreError if nothing at all could be asked.
    """
    return _Pass(store, settings, now, dry_run).run()


class _Pass:
    def __init__(self, store: Store, settings: Settings, now: datetime, dry_run: bool) -> None:
        self._store, self._settings, self._now, self._dry = store, settings, now, dry_run
        self._ages = settings.retention
        self._report = Report()

    def run(self) -> Report:
        self._streams()
        for namespace in self._namespaces():
            self._site(namespace)
        for expiry in retention.expired_control(names.CONTROL, names.POSITIONS, self._ages, self._now):
            self._expire(expiry)
        self._models()
        self._scratch()
        return self._report

    # ---- streams

    def _streams(self) -> None:
        installed = index_templates(self._store)
        for template, body in templates(INDEX):
            if template not in STREAM_AGES:
                continue
            for stream, backing in streams(self._store, ",".join(body["index_patterns"])).items():
                if (made_by := owner(stream, installed)) == template:
                    self._stream(stream, backing, getattr(self._ages, STREAM_AGES[template]))
                else:
                    self._report.left[stream] = f"its template is {made_by or 'gone'}, which is not ours"

    def _stream(self, stream: str, backing: list[str], days: int) -> None:
        known = facts(self._store, stream)
        indices = [known[name] for name in backing if name in known]
        plan = retention.plan_stream(indices, kept_for(days), self._ages, self._now)
        if plan.engine_policy:
            self._report.left[stream] = f"the engine's policy {plan.engine_policy} rolls it over and deletes"
            return
        if plan.roll_over and self._done(f"roll over {stream}", lambda: roll_over(self._store, stream)):
            self._report.rolled_over.append(stream)
        for name in plan.delete:
            if self._done(f"delete {name}", partial(self._store.delete_index, name)):
                self._report.indices.append(name)

    # ---- documents

    def _namespaces(self) -> list[str]:
        found = set()
        for prefix in SITE_PREFIXES:
            found |= {name.removeprefix(prefix) for name in plain_indices(self._store, f"{prefix}*")}
        return sorted(found)

    def _site(self, namespace: str) -> None:
        held = self._store.time_span(self._store.access_index(namespace))
        from_ = retention.reference(self._now, held[1] if held else None)
        for expiry in retention.expired_documents(namespace, self._ages, from_):
            self._expire(expiry)
        if (kept := kept_for(self._ages.events_days)) and not self._dry:
            minutes = ledger.prune(self._store, namespace, kept, self._now)
            self._count("minutes of the ledger", minutes)

    def _expire(self, expiry: Expiry) -> None:
        if self._dry:
            self._count(expiry.what, self._store.count(expiry.index, expiry.query))
            return
        gone = 0

        def remove() -> None:
            nonlocal gone
            gone = erase(self._store, expiry.index, expiry.query).total()

        self._done(f"delete {expiry.what} of {expiry.index}", remove)
        self._count(expiry.what, gone)

    def _count(self, what: str, number: int) -> None:
        if number:
            self._report.documents[what] += number

    # ---- models and leftovers

    def _models(self) -> None:
        registered = [
            ModelFacts(id_, own["namespace"], own["model_version"], document["@timestamp"])
            for id_, document in self._store.documents(names.MODELS, MATCH_ALL, fields=["@timestamp", "wwwatch"])
            for own in [document["wwwatch"]]
        ]
        old = retention.expendable_models(registered, self._models_in_use(), self._ages.models)
        if old and self._done("delete models", lambda: self._store.delete_documents(names.MODELS, old)):
            self._report.models += old

    def _models_in_use(self) -> set[str]:
        """Active, judging along, or active before: what `models rollback` needs."""
        pointers = {"terms": {"wwwatch.kind": ["active_model", "shadow_model"]}}
        versions: set[str] = set()
        for _, document in self._store.documents(names.CONTROL, pointers):
            versions |= {document["wwwatch"]["model_version"], *document.get("history", [])[:2]}
        return versions

    def _scratch(self) -> None:
        scratch = facts(self._store, f"{names.SCRATCH_PREFIX}*")
        for name in retention.leftovers(scratch.values(), self._now):
            if self._done(f"delete {name}", partial(self._store.delete_index, name)):
                self._report.indices.append(name)

    # ---- inside

    def _done(self, what: str, act: Callable[[], object]) -> bool:
        """Act, unless this is a dry run; what the store refuses is reported and holds up nothing else. Return whether
        it is done."""
        if self._dry:
            return True
        try:
            act()
        except StoreUnreachable:
            raise
        except StoreError as error:
            self._report.failed.append(f"Could not {what}: {error.message}")
            return False
        return True
