"""`wwwatch ship`."""

import time
from collections.abc import Sequence
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
from wwwatch.errors import StoreError, UsageError
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
@click.option("--to", "to_url", metavar="URL", help="Into a topic, kafka://HOST:PORT/TOPIC, instead of the store.")
@click.option(
    "--content",
    type=click.Choice(["line", "document"]),
    default="line",
    show_default=True,
    help="What messages of --to hold: lines as they are, or finished documents.",
)
@click.option("--from", "from_url", metavar="URL", help="From a topic, kafka://HOST:PORT/TOPIC, instead of files.")
@click.option("--group", default="wwwatch", show_default=True, help="The group of those who share the topic of --from.")
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
    to_url: str | None,
    content: str,
    from_url: str | None,
    group: str,
    status: bool,
    from_start: bool,
    as_json: bool,
) -> None:
    """Read log files to their end into the store, every line once.

    PATH is a file, also .gz, a glob, or - for stdin. Shipping a file again, renamed or compressed, adds nothing. A
    line that no format takes is stored as a reject, with the reason.

    With --follow, quote globs ('/var/log/nginx/access.log*'): they are looked at again and again, so that files that
    appear or are rotated are found. A store that is away is waited for.

    With --to, lines go into a Kafka topic; with --from, they come from one, read by all who name the same --group. Both
    need the extra kafka. --from reads what is there, and stays with --follow.
    """
    from ingest import formats, reader, receive  # noqa: PLC0415 - the help needs no polars
    from ingest.commands import following, positions, roads  # noqa: PLC0415
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from ingest.heartbeat import Heartbeat  # noqa: PLC0415
    from ingest.positions import prune_old  # noqa: PLC0415
    from ingest.ship import Shipper  # noqa: PLC0415
    from ingest.source import Wishes  # noqa: PLC0415

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
    road_of = roads.road_to(to_url, settings)
    if from_url:
        if paths or syslog or from_start:
            raise UsageError("--from does not go together with files, --syslog or --from-start.", "Run two ships.")
        roads.ship_from(from_url, group, settings, wishes, follow, as_json, road_of)
        return
    if to_url and content == "line":
        wishes = roads.of_lines(wishes)
    addresses = [receive.address_of(url) for url in syslog]
    if not paths and not addresses:
        raise UsageError("Nothing to ship.", "Name log files, - for stdin, or --syslog udp://127.0.0.1:5514.")
    if follow or addresses:
        if from_start:
            raise UsageError("--follow and --from-start do not go together.", "Run ship --from-start first.")
        following.run(settings, wishes, paths, addresses, as_json, road_of)
        return
    files = reader.expand(paths)
    road = road_of()
    started, begun = time.monotonic(), datetime.now(UTC)

    def moved(lines: int) -> None:
        advance(lines)
        heartbeat.tick(datetime.now(UTC))

    with progress("Lines delivered") as advance, Shipper(road, settings, wishes, moved) as shipper:
        heartbeat = Heartbeat(
            road, namespace, settings.host.name, "ship", shipper.counts, shipper.gauges,
            lambda message: say(plain_markup(message, limit=1000)),
        )  # fmt: skip
        try:
            failures = each_file(files, shipper.ship)
            road.refresh(namespace)
        finally:
            heartbeat.close(datetime.now(UTC))
            seconds = time.monotonic() - started
            print_counts(shipper.counts, seconds, as_json)
    prune_old(road, settings, namespace, begun)
    raise_failures(failures, len(files))
    if shipper.counts.undelivered:
        raise StoreError(
            f"{shipper.counts.undelivered:,} lines are not accounted for.",
            "Run the same command again and report this.",
        )
