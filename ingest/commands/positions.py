"""`wwwatch ship --status`."""

from ingest.progress import Progress, progress
from wwwatch.console import print_json, print_table, say
from wwwatch.settings import Settings

COLUMNS = ("path", "size", "delivered", "behind", "lines", "last delivered", "dataset", "format", "identity")
NUMERIC = ("size", "delivered", "behind", "lines")


def show(settings: Settings, namespace: str, as_json: bool) -> None:
    """Print how far each known file is delivered, the latest first."""
    found = progress(settings.home, namespace, settings.host.name)
    if as_json:
        print_json(item.as_json() for item in found)
    elif found:
        print_table(f"Files of namespace {namespace}, bytes", COLUMNS, map(_cells, found), NUMERIC)
    else:
        say(f"No file of namespace {namespace} was shipped with home {settings.home}.")


def _cells(item: Progress) -> tuple[str, ...]:
    position = item.position
    return (
        position.path, _number(item.size_bytes), _number(position.offset), _number(item.behind_bytes),
        _number(position.lines), position.delivered_at[:19], position.dataset, position.format, position.key,
    )  # fmt: skip


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
