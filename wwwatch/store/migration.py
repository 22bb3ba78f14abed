"""Brings indices that an older wwwatch made up to the templates of this one.

A mapping may grow, never change. New fields are added in place. Where a field is to be stored differently, a data
stream begins its next index, which has it, and the older ones keep theirs until they expire; a plain index keeps the
old way, and that is said.
"""

from dataclasses import dataclass, field
from typing import Any

from wwwatch.errors import StoreError
from wwwatch.store.client import Store
from wwwatch.store.session import Document
from wwwatch.store.upkeep import index_templates, owner, plain_indices, roll_over, streams

# Parameters of a field that its engine changes in place.
CHANGEABLE = frozenset({"ignore_above"})
# What an engine leaves out when it tells a mapping.
DEFAULTS = {"index": True, "doc_values": True, "store": False}


@dataclass(frozen=True)
class Difference:
    """add: properties to put on the index, nested. changed: fields, dotted, that only a new index can have."""

    add: Document = field(default_factory=dict)
    changed: tuple[str, ...] = ()


@dataclass
class Migrated:
    """extended: index -> its new fields. rolled_over: streams. notes: what stayed as it was, for people."""

    extended: dict[str, list[str]] = field(default_factory=dict)
    rolled_over: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def difference(live: Document, wanted: Document, parents: tuple[str, ...] = ()) -> Difference:
    """What the properties of a live mapping lack of those wanted. Fields beyond those wanted are nobody's matter."""
    add: Document = {}
    changed: list[str] = []
    for name, want in wanted.items():
        have = live.get(name)
        if have is None:
            add[name] = want
        elif _is_object(want) and _is_object(have):
            inner = difference(have.get("properties", {}), want.get("properties", {}), (*parents, name))
            if inner.add:
                add[name] = {"properties": inner.add}
            changed += inner.changed
        elif _fixed(have) != _fixed(want):
            changed.append(".".join((*parents, name)))
        elif any(have.get(key) != want.get(key) for key in CHANGEABLE):
            add[name] = want
    return Difference(add, tuple(changed))


def field_names(properties: Document, parents: tuple[str, ...] = ()) -> list[str]:
    """The dotted names of the fields in nested properties."""
    found: list[str] = []
    for name, body in properties.items():
        path = (*parents, name)
        found += field_names(body["properties"], path) if "properties" in body else [".".join(path)]
    return found


def migrate(store: Store, templates: dict[str, Document]) -> Migrated:
    """Bring the live indices of these index templates (name -> body) up to them. Streams of others are left alone."""
    done = Migrated()
    installed = index_templates(store)
    for name, body in templates.items():
        simulated: Any = store.admin("POST", f"/_index_template/_simulate/{name}")
        wanted = simulated["template"].get("mappings", {}).get("properties", {})
        patterns = ",".join(body["index_patterns"])
        for stream, backing in streams(store, patterns).items():
            if owner(stream, installed) == name:
                _migrate_stream(store, stream, backing, wanted, done)
        for index in plain_indices(store, patterns):
            if owner(index, installed) == name and (changed := _extend(store, index, wanted, done).get(index)):
                done.notes.append(f"{index} keeps the old type of {', '.join(changed)}: only a new index can have it.")
    return done


def _migrate_stream(store: Store, stream: str, backing: list[str], wanted: Document, done: Migrated) -> None:
    changed = _extend(store, stream, wanted, done)
    if backing[-1] in changed:
        roll_over(store, stream)
        done.rolled_over.append(stream)
        done.notes.append(
            f"{stream} began a new index for {', '.join(changed[backing[-1]])}; "
            "events stored before keep the old type until they expire."
        )


def _extend(store: Store, target: str, wanted: Document, done: Migrated) -> dict[str, tuple[str, ...]]:
    """Add what can be added to each index of a target. Return index -> fields that could not be changed."""
    mappings: Any = store.admin("GET", f"/{target}/_mapping") or {}
    changed = {}
    for index, body in mappings.items():
        found = difference(body["mappings"].get("properties", {}), wanted)
        if found.add:
            try:
                store.admin("PUT", f"/{index}/_mapping", {"properties": found.add})
                done.extended[index] = field_names(found.add)
            except StoreError as error:
                done.notes.append(f"{index} keeps its old fields: {error.message}")
        if found.changed:
            changed[index] = found.changed
    return changed


def _is_object(body: Document) -> bool:
    return "properties" in body or body.get("type", "object") == "object"


def _fixed(body: Document) -> Document:
    """The parameters that cannot be changed, without those at their defaults."""
    return {key: value for key, value in body.items() if key not in CHANGEABLE and DEFAULTS.get(key) != value}
