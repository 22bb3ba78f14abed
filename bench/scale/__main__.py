"""What lines cost as shippers, detectors and nodes are added, in CPU seconds of each.

`python -m bench.scale [--lines N] [--log FILE] [--nodes N...] [--shippers N...]`. All of it shares this machine's
cores, so lines a second cannot grow with nodes here; what a line costs whom can be told, and that sizes a deployment.
One node and one shipper, measured first in the same run, are what the others are compared with.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.scale.cluster import running_cluster
from bench.scale.costs import Costs, detect, ship
from bench.ship.logs import sample, write_log
from wwwatch.console import print_table, say


def main() -> None:
    """Measure, print."""
    arguments = _arguments()
    measured: list[Costs] = []
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / f"web{number}.log" for number in range(max(arguments.shippers))]
        for log in logs:
            write_log(log, arguments.log, arguments.lines // len(logs))
        for nodes in arguments.nodes:
            with running_cluster(Path(folder) / f"cluster{nodes}", nodes) as cluster:
                for shippers in arguments.shippers:
                    say(f"{nodes} nodes, {shippers} shippers")
                    site = f"scale{shippers}"
                    measured.append(ship(cluster, Path(folder), logs, shippers, site))
                measured.append(detect(cluster, Path(folder), site))
    _print(measured, arguments.lines)


def _print(measured: Sequence[Costs], lines: int) -> None:
    first = {kind: next(costs for costs in measured if costs.kind == kind) for kind in ("ship", "detect")}
    print_table(
        f"bench.scale: {lines:,} lines, {os.cpu_count()} cores",
        ("what", "nodes", "processes", "lines/s", "client CPU s/M", "store CPU s/M", "bytes/line", "CPU against first"),
        [costs.cells(first[costs.kind]) for costs in measured],
        numeric=("nodes", "processes", "lines/s", "client CPU s/M", "store CPU s/M", "bytes/line", "CPU against first"),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000, help="how many lines in all (default: 300,000)")
    parser.add_argument("--log", type=Path, default=sample(), help="a log to take them from (default: the sample log)")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 3], help="sizes of the store (default: 1 2 3)")
    parser.add_argument("--shippers", type=int, nargs="+", default=[1, 2], help="at once (default: 1 2)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
