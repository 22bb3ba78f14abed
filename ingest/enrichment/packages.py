"""Packages that only some steps need: not every shipper's host has them."""

import importlib
from types import ModuleType

from wwwatch.errors import SettingsError

EXTRA = "enrichment"


def optional(module: str, setting: str) -> ModuleType:
    """The module; SettingsError naming what to install if it is not there."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The setting {setting} needs the package {module.partition('.')[0]}, which is not installed.",
            f"pip install 'wwwatch[{EXTRA}]', or take the setting out.",
        ) from error
