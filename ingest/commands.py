"""`wwwatch ship` and `wwwatch parse`."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wwwatch import settings as wwwatch_settings
from wwwatch.console import plain_markup, print_json, progress, say
from wwwatch.errors import InputError, StoreError
from wwwatch.namespaces import namespace_option

# The engine, on small machines beside the shipper, needs the cores. Set before polars starts its threads.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

SERVERS = ("nginx", "apache")


class Dataset(click.Choice[str]):
    """A server by its name or by its dataset: `apache`, `apache.access`."""

    name = "SERVER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(str(value).removesuffix(".access"), param, ctx)


paths_argument = click.argument("paths", nargs=-1, required=True, metavar="PATH...")
format_option = click.option(
    "--format", "format_name", default="auto", show_default=True,
    help="common, combined, vhost-combined, quoted-combined, nginx; auto: by the first lines.",
)  # fmt: skip
dataset_option = click.option(
    "--dataset", "server", type=Dataset(SERVERS), default=None,
    help="Who wrote the log, also as nginx.access. Default: what the path or the format says, else nginx.",
)  # fmt: skip


@click.command()
@paths_argument
@format_option
@dataset_option
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
@click.pass_obj
def ship(
    config: Path | None, paths: Sequence[str], format_name: str, server: str | None, namespace: str, as_json: bool
) -> None:
    """Read log files to their end into the store, every line once.

    PATH is a file, also .gz, a glob, or - for stdin. Shipping a file again, renamed or compressed, adds nothing. A
    line that no format takes is stored as a reject, with the reason.
    """
    from ingest import formats, reader  # noqa: PLC0415 - polars must not start before its threads are set
    from ingest.ship import Shipper, Wishes  # noqa: PLC0415
    from wwwatch.store import connect, names  # noqa: PLC0415

    formats.named(format_name)
    files = reader.expand(paths)
    settings = wwwatch_settings.load(config)
    store = connect(settings)
    store.ensure_setup()
    wishes = Wishes(namespace, format_name, server or "", lambda: datetime.now(UTC))
    started = time.monotonic()
    with progress("Lines delivered") as advance, Shipper(store, settings, wishes, advance) as shipper:
        try:
            failures = _each(files, shipper.ship)
            # What the next command asks for is there, not only in a moment.
            store.refresh(f"{names.access_index(namespace)},{names.rejects_stream(namespace)}")
        finally:
            seconds = time.monotonic() - started
            if as_json:
                print_json([shipper.counts.as_json(seconds)])
            else:
                click.echo(shipper.counts.as_text(seconds))
    _raise(failures, len(files))
    if shipper.counts.undelivered:
        raise StoreError(
            f"{shipper.counts.undelivered:,} lines are not accounted for.",
            "Run the same command again and report this.",
        )


@click.command()
@paths_argument
@format_option
@dataset_option
@namespace_option
@click.pass_obj
def parse(config: Path | None, paths: Sequence[str], format_name: str, server: str | None, namespace: str) -> None:
    """Print the documents `ship` would send, one JSON object a line, in the order of the lines. Needs no store."""
    from ingest import formats, reader  # noqa: PLC0415 - polars must not start before its threads are set
    from ingest.preview import preview  # noqa: PLC0415

    wished = formats.named(format_name)
    settings = wwwatch_settings.load(config)

    def print_documents(path: str) -> None:
        out = sys.stdout.buffer
        for text in preview(path, wished, server or "", namespace, settings.host.name, lambda: datetime.now(UTC)):
            out.write(text.encode() + b"\n")
        out.flush()

    files = reader.expand(paths)
    _raise(_each(files, print_documents), len(files))


def _each(files: Sequence[str], work: Callable[[str], None]) -> list[InputError]:
    """Work on every file; one that fails does not keep the others from being worked on."""
    failures: list[InputError] = []
    for path in files:
        try:
            work(path)
        except InputError as error:
            failures.append(error)
            if len(files) > 1:
                say(plain_markup(error.message, limit=1000))
    return failures


def _raise(failures: Sequence[InputError], files: int) -> None:
    if not failures:
        return
    if files == 1:
        raise failures[0]
    raise InputError(
        f"{len(failures)} of {files} files could not be read to their end; they are named above.",
        "Mend them and run the same command: what was delivered is not sent again.",
    )
