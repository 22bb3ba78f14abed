"""Takes wwwatch off a store again: its own objects only, by name."""

from dataclasses import dataclass, field

from wwwatch.errors import StoreError
from wwwatch.store import lifecycle
from wwwatch.store.client import Store
from wwwatch.store.setup import COMPONENT, INDEX, PATHS, templates
from wwwatch.store.upkeep import index_templates, owner, plain_indices, streams


@dataclass
class Ours:
    """What is ours on a store, by name. left: what looks like it and is not, with the reason; it stays."""

    streams: list[str] = field(default_factory=list)
    indices: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def look(store: Store) -> Ours:
    """What `remove` would delete. Nothing is changed."""
    found = Ours()
    installed = index_templates(store)
    for name, body in templates(INDEX):
        for each in streams(store, ",".join(body["index_patterns"])):
            _sort(each, name, owner(each, installed), found.streams, found)
        for each in plain_indices(store, ",".join(body["index_patterns"])):
            _sort(each, name, owner(each, installed), found.indices, found)
    found.templates = [name for name, _ in templates(INDEX) if store.admin("GET", f"/{PATHS[INDEX]}/{name}")]
    found.components = [name for name, _ in templates(COMPONENT) if store.admin("GET", f"/{PATHS[COMPONENT]}/{name}")]
    return found


def remove(store: Store, ours: Ours) -> Ours:
    """Delete what `look` found: data first, then what it was made by. Raise StoreError for what the store refuses."""
    done = Ours(left=dict(ours.left))
    for name in ours.streams:
        _delete_stream(store, name)
        done.streams.append(name)
    for name in ours.indices:
        if store.delete_index(name):
            done.indices.append(name)
    for kind, names, gone in (
        (INDEX, ours.templates, done.templates),
        (COMPONENT, ours.components, done.components),
    ):
        for name in names:
            if store.admin("DELETE", f"/{PATHS[kind]}/{name}") is not None:
                gone.append(name)
    done.policies = lifecycle.remove(store)
    return done


def _delete_stream(store: Store, name: str) -> None:
    try:
        store.admin("DELETE", f"/_data_stream/{name}")
    except StoreError as error:
        raise StoreError(
            f"The data stream {name} could not be deleted: {error.message}",
            "What was deleted before stays deleted; run this again with a user who may manage data streams.",
        ) from error


def _sort(name: str, template: str, made_by: str, ours: list[str], found: Ours) -> None:
    if made_by == template:
        ours.append(name)
    else:
        found.left[name] = f"its template is {made_by or 'gone'}"
