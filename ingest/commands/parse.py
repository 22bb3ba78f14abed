"""`wwwatch parse`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.commands.options import dataset_option, each_file, format_option, paths_argument, raise_failures
from wwwatch import settings as wwwatch_settings
from wwwatch.namespaces import namespace_option


@click.command()
@paths_argument
@format_option
@dataset_option
@namespace_option
@click.pass_obj
def parse(config: Path | None, paths: Sequence[str], format_name: str, server: str | None, namespace: str) -> None:
    """Print the documents `ship` would send, one JSON object a line, in the order of the lines. Needs no store."""
    from ingest import formats, reader  # noqa: PLC0415 - the help needs no polars
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from ingest.preview import preview  # noqa: PLC0415

    wished = formats.named(format_name)
    settings = wwwatch_settings.load(config)
    enrichment = of_settings(settings.ingest)

    def print_documents(path: str) -> None:
        out = sys.stdout.buffer
        documents = preview(
            path, wished, server or "", namespace, settings.host.name, lambda: datetime.now(UTC),
            enrichment=enrichment, timezone=settings.site.timezone,
        )  # fmt: skip
        for text in documents:
            out.write(text.encode() + b"\n")
        out.flush()

    files = reader.expand(paths)
    raise_failures(each_file(files, print_documents), len(files))
