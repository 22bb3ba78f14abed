"""`wwwatch setup`: templates on the store."""

from pathlib import Path

import click

from wwwatch.console import plain_markup, print_json, say
from wwwatch.settings import load
from wwwatch.store import connect
from wwwatch.store.setup import check, install


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def setup(config: Path | None, as_json: bool) -> None:
    """Install index and component templates on the configured store. Safe to run again, also after an upgrade."""
    store = connect(load(config))
    report = install(store)
    report.notes += check(store)
    if as_json:
        print_json([vars(report) | {"store": store.description}])
        return
    done = f"{len(report.installed)} templates installed, {len(report.current)} were current."
    say(f"{plain_markup(store.description)}: {done}")
    if report.newer:
        say(f"Left alone, made by a newer wwwatch: {', '.join(report.newer)}")
    for note in report.notes:
        say(f"[yellow]Note:[/] {plain_markup(note, limit=2000)}")
