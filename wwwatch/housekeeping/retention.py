"""What is to go, and what is to stay. Pure: facts and `now` in, names and queries out.

Events expire by the time they were stored, whole backing indices at once, as the engines' own lifecycles do: so an old
log that is shipped today is kept as long as a new one. What is derived from events has event time only, and expires by
that: counted back from the site's newest event while it has any, so that an old log's incidents stay as long as its
events do, and from the clock after that.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from wwwatch.moments import iso
from wwwatch.retention_settings import RetentionSettings, kept_for
from wwwatch.store.upkeep import IndexFacts

Document = dict[str, Any]

GIGABYTE = 1_000_000_000
# A training that lives takes minutes; what it could not delete itself is a leftover.
SCRATCH_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class StreamPlan:
    """What to do with a data stream. delete: backing indices. engine_policy: of the engine, which does it itself."""

    roll_over: bool = False
    delete: tuple[str, ...] = ()
    engine_policy: str = ""


def plan_stream(
    backing: Sequence[IndexFacts], kept: timedelta | None, settings: RetentionSettings, now: datetime
) -> StreamPlan:
    """Plan for a stream's backing indices, oldest first; the last is written to and never deleted.

    An index is deleted when all in it was stored longer ago than `kept`: when its successor is that old. None: never.
    Where the engine has a policy on the index written to, everything is left to the engine.
    """
    if not backing:
        return StreamPlan()
    newest = backing[-1]
    if newest.policy:
        return StreamPlan(engine_policy=newest.policy)
    old = min(timedelta(days=settings.rollover_days), kept or timedelta.max)
    full = newest.size_bytes >= settings.rollover_gb * GIGABYTE
    # An empty index stays: a silent site would else collect a row of them.
    roll_over = newest.documents > 0 and (full or now - newest.created_at >= old)
    expired = (
        index.name
        for index, successor in pairwise(backing)
        if kept is not None and not index.policy and now - successor.created_at >= kept
    )
    return StreamPlan(roll_over, tuple(expired))


def reference(now: datetime, newest_event: datetime | None) -> datetime:
    """What the age of derived documents is counted from. An event of the future (a wrong clock) makes nothing old."""
    return min(now, newest_event) if newest_event else now


def older_than(field: str, moment: datetime) -> Document:
    """Documents whose time in a field is before a moment."""
    return {"range": {field: {"lt": iso(moment)}}}


@dataclass(frozen=True)
class Expiry:
    """Documents of one index that are to go. what: in words, for the report."""

    what: str
    index: str
    query: Document


def expired_documents(namespace: str, settings: RetentionSettings, from_: datetime) -> list[Expiry]:
    """The derived documents of a namespace that are too old at the `reference`."""
    ages = (
        ("anomalies", f"wwwatch-anomalies-{namespace}", settings.alerts_days),
        ("incidents", f"wwwatch-incidents-{namespace}", settings.alerts_days),
        ("self incidents", f"wwwatch-selfwatch-{namespace}", settings.alerts_days),
        ("roll-ups", f"metrics-wwwatch.rollup-{namespace}", settings.rollups_days),
        ("labels", f"wwwatch-labels-{namespace}", settings.labels_days),
    )
    return [
        Expiry(what, index, older_than("@timestamp", from_ - kept))
        for what, index, days in ages
        if (kept := kept_for(days))
    ]


def expired_control(control: str, positions: str, settings: RetentionSettings, now: datetime) -> list[Expiry]:
    """The control documents and positions that are too old, by the clock. Mails are the outbox's own matter."""
    found = [Expiry("remembered DNS answers", control, _kinds(["crawler"], older_than("wwwatch.expires_at", now)))]
    if kept := kept_for(settings.alerts_days):
        ended = older_than("wwwatch.expires_at", now - kept)
        found.append(Expiry("allow list entries that ended", control, _kinds(["allow"], ended)))
        said = older_than("@timestamp", now - kept)
        found.append(Expiry("verdicts and maintenance", control, _kinds(["verdict", "maintenance"], said)))
    if kept := kept_for(settings.positions_days):
        found.append(Expiry("positions", positions, older_than("@timestamp", now - kept)))
    return found


def _kinds(kinds: list[str], query: Document) -> Document:
    return {"bool": {"filter": [{"terms": {"wwwatch.kind": kinds}}, query]}}


@dataclass(frozen=True)
class ModelFacts:
    """A registered model. id: of its document. owner: its namespace."""

    id: str
    owner: str
    version: str
    created: str


def expendable_models(models: Collection[ModelFacts], in_use: Collection[str], newest_kept: int) -> list[str]:
    """Ids of models beyond the newest of each owner. in_use: versions that stay whatever their age."""
    by_owner: dict[str, list[ModelFacts]] = {}
    for model in models:
        by_owner.setdefault(model.owner, []).append(model)
    return sorted(
        model.id
        for owned in by_owner.values()
        for model in sorted(owned, key=lambda model: model.created, reverse=True)[newest_kept:]
        if model.version not in in_use
    )


def leftovers(scratch: Iterable[IndexFacts], now: datetime) -> list[str]:
    """Scratch indices of trainings that died."""
    return sorted(index.name for index in scratch if now - index.created_at >= SCRATCH_KEPT)
