"""`wwwatch models`, `backtest`: the registry, what a candidate would find, what any model would have raised."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from detector import feedback, modelwatch, registry, service
from detector.backtest import COUNTED
from detector.backtest import backtest as would_raise
from detector.logins import keeping as logins
from detector.options import json_lines_option, open_store
from detector.vocabulary import signs_of
from wwwatch.console import plain_markup, print_json, print_table, progress, say
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.settings import load
from wwwatch.store import connect


@click.command()
@since_option
@until_option
@click.option("--model", "version", help="Of this version instead of the active one; see `wwwatch models list`.")
@namespace_option
@json_lines_option
@click.pass_obj
def backtest(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    version: str | None,
    namespace: str,
    as_json: bool,
) -> None:
    """What the model would have raised, per day and class. Nothing is written."""
    settings = load(config)
    store, now = connect(settings), datetime.now(UTC)
    model = service.model_to_read(store, namespace, version)
    span = service.history_span(store, namespace, since, until)
    silent = settings.detector.model_copy(update={"verify_crawlers": False})  # answers would be remembered
    known = feedback.known(store, namespace, silent, now)
    with progress("Client windows judged") as advance:
        seen = signs_of(store, namespace, logins.known(store, namespace, settings.detector.logins))
        rows = would_raise(store, namespace, model, span, known, seen, advance) if span else []
    if as_json:
        print_json(row | {"model_version": model.version} for row in rows)
    elif not rows:
        say(f"Model {plain_markup(model.version)} would have raised nothing.")
    else:
        cells = [(row["day"], row["class"], *(f"{row[name]:,}" for name in COUNTED)) for row in rows]
        title = f"What {model.version} would have raised in {namespace}"
        print_table(title, ("day", "class", *COUNTED), cells, COUNTED)


@click.group()
def models() -> None:
    """The registry of models."""


@models.command("list")
@namespace_option
@json_lines_option
@click.pass_obj
def list_models(config: Path | None, namespace: str, as_json: bool) -> None:
    """Every version of a namespace, newest first."""
    store = connect(load(config))
    active = registry.active_version(store, namespace)
    found = [entry | {"active": entry["version"] == active} for entry in registry.versions(store, namespace)]
    if as_json:
        print_json(found)
    else:
        rows = [(e["version"], e["created"], "active" if e["active"] else "", _rows(e["card"])) for e in found]
        print_table(f"Models of {namespace}", ("version", "created", "", "rows"), rows)


def _rows(card: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in card.get("rows", {}).items())


@models.command()
@click.argument("version")
@namespace_option
@click.pass_obj
def show(config: Path | None, version: str, namespace: str) -> None:
    """The card of a version, with its drift and its shadow of the last week, as JSON."""
    store = connect(load(config))
    found = [entry for entry in registry.versions(store, namespace) if entry["version"] == version]
    if not found:
        raise registry.ModelError(f"There is no model {version} for namespace {namespace}.", "See: wwwatch models list")
    recent = modelwatch.recent(store, namespace, version, datetime.now(UTC))
    print_json(entry | {"recent": recent} for entry in found)


@models.command()
@click.argument("version")
@namespace_option
@click.pass_obj
def activate(config: Path | None, version: str, namespace: str) -> None:
    """Make a version the one that scores."""
    store = open_store(config)
    registry.load(store, namespace, version)  # one that cannot be used must not become active
    registry.activate(store, namespace, version, datetime.now(UTC))
    say(f"Model {plain_markup(version)} is active for namespace {namespace}.")


@models.command()
@namespace_option
@click.pass_obj
def rollback(config: Path | None, namespace: str) -> None:
    """Go back to the version that was active before."""
    store = open_store(config)
    previous = registry.previous_version(store, namespace)
    if previous is None:
        raise registry.ModelError(f"Namespace {namespace} has had no other model.", "See: wwwatch models list")
    registry.load(store, namespace, previous)
    registry.activate(store, namespace, previous, datetime.now(UTC))
    say(f"Model {plain_markup(previous)} is active again for namespace {namespace}.")


@models.command()
@click.argument("version", required=False)
@click.option("--end", is_flag=True, help="Let nothing judge along any more.")
@namespace_option
@click.pass_obj
def shadow(config: Path | None, version: str | None, end: bool, namespace: str) -> None:
    """Let VERSION judge along: what it would find is counted, nothing is raised. `models show` compares."""
    if bool(version) == end:
        raise click.UsageError("Name a version, or --end.")
    store = open_store(config)
    if version:
        registry.set_shadow(store, namespace, version, datetime.now(UTC))
        active = registry.active_version(store, namespace)
        say(f"Model {plain_markup(version)} judges along.  Compare: wwwatch models show {plain_markup(active)}")
    else:
        say("Nothing judges along any more." if registry.end_shadow(store, namespace) else "Nothing judged along.")
