"""What a pass and a training cost where very many clients come, each figure beside the one to reach.

`python -m bench.detect [--factor F] [--only NAME...]`. The engine is the configured store, else the embedded one; what
is written goes to namespaces of its own. Ceilings are measured in the same run. Absolute figures do not carry over to
other machines, nor to a busy one.
"""

import argparse

from bench.detect.plan import MEASUREMENTS, Workplace
from bench.ship.figures import Figure, print_figures
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.store import connect


def main() -> None:
    """Measure, print."""
    arguments = _arguments()
    given = wwwatch_settings.load()
    settings = given.model_copy(update={"url": given.url or engine.ensure_running(given)})
    store = connect(settings)
    store.ensure_setup()
    figures: list[Figure] = []
    place = Workplace(store, settings, arguments.factor)
    for name in arguments.only or MEASUREMENTS:
        figures += MEASUREMENTS[name](place)
    print_figures(f"bench.detect: factor {arguments.factor:g}, {store.description}", figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.detect", description=__doc__)
    parser.add_argument("--factor", type=float, default=1.0, help="of the number of clients and events (default: 1)")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), help="these measurements only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
