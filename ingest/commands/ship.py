"""`wwwatch ship`."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.commands.options import (
    dataset_option,
    each_file,
    format_option,
    print_counts,
    raise_failures,
)
from wwwatch import settings as wwwatch_settings
from wwwatch.console import plain_markup, progress, say
from wwwatch.errors import StoreError, StoreRefused, UsageError
from wwwatch.namespaces import namespace_option


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@format_option
@dataset_option
@namespace_option
@click.option("--follow", is_flag=True, help="Stay, and deliver what is appended, until stopped (SIGTERM, Ctrl-C).")
@click.option(
    "--syslog",
    multiple=True,
    metavar="URL",
    help="Listen for syslog at udp://HOST:PORT or tcp://HOST:PORT, and follow.",
)
@click.option("--status", is_flag=True, help="How far each file is delivered; reads positions, asks no store.")
@click.option("--from-start", is_flag=True, help="Look up every line again; send what the store has lost.")
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
@click.pass_obj
def ship(
    config: Path | None,
    paths: Sequence[str],
    format_name: str,
    server: str | None,
    namespace: str,
    follow: bool,
    syslog: Sequence[str],
    status: bool,
    from_start: bool,
    as_json: bool,
) -> None:
    """Read log files to their end into the store, every line once.

    PATH is a file, also .gz, a glob, or - for stdin. Shipping a file again, renamed or compressed, adds nothing. A
    line that no format takes is stored as a reject, with the reason.

    With --follow, quote globs ('/var/log/nginx/access.log*'): they are looked at again and again, so that files that
    appear or are rotated are found. A store that is away is waited for.
    """
    from ingest import formats, reader, receive  # noqa: PLC0415 - the help needs no polars
    from ingest.commands import following, positions  # noqa: PLC0415
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from ingest.heartbeat import Heartbeat  # noqa: PLC0415
    from ingest.positions import prune_old  # noqa: PLC0415
    from ingest.ship import Shipper  # noqa: PLC0415
    from ingest.source import Wishes  # noqa: PLC0415
    from wwwatch.store import connect, names  # noqa: PLC0415

    formats.named(format_name)
    settings = wwwatch_settings.load(config)
    if status:
        positions.show(settings, namespace, as_json)
        return
    enrichment = of_settings(settings.ingest)
    wishes = Wishes(
        namespace, format_name, server or "", lambda: datetime.now(UTC), from_start=from_start, enrichment=enrichment,
        timezone=settings.site.timezone,
    )  # fmt: skip
    addresses = [receive.address_of(url) for url in syslog]
    if not paths and not addresses:
        raise UsageError("Nothing to ship.", "Name log files, - for stdin, or --syslog udp://127.0.0.1:5514.")
    if follow or addresses:
        if from_start:
            raise UsageError("--follow and --from-start do not go together.", "Run ship --from-start first.")
        following.run(settings, wishes, paths, addresses, as_json)
        return
    files = reader.expand(paths)
    store = connect(settings)
    store.ensure_setup()
    started, begun = time.monotonic(), datetime.now(UTC)

    def moved(lines: int) -> None:
        advance(lines)
        heartbeat.tick(datetime.now(UTC))

    with progress("Lines delivered") as advance, Shipper(store, settings, wishes, moved) as shipper:
        heartbeat = Heartbeat(
            store, namespace, settings.host.name, "ship", shipper.counts, shipper.gauges,
            lambda message: say(plain_markup(message, limit=1000)),
        )  # fmt: skip
        try:
            failures = each_file(files, shipper.ship)
            # What the next command asks for is there, not only in a moment. A shipper's key need not be allowed to.
            with suppress(StoreRefused):
                store.refresh(f"{names.access_index(namespace)},{names.rejects_stream(namespace)}")
        finally:
            heartbeat.close(datetime.now(UTC))
            seconds = time.monotonic() - started
            print_counts(shipper.counts, seconds, as_json)
    prune_old(store, settings, namespace, begun)
    raise_failures(failures, len(files))
    if shipper.counts.undelivered:
        raise StoreError(
            f"{shipper.counts.undelivered:,} lines are not accounted for.",
            "Run the same command again and report this.",
        )
