"""`wwwatch status`: the whole chain's health, from what the store holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wwwatch.console import plain_markup, print_json, print_table, say
from wwwatch.namespaces import namespace_option
from wwwatch.overview import gather
from wwwatch.settings import load
from wwwatch.store import connect

TABLES = ("shippers", "service", "mails", "disks", "trouble")


@click.command()
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def status(ctx: click.Context, namespace: str, as_json: bool) -> None:
    """What the store holds of a site, how far it is judged and by which model, who ships, works and was told.

    Exit code 1 if something is wrong with the watch itself: an open incident of its own, a service that is gone.
    """
    config: Path | None = ctx.obj
    settings = load(config)
    facts = gather(connect(settings), settings, namespace, datetime.now(UTC))
    if as_json:
        print_json([facts])
    else:
        _show(facts, namespace)
    if facts["trouble"]:
        ctx.exit(1)


def _show(facts: dict[str, Any], namespace: str) -> None:
    rows = [(name.replace("_", " "), _shown(value)) for name, value in facts.items() if name not in TABLES]
    disks = facts["disks"]
    rows += [(f"disk of {one['node']}", f"{one['used_share']:.0%} full") for one in disks or ()]
    print_table(f"Status of {namespace}", ("what", "is"), rows)
    if facts["shippers"]:
        columns = (
            "host",
            "status",
            "last_heartbeat",
            "newest_event",
            "bytes_behind",
            "read_last_hour",
            "rejected_last_hour",
        )
        shown = [[_shown(one[column]) for column in columns] for one in facts["shippers"]]
        print_table("Shippers", [column.replace("_", " ") for column in columns], shown, numeric=("bytes behind",))
    if service := facts["service"]:
        jobs = [(name, *map(_shown, job.values())) for name, job in service["jobs"].items()]
        whose = (
            f"{service['holder']}, heard of {service['renewed_at']}" if service["holder"] else "nobody: it was stopped"
        )
        print_table(f"Service: {whose}", ("job", "last end", "took s", "failures", "reason", "next"), jobs)
    if facts["mails"]:
        print_table("Last mails", ("at", "status", "purpose", "line"), [list(one.values()) for one in facts["mails"]])
    for trouble in facts["trouble"]:
        say(f"[red]Wrong:[/] {plain_markup(trouble, limit=500)}")


def _shown(value: object) -> str:
    return "none yet" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
