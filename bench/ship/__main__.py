"""How fast lines become searchable and what it costs, each figure beside the one to reach.

`python -m bench.ship [--lines N] [--log FILE] [--repeat N] [--only NAME...]`. Without the sample log, lines are made
up. Any error fails the run. The engine is the configured store, else the embedded one; what is written goes to
namespaces of its own. Ratios carry over to other machines, absolute figures do not.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as the command sets it: the engine needs the cores

import argparse
import tempfile
from pathlib import Path

from bench.ship.figures import Figure, print_figures
from bench.ship.logs import sample
from bench.ship.plan import MEASUREMENTS, Workplace
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.store import connect

LONG_SECONDS = 600.0  # a forced merge of two million documents takes its time


def main() -> None:
    """Measure, print."""
    arguments = _arguments()
    given = wwwatch_settings.load()
    url = given.url or engine.ensure_running(given)
    settings = given.model_copy(update={"url": url, "timeout_seconds": LONG_SECONDS})
    store = connect(settings)
    store.ensure_setup()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(store, settings, Path(folder), arguments.log, arguments.lines, arguments.repeat)
        for name in arguments.only or MEASUREMENTS:
            figures += MEASUREMENTS[name](place)
    print_figures(f"bench.ship: {arguments.lines:,} lines, {store.description}", figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ship", description=__doc__)
    parser.add_argument("--lines", type=int, default=150_000, help="how many lines (default: 150,000)")
    parser.add_argument("--log", type=Path, default=sample(), help="a log to take them from (default: the sample log)")
    parser.add_argument("--repeat", type=int, default=3, help="turns of shipping and raw bulk (default: 3)")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), help="these measurements only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
