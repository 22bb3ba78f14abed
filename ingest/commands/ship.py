"""`wwwatch ship`."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.commands.options import dataset_option, each_file, format_option, paths_argument, raise_failures
from wwwatch import settings as wwwatch_settings
from wwwatch.console import print_json, progress
from wwwatch.errors import StoreError
from wwwatch.namespaces import namespace_option


@click.command()
@paths_argument
@format_option
@dataset_option
@namespace_option
@click.option("--from-start", is_flag=True, help="Look up every line again; send what the store has lost.")
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
@click.pass_obj
def ship(
    config: Path | None,
    paths: Sequence[str],
    format_name: str,
    server: str | None,
    namespace: str,
    from_start: bool,
    as_json: bool,
) -> None:
    """Read log files to their end into the store, every line once.

    PATH is a file, also .gz, a glob, or - for stdin. Shipping a file again, renamed or compressed, adds nothing. A
    line that no format takes is stored as a reject, with the reason.
    """
    from ingest import formats, reader  # noqa: PLC0415 - the help needs no polars
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from ingest.ship import Shipper, Wishes  # noqa: PLC0415
    from wwwatch.store import connect, names  # noqa: PLC0415

    formats.named(format_name)
    files = reader.expand(paths)
    settings = wwwatch_settings.load(config)
    enrichment = of_settings(settings.ingest)
    store = connect(settings)
    store.ensure_setup()
    wishes = Wishes(
        namespace, format_name, server or "", lambda: datetime.now(UTC), from_start=from_start, enrichment=enrichment
    )
    started = time.monotonic()
    with progress("Lines delivered") as advance, Shipper(store, settings, wishes, advance) as shipper:
        try:
            failures = each_file(files, shipper.ship)
            # What the next command asks for is there, not only in a moment.
            store.refresh(f"{names.access_index(namespace)},{names.rejects_stream(namespace)}")
        finally:
            seconds = time.monotonic() - started
            if as_json:
                print_json([shipper.counts.as_json(seconds)])
            else:
                click.echo(shipper.counts.as_text(seconds))
    raise_failures(failures, len(files))
    if shipper.counts.undelivered:
        raise StoreError(
            f"{shipper.counts.undelivered:,} lines are not accounted for.",
            "Run the same command again and report this.",
        )
