"""Installs the templates of `index_templates/` on the store. Idempotent, and safe to run again after an upgrade."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import orjson

from wwwatch import __version__
from wwwatch.errors import StoreError, StoreRefused
from wwwatch.retention_settings import RetentionSettings
from wwwatch.store import lifecycle
from wwwatch.store.client import Store
from wwwatch.store.migration import Migrated, migrate
from wwwatch.store.session import Document
from wwwatch.store.upkeep import index_templates

COMPONENT, INDEX = "component", "index"
PATHS = {COMPONENT: "_component_template", INDEX: "_index_template"}


@dataclass
class Report:
    """What `install` did: names of templates by what happened to them, and things a person should know."""

    installed: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extended: dict[str, list[str]] = field(default_factory=dict)
    rolled_over: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)

    def migrated(self, done: Migrated) -> None:
        """Take in what became of live indices."""
        self.extended |= done.extended
        self.rolled_over += done.rolled_over
        self.notes += done.notes


def templates(kind: str) -> Iterator[tuple[str, Document]]:
    """(name, body) of our own templates of a kind, by name."""
    folder = resources.files("index_templates") / kind
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            yield entry.name.removesuffix(".json"), orjson.loads(entry.read_bytes())


def install(store: Store) -> Report:
    """Install what is missing or older than ours; extend the mappings of indices that exist already.

    A template newer than ours (a newer wwwatch runs somewhere) is left alone. Raise StoreError if the store
    refuses one, StoreRefused without the privilege.
    """
    report = Report()
    changed = [name for kind in (COMPONENT, INDEX) for name in _install_kind(store, kind, report)]
    if changed:
        touched = {
            name for name, body in templates(INDEX) if name in changed or set(body["composed_of"]) & set(changed)
        }
        report.migrated(migrate(store, {name: body for name, body in templates(INDEX) if name in touched}))
    return report


def upgrade(store: Store, settings: RetentionSettings) -> Report:
    """What `wwwatch setup` does: install, bring every live index up to the templates, whoever installed these, and
    leave rollover and deletion to the engine where it has a lifecycle of its own.

    Raise StoreError, before anything is changed, if the store was set up by a newer wwwatch.
    """
    if newer := _newer(store):
        raise StoreError(
            f"The store at {store.shown} was set up by a newer wwwatch; this is {__version__}. Newer there: "
            f"{', '.join(newer)}. Nothing was changed.",
            "Upgrade wwwatch here. Commands of this version go on working with the newer templates.",
        )
    report = install(store)
    report.migrated(migrate(store, dict(templates(INDEX))))
    report.policies = lifecycle.install(store, settings, dict(templates(INDEX)))
    return report


def _newer(store: Store) -> list[str]:
    return [
        f"{name} (version {there}, here {body['version']})"
        for kind in (COMPONENT, INDEX)
        for installed in [_installed_versions(store, kind)]
        for name, body in templates(kind)
        if (there := installed.get(name, 0)) > body["version"]
    ]


def install_what_is_allowed(store: Store) -> None:
    """Install with whatever privileges there are. Raise StoreRefused if a template is missing and may not be made."""
    try:
        install(store)
    except StoreRefused as error:
        try:
            missing = [
                name
                for kind in (COMPONENT, INDEX)
                for name, _ in templates(kind)
                if name not in _installed_versions(store, kind)
            ]
        except StoreRefused:
            return  # may not see them: whoever made the key has run setup, or the first answer tells
        if missing:
            raise StoreRefused(
                f"{error.message}. Missing: the template {missing[0]}.",
                "Run `wwwatch setup` once with a user who may manage index templates.",
            ) from error


def check(store: Store) -> list[str]:
    """Notes on templates that are not ours and match the same names, for people."""
    ours = dict(templates(INDEX))
    notes = []
    for item in index_templates(store):
        other, name = item["index_template"], item["name"]
        if name in ours:
            continue
        for own_name, own in ours.items():
            patterns = other.get("index_patterns", [])
            overlap = [own_one for own_one in own["index_patterns"] if any(_overlap(own_one, q) for q in patterns)]
            priority = other.get("priority", 0)
            if overlap and priority > own["priority"]:
                notes.append(
                    f"The template {name} (priority {priority}) is not ours and comes before {own_name} "
                    f"(priority {own['priority']}) for {', '.join(overlap)}. It is left as it is: those streams get "
                    "its fields and its pipeline. Detection needs the ECS fields of docs/architecture.md in them."
                )
    return notes


def _overlap(one: str, other: str) -> bool:
    """Whether two patterns can match the same name, for patterns that end in `*`: one's fixed part fits the other."""
    if other in {"*", "logs-*-*"}:
        return True
    return fnmatch.fnmatchcase(one.rstrip("*"), other) or fnmatch.fnmatchcase(other.rstrip("*"), one)


def _install_kind(store: Store, kind: str, report: Report) -> list[str]:
    before = _installed(store, kind)
    installed = {name: there.get("version", 0) for name, there in before.items()}
    changed = []
    for name, body in templates(kind):
        there = installed.get(name)
        if there is not None and there > body["version"]:
            report.newer.append(name)
        elif there == body["version"]:
            report.current.append(name)
        else:
            own = lifecycle.kept(body, before[name]) if name in before else body
            store.admin("PUT", f"/{PATHS[kind]}/{name}", _for_engine(store, name, own))
            report.installed.append(name)
            changed.append(name)
    return changed


def _installed(store: Store, kind: str) -> dict[str, Document]:
    answer: Any = store.admin("GET", f"/{PATHS[kind]}/wwwatch-*") or {}
    return {item["name"]: item[f"{kind}_template"] for item in answer.get(f"{kind}_templates", [])}


def _installed_versions(store: Store, kind: str) -> dict[str, int]:
    return {name: body.get("version", 0) for name, body in _installed(store, kind).items()}


def _for_engine(store: Store, name: str, body: Document) -> Document:
    """Elasticsearch 9 makes `logs-*-*` streams logsdb by itself; say the mode, so that every store behaves alike."""
    if name != "wwwatch-access" or store.is_opensearch or store.version < (8, 17):
        return body
    template = body["template"]
    settings = {"index": template["settings"]["index"] | {"mode": "standard"}}
    return body | {"template": template | {"settings": settings}}
