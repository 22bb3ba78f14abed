"""`wwwatch engine`: the embedded engine by hand. Other commands start it by themselves."""

from dataclasses import asdict
from pathlib import Path

import click

from wwwatch import console
from wwwatch import engine as embedded
from wwwatch import settings as wwwatch_settings
from wwwatch.settings import Settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def engine() -> None:
    """Start, stop or wipe the embedded engine: a store on this machine only (127.0.0.1), used while no url is set."""


@engine.command()
@json_option
@click.pass_obj
def start(config: Path | None, as_json: bool) -> None:
    """Start the engine and wait until it answers. Harmless if it runs."""
    settings = wwwatch_settings.load(config)
    if settings.url:
        console.say("The setting url (WWWATCH_URL) names another store, so other commands will not use this engine.")
    embedded.ensure_running(settings)
    _print_status(settings, as_json)


@engine.command()
@json_option
@click.pass_obj
def stop(config: Path | None, as_json: bool) -> None:
    """Stop the engine. Its data stays. Harmless if it does not run."""
    stopped = embedded.stop(wwwatch_settings.load(config))
    if as_json:
        console.print_json([{"stopped": stopped}])
    else:
        console.say("Stopped." if stopped else "It was not running.")


@engine.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say whether the engine runs, and where. Exit code 0 if it runs, else 1."""
    if not _print_status(wwwatch_settings.load(ctx.obj), as_json):
        ctx.exit(1)


@engine.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def wipe(config: Path | None, yes: bool, as_json: bool) -> None:
    """Stop the engine and delete all its data. There is no way back."""
    settings = wwwatch_settings.load(config)
    if not yes:
        folder = console.plain(embedded.status(settings).data)
        click.confirm(f"Delete everything the engine holds in {folder}?", abort=True, err=True)
    wiped = embedded.wipe(settings)
    if as_json:
        console.print_json([{"wiped": wiped}])
    else:
        console.say("Deleted." if wiped else "There was nothing to delete.")


def _print_status(settings: Settings, as_json: bool) -> bool:
    """Print it on stdout; return whether the engine runs."""
    now = embedded.status(settings)
    values = {**asdict(now), "data": str(now.data), "log": str(now.log)}
    if as_json:
        console.print_json([values])
    else:
        click.echo(f"{now.distribution} {now.version} " + (f"runs at {now.url}" if now.running else "does not run"))
        for name in ("pid", "data", "log"):
            if values[name] is not None:
                click.echo(f"  {name:5}{console.plain(values[name])}")
    return now.running
