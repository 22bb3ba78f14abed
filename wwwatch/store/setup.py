"""Installs the templates of `index_templates/` on the store. Idempotent, and safe to run again after an upgrade."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import orjson

from wwwatch.errors import StoreError, StoreRefused
from wwwatch.store.client import Store
from wwwatch.store.session import Document

COMPONENT, INDEX = "component", "index"
PATHS = {COMPONENT: "_component_template", INDEX: "_index_template"}


@dataclass
class Report:
    """What `install` did: names of templates by what happened to them, and things a person should know."""

    installed: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
        for name, body in templates(INDEX):
            if name in changed or set(body["composed_of"]) & set(changed):
                _extend_existing(store, name, body["index_patterns"], report)
    return report


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
    foreign: Any = store.admin("GET", "/_index_template?filter_path=index_templates") or {}
    ours = dict(templates(INDEX))
    notes = []
    for item in foreign.get("index_templates", []):
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
    installed = _installed_versions(store, kind)
    changed = []
    for name, body in templates(kind):
        there = installed.get(name)
        if there is not None and there > body["version"]:
            report.newer.append(name)
        elif there == body["version"]:
            report.current.append(name)
        else:
            store.admin("PUT", f"/{PATHS[kind]}/{name}", _for_engine(store, name, body))
            report.installed.append(name)
            changed.append(name)
    return changed


def _installed_versions(store: Store, kind: str) -> dict[str, int]:
    answer: Any = store.admin("GET", f"/{PATHS[kind]}/wwwatch-*") or {}
    return {item["name"]: item[f"{kind}_template"].get("version", 0) for item in answer.get(f"{kind}_templates", [])}


def _for_engine(store: Store, name: str, body: Document) -> Document:
    """Elasticsearch 9 makes `logs-*-*` streams logsdb by itself; say the mode, so that every store behaves alike."""
    if name != "wwwatch-access" or store.is_opensearch or store.version < (8, 17):
        return body
    template = body["template"]
    settings = {"index": template["settings"]["index"] | {"mode": "standard"}}
    return body | {"template": template | {"settings": settings}}


def _extend_existing(store: Store, name: str, patterns: list[str], report: Report) -> None:
    """New fields also for indices made by an older version: a mapping may grow, never change."""
    simulated: Any = store.admin("POST", f"/_index_template/_simulate/{name}")
    mappings = simulated["template"].get("mappings", {})
    properties = {"properties": mappings.get("properties", {})}
    for pattern in patterns:
        if not (store.admin("GET", f"/_resolve/index/{pattern}") or {}):
            continue
        try:
            store.admin("PUT", f"/{pattern}/_mapping?allow_no_indices=true&ignore_unavailable=true", properties)
        except StoreError as error:
            report.notes.append(
                f"Indices {pattern} made before keep their old fields until their next rollover: {error.message}"
            )
