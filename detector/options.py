"""What the detector's commands share: options, and opening the store."""

from pathlib import Path

import click

from wwwatch.settings import load
from wwwatch.store import Store, connect

json_lines_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def open_store(config: Path | None) -> Store:
    """The store of the settings, its templates in place."""
    store = connect(load(config))
    store.ensure_setup()
    return store
