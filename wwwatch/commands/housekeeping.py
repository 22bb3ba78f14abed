"""`wwwatch housekeeping`: what is too old goes. `wwwatch run` does the same once a day."""

from datetime import UTC, datetime

import click

from wwwatch.console import plain_markup, print_json, say
from wwwatch.housekeeping.job import Report, housekeeping_pass
from wwwatch.settings import load
from wwwatch.store import connect


@click.command()
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would go.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def housekeeping(ctx: click.Context, dry_run: bool, as_json: bool) -> None:
    """Remove what is older than the settings of [retention] keep it, and let streams begin their next index.

    Safe in cron and at any time. Exit code 1 if something could not be removed.
    """
    settings = load(ctx.obj)
    report = housekeeping_pass(connect(settings), settings, datetime.now(UTC), dry_run)
    if as_json:
        print_json([report.as_json()])
    else:
        _tell(report, "Would go" if dry_run else "Gone")
    if report.failed:
        ctx.exit(1)


def _tell(report: Report, verb: str) -> None:
    gone = [f"{count:,} {what}" for what, count in sorted(report.documents.items())]
    gone += [f"index {name}" for name in report.indices] + [f"model {name}" for name in report.models]
    say(f"{verb}: {plain_markup('; '.join(gone) or 'nothing', limit=10_000)}.")
    if report.rolled_over:
        say(f"Begun anew: {plain_markup(', '.join(report.rolled_over), limit=10_000)}.")
    for stream, reason in sorted(report.left.items()):
        say(f"Left alone: {plain_markup(stream)}, {plain_markup(reason)}.")
    for reason in report.failed:
        say(f"[red]{plain_markup(reason, limit=2000)}[/]")
