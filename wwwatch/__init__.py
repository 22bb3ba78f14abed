"""wwwatch: the command, its settings, the one door to the store, and the embedded engine."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("wwwatch")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
