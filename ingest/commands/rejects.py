"""`wwwatch rejects`: lines no format took."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ingest.commands.options import dataset_option, format_option
from wwwatch import settings as wwwatch_settings
from wwwatch.console import print_json, print_table, progress, say
from wwwatch.errors import StoreError
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option

SHOWN = 50
SHOWN_FIELDS = ["@timestamp", "host.name", "log", "wwwatch.length_bytes", "error.type", "event.original"]
Document = dict[str, Any]


def selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose rejects."""
    reason_option = click.option("--reason", help="Of this reason only: format, time, empty, not_utf8, mapping, ...")
    for option in (reason_option, namespace_option, until_option, since_option):
        command = option(command)
    return command


@click.group()
def rejects() -> None:
    """Lines no format took: they are kept whole, and can be replayed after a format was added.

    Their time is when they were read: a line that could not be read tells none. --since and --until go by that.
    """


@rejects.command("list")
@selection_options
@click.option("--json", "as_json", is_flag=True, help="The stored documents, all, one a line.")
@click.pass_obj
def list_rejects(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    reason: str | None,
    as_json: bool,
) -> None:
    """Rejects, newest first."""
    from wwwatch.questions import between, descending  # noqa: PLC0415 - the help needs no store
    from wwwatch.store import connect, names  # noqa: PLC0415

    store, stream = connect(wwwatch_settings.load(config)), names.rejects_stream(namespace)
    query = between(since, until, *_of_reason(reason))
    order = [descending("@timestamp")]
    if as_json:
        print_json(document for _, document in store.documents(stream, query, order))
        return
    reasons = store.aggregate(stream, query, {"reasons": {"terms": {"field": "error.type", "size": 100}}})
    counted = {bucket["key"]: bucket["doc_count"] for bucket in reasons.get("reasons", {}).get("buckets", [])}
    if not counted:
        say(f"Rejects of {namespace}: none{' in this span and of this reason' if query['bool']['filter'] else ''}.")
        return
    rows = [_row(document) for _, document in store.search(stream, query, SHOWN, order, SHOWN_FIELDS)]
    columns = ("read", "host", "file", "offset", "bytes", "reason", "line")
    print_table(f"Rejects of {namespace}", columns, rows, numeric=("offset", "bytes"))
    total = ", ".join(f"{name} {count:,}" for name, count in sorted(counted.items()))
    say(
        f"{sum(counted.values()):,} in all: {total}. Whole lines: --json. After adding a format: wwwatch rejects replay"
    )


def _row(document: Document) -> tuple[str, ...]:
    log = document["log"]
    return (
        document["@timestamp"][:16].replace("T", " "), document["host"]["name"], log["file"]["path"],
        f"{log['offset']:,}", f"{document['wwwatch']['length_bytes']:,}", document["error"]["type"],
        document["event"]["original"],
    )  # fmt: skip


def _of_reason(reason: str | None) -> list[Document]:
    return [{"term": {"error.type": reason}}] if reason else []


@rejects.command()
@selection_options
@format_option
@dataset_option
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
@click.pass_obj
def replay(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    reason: str | None,
    format_name: str,
    server: str | None,
    as_json: bool,
) -> None:
    """Try rejects again. What a format takes now is stored as the document it should have been, and no reject any more.

    Safe to repeat and to interrupt. Lines that were cut, being longer than 1 MB, cannot be replayed.
    """
    from ingest import formats  # noqa: PLC0415 - the help needs no polars
    from ingest.convert import Converter  # noqa: PLC0415
    from ingest.delivery import Delivery  # noqa: PLC0415
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from ingest.positions import Positions  # noqa: PLC0415
    from ingest.replay import Replay, Source  # noqa: PLC0415
    from wwwatch.questions import between  # noqa: PLC0415
    from wwwatch.store import connect, names  # noqa: PLC0415

    wished = formats.named(format_name)
    settings = wwwatch_settings.load(config)
    enrichment = of_settings(settings.ingest)
    store = connect(settings)
    store.ensure_setup()

    def converter_of(source: Source) -> Converter:
        """As the file's other lines were: into the dataset that is remembered of it."""
        known = Positions(settings.home, store.cluster_uuid, store, namespace, source.host).read(source.identity)
        told = server or (wished.server if wished else "") or (known.dataset.removesuffix(".access") if known else "")
        return Converter(
            source.identity, source.path, namespace, source.host, told, wished, only=wished is not None,
            enrichment=enrichment.of_hidden() if source.hidden else enrichment, timezone=settings.site.timezone,
        )  # fmt: skip

    store.refresh(names.rejects_stream(namespace))
    query = between(since, until, *_of_reason(reason))
    with progress("Rejects tried") as advance, closing(Delivery(store)) as delivery:
        replaying = Replay(store, delivery, namespace, converter_of, lambda: datetime.now(UTC), advance)
        try:
            replaying.run(query["bool"]["filter"])
            store.refresh(names.access_index(namespace))
        finally:
            if as_json:
                print_json([replaying.counts.as_json()])
            else:
                click.echo(replaying.counts.as_text())
    if replaying.counts.unaccounted:
        raise StoreError(
            f"{replaying.counts.unaccounted:,} rejects are not accounted for.",
            "Run the same command again and report this.",
        )
