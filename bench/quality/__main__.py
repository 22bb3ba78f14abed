"""`python -m bench.quality [PIECE ...] [--quick] [--markdown FILE]`: measure, print the tables of docs/quality.md.

Everything goes through the command, as a user would, into namespaces of its own, which are gone afterwards. Pieces:
sites (each real log left out), halves (trained on the first half), cases (other projects' test logs), unseen (attack
styles kept out of training), seen (those of training), scenarios, clean (weeks without an attack).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from bench.quality import cases, clean, logs, report, runs, styles
from bench.quality.named import Document
from bench.quality.report import Table
from bench.quality.workplace import DATA, Workplace
from wwwatch.console import print_table, say

SMALL_LOGS = ("honeypot2", "lab_dirbuster", "webhawk_2022")


def main() -> None:
    """Measure the pieces that were asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"of: {', '.join(PIECES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="a small sample of everything")
    parser.add_argument("--markdown", type=Path, help="write the tables there too, between its marks")
    arguments = parser.parse_args()
    if unknown := set(arguments.pieces) - PIECES.keys():
        parser.error(f"there is no piece {', '.join(sorted(unknown))}")
    place = Workplace(quick=arguments.quick)
    say(f"Results are kept in {place.folder}")
    tables = [table for name in arguments.pieces or PIECES for table in PIECES[name](place)]
    for table in tables:
        print_table(table.title, table.columns, table.rows)
    if arguments.markdown:
        before = arguments.markdown.read_text(encoding="utf-8") if arguments.markdown.is_file() else ""
        arguments.markdown.write_text(report.written(before, tables), encoding="utf-8")


def _logs(place: Workplace) -> list[Path]:
    if not DATA.is_dir():
        say("The sample logs are not there; what needs them is left out.")
        return []
    found = sorted((DATA / "logs").glob("*.gz"))
    return [log for log in found if not place.quick or log.name.startswith(SMALL_LOGS)]


def _each_log(place: Workplace, kind: str, measure: Callable[[Workplace, Path], Document]) -> dict[str, Document]:
    results = {}
    for log in _logs(place):
        site = logs.site_of(log)
        results[site] = place.piece(f"{kind}-{site}", measure, log)
    return results


def _sites(place: Workplace) -> list[Table]:
    results = _each_log(place, "site", logs.left_out)
    if not results:
        return []
    return [
        report.sites("Real sites, each left out of training", results),
        report.compared("Beside simpler detectors, on the same events", results),
    ]


def _halves(place: Workplace) -> list[Table]:
    results = _each_log(place, "half", logs.second_half)
    return [report.sites("Second halves, trained on the first", results)] if results else []


def _cases(place: Workplace) -> list[Table]:
    if not DATA.is_dir():
        return []
    return [report.cases("Logs of other projects' scenario tests", place.piece("cases", cases.measure))]


def _unseen(place: Workplace) -> list[Table]:
    parts = [
        place.piece(f"unseen-{name}", styles.held_out, name, site, seed) for name, site, seed in runs.sites(place.quick)
    ]
    return [
        report.by_class("Attack styles kept out of training, by class", parts),
        report.styles("The same by style", parts),
    ]


def _seen(place: Workplace) -> list[Table]:
    parts = [place.piece(f"seen-{name}", styles.seen, name, site, seed) for name, site, seed in runs.sites(place.quick)]
    return [report.by_class("Styles of training, new runs", parts), report.styles("The same by style (seen)", parts)]


def _scenarios(place: Workplace) -> list[Table]:
    return [report.scenarios("Situations", place.piece("scenarios", styles.scenarios))]


def _clean(place: Workplace) -> list[Table]:
    weeks = {
        name: place.piece(f"clean-{name}", clean.week, name, site, seed + 20)
        for name, site, seed in runs.sites(place.quick)
    }
    return [report.clean("Weeks without an attack", weeks)]


PIECES: dict[str, Callable[[Workplace], list[Table]]] = {
    "sites": _sites,
    "halves": _halves,
    "cases": _cases,
    "unseen": _unseen,
    "seen": _seen,
    "scenarios": _scenarios,
    "clean": _clean,
}


if __name__ == "__main__":
    main()
