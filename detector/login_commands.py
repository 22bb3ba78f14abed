"""`wwwatch logins`: the login pages of a site, how they were recognised, and how their answers are read."""

from datetime import UTC, datetime
from pathlib import Path

import click

from detector.logins import keeping
from detector.logins.judging import Found
from detector.options import json_lines_option, open_store
from wwwatch.console import plain, print_json, print_table, say
from wwwatch.namespaces import namespace_option
from wwwatch.settings import load

COLUMNS = ("path", "failed", "passed", "tries", "why")


@click.command()
@click.option("--find", is_flag=True, help="Look for them now, in the newest week of events.")
@namespace_option
@json_lines_option
@click.pass_obj
def logins(config: Path | None, find: bool, namespace: str, as_json: bool) -> None:
    """The login pages of a site: found in its events, or named in the settings (detector.logins).

    They are looked for with every training, and once a day of events by `detect`.
    """
    store, pinned = open_store(config), load(config).detector.logins
    found = keeping.find(store, namespace, datetime.now(UTC)) if find else keeping.kept(store, namespace)
    rows = [_row(one) for one in found if one.path not in pinned]
    rows += [
        {"path": path, "failed": list(codes.failed), "passed": list(codes.passed), "tries": None, "why": ["settings"]}
        for path, codes in pinned.items()
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        say(f"No login page is known of {namespace}.  Next: wwwatch logins --find")
    else:
        print_table(f"Login pages of {namespace}", COLUMNS, [_cells(row) for row in rows], ("tries",))


def _row(one: Found) -> dict[str, object]:
    sizes = {"failed_bytes": list(one.failed_bytes)} if one.failed_bytes else {}
    told = {"path": one.path, "failed": list(one.failed), "passed": list(one.passed), "tries": one.tries}
    return told | sizes | {"why": list(one.evidence)}


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    failed = ", ".join(map(str, row["failed"])) or "-"  # type: ignore[call-overload]
    passed = ", ".join(map(str, row["passed"])) or "answered alike"  # type: ignore[call-overload]
    if sizes := row.get("failed_bytes"):
        failed += f" of {sizes[0]:,} to {sizes[1]:,} bytes"  # type: ignore[index]
        passed += " of other sizes"
    tries = "" if row["tries"] is None else f"{row['tries']:,}"
    return plain(str(row["path"])), failed, passed, tries, plain("; ".join(row["why"]))  # type: ignore[arg-type]
