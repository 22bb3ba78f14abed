"""`wwwatch check`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.commands.options import each_file, format_option, paths_argument, raise_failures
from wwwatch import settings as wwwatch_settings
from wwwatch.console import plain_markup, print_json, print_table, progress, say
from wwwatch.errors import StoreError
from wwwatch.namespaces import namespace_option

if TYPE_CHECKING:
    from ingest.check import FileReport, Tally
    from ingest.convert import Converter

COUNTS = ("lines", "documents", "rejects", "dropped", "missing", "twice")
SHOWN_HOURS = 12


@click.command()
@paths_argument
@format_option
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, with every hour.")
@click.pass_obj
def check(config: Path | None, paths: Sequence[str], format_name: str, namespace: str, as_json: bool) -> None:
    """Is every line of these files in the store, once? lines = documents + rejects, per file and hour of the events.

    PATH is as for ship: also .gz, rotated, a glob. Every line's id is looked up. Exit code 0: all lines are accounted
    for; 1: some are missing, or stored twice. A file that is being written has lines not sent yet: check what has been
    rotated.
    """
    from ingest import formats, reader  # noqa: PLC0415 - the help needs no polars
    from ingest.check import check_file  # noqa: PLC0415
    from ingest.convert import converter_of  # noqa: PLC0415
    from ingest.enrichment import of_settings  # noqa: PLC0415
    from wwwatch.store import connect, names  # noqa: PLC0415

    wished = formats.named(format_name)
    files = reader.expand(paths)
    settings = wwwatch_settings.load(config)
    enrichment = of_settings(settings.ingest)
    store = connect(settings)
    store.refresh(f"{names.access_index(namespace)},{names.rejects_stream(namespace)}")
    reports: list[FileReport] = []
    with progress("Lines looked up") as advance:

        def look_up(path: str) -> None:
            def converter(head: bytes) -> "Converter":
                return converter_of(
                    path, head, namespace, settings.host.name, "", wished, enrichment=enrichment,
                    timezone=settings.site.timezone,
                )  # fmt: skip

            reports.append(check_file(path, store, namespace, converter, advance))

        failures = each_file(files, look_up)
    if as_json:
        print_json(report.as_json() for report in reports)
    elif reports:
        _show(reports)
    raise_failures(failures, len(files))
    _insist(reports, namespace)


def _show(reports: "Sequence[FileReport]") -> None:
    print_table("Lines", ("file", *COUNTS), [(report.path, *_cells(report.total)) for report in reports], COUNTS)
    for report in reports:
        reasons = report.total.rejected
        if reasons:
            counted = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
            say(f"Rejects of {plain_markup(report.path)}: {counted}. See them: wwwatch rejects list")
        wrong = [(hour or "no time", *_cells(tally)) for hour, tally in sorted(report.hours.items()) if not tally.whole]
        if wrong:
            title = f"Hours of {report.path} that do not add up" + f", the first {SHOWN_HOURS}" * (
                len(wrong) > SHOWN_HOURS
            )
            print_table(title, ("hour, UTC", *COUNTS), wrong[:SHOWN_HOURS], COUNTS)
        if report.missing:
            rows = [(f"{line.offset:,}", line.head) for line in report.missing]
            print_table(f"Missing of {report.path}, the first {len(rows)}", ("offset", "line"), rows, ("offset",))


def _cells(tally: "Tally") -> tuple[str, ...]:
    counts = (tally.lines, tally.documents, tally.rejected.total(), tally.dropped, tally.missing, tally.repeated)
    return tuple(f"{count:,}" for count in counts)


def _insist(reports: "Sequence[FileReport]", namespace: str) -> None:
    """Raise StoreError, saying what to do, unless everything is accounted for."""
    missing = sum(report.total.missing for report in reports)
    unsent = sum(report.unsent for report in reports)
    repeated = sum(report.total.repeated for report in reports)
    if missing:
        wrong = ", ".join(report.path for report in reports if report.total.missing)
        at_the_end = f", {unsent:,} of them at the end" if unsent else ""
        raise StoreError(
            f"{missing:,} lines are not in the store under namespace {namespace}{at_the_end}: {wrong}",
            "Ship again: wwwatch ship PATH... sends what came after the last delivery, with --from-start whatever is "
            "missing. Shipped on another host or namespace? Then name those (WWWATCH_HOST__NAME, --namespace).",
        )
    if repeated:
        wrong = ", ".join(report.path for report in reports if report.total.repeated)
        raise StoreError(f"{repeated:,} lines are in the store twice: {wrong}", "Please report this.")
