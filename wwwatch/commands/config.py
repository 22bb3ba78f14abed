"""`wwwatch config`: are the settings right, and what are they?"""

from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import BaseModel, SecretStr

from wwwatch.console import print_json, print_table, say
from wwwatch.settings import Settings, load
from wwwatch.settings_reading import PREFIX, masked
from wwwatch.settings_reference import reference as the_reference
from wwwatch.settings_reference import sample as the_sample
from wwwatch.store.connection import parse_addresses


@click.group()
def config() -> None:
    """Check, show or explain the settings."""


@config.command()
@click.pass_obj
def check(config: Path | None) -> None:
    """Read the settings and say what is wrong with them, all at once. Exit code 2 if anything is."""
    settings = load(config)
    if settings.url:
        parse_addresses(settings.url, settings)
    say("The settings are valid.")


@config.command()
@click.option("--json", "as_json", is_flag=True, help="JSON objects, one a setting.")
@click.pass_obj
def show(config: Path | None, as_json: bool) -> None:
    """Every setting: name, value, variable of the environment, meaning. Passwords and keys are masked."""
    rows = list(_rows(load(config)))
    if as_json:
        names = ("setting", "value", "variable", "description")
        print_json(dict(zip(names, row, strict=True)) for row in rows)
    else:
        print_table("Settings", ("setting", "value", "variable", "meaning"), rows)


@config.command()
def sample() -> None:
    """A wwwatch.toml to start from: every setting with its default and meaning, none of them set."""
    click.echo(the_sample(), nl=False)


@config.command()
def reference() -> None:
    """docs/settings.md: every setting, what is allowed, its default and variable."""
    click.echo(the_reference(), nl=False)


def _rows(settings: BaseModel, place: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str, str]]:
    for name, field in type(settings).model_fields.items():
        value, keys = getattr(settings, name), (*place, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, keys)
        else:
            yield (
                ".".join(keys),
                _shown(settings, name, value),
                PREFIX + "__".join(keys).upper(),
                field.description or "",
            )


def _shown(settings: BaseModel, name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    if isinstance(settings, Settings) and name == "url" and value:
        return parse_addresses(str(value), settings).shown
    return masked(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
