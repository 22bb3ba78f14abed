"""The whole fault suite, and its table: `make soak`, or `python -m tests.faults [--faults N] [--only WORDS]`."""

import argparse
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.scenarios import SCENARIOS
from tests.faults.world import Found, Scale, World
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.errors import WwwatchError
from wwwatch.store import Store

COLUMNS = ("fault", "struck", "lines", "lost", "duplicates", "peak MB", "seconds", "remark")
NUMBERS = frozenset(COLUMNS[1:7])


def main() -> int:
    """Run, print. Return 1 if a line was lost or stored twice beyond a stated bound."""
    arguments = _arguments()
    scale = Scale(arguments.faults, arguments.lines, arguments.away_seconds, arguments.memory_lines)
    settings = wwwatch_settings.load()
    url = settings.url or engine.ensure_running(settings)
    store = Store.from_settings(settings, url)
    engine_name, _, _ = store.description.partition(" at ")
    where = f"{engine_name}, Python {platform.python_version()}"
    table = Table(title=f"Fault suite, {datetime.now(UTC):%Y-%m-%d}, seed {arguments.seed}, {where}")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in NUMBERS else "left")
    console, failed = Console(width=160), False
    for name, scenario in SCENARIOS.items():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            began = time.monotonic()
            try:
                found = scenario(World(url, Path(folder), arguments.seed), scale)
            except (AssertionError, WwwatchError) as error:
                console.print(f"{name} did not come to its end: {error}", markup=False)
                table.add_row(name, *[""] * (len(COLUMNS) - 2), "FAILED")
                failed = True
                continue
        seconds = time.monotonic() - began
        table.add_row(*_row(name, found, seconds))
        console.print(f"{name}: lost {found.lost}, duplicates {found.duplicates}, {seconds:.0f} s", highlight=False)
        failed |= not found.good
    console.print(table)
    return int(failed)


def _row(name: str, found: Found, seconds: float) -> list[str]:
    lost = f"{found.lost:,} (bound {found.bound:,})" if found.bound else f"{found.lost:,}"
    peak = f"{found.peak_bytes / 1e6:,.0f}" if found.peak_bytes else ""
    return [
        name,
        f"{found.struck:,}",
        f"{found.lines:,}",
        lost,
        f"{found.duplicates:,}",
        peak,
        f"{seconds:.0f}",
        found.note,
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=50, help="how often each fault strikes (default: 50)")
    parser.add_argument("--lines", type=int, default=20_000, help="lines between two faults (default: 20,000)")
    parser.add_argument("--away-seconds", type=float, default=60, help="how long the store is away (default: 60)")
    parser.add_argument("--memory-lines", type=int, default=1_000_000, help="lines shipped then (default: 1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn (default: 1)")
    parser.add_argument("--only", default="", help="the scenarios with these words in their name")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
