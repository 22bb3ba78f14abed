"""`wwwatch simulate`: traffic with ground truth, to a log file or stdout, as fast as it can or in real time."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import click
import orjson

from simulator import lines, traffic
from simulator.attacks import ATTACKS
from simulator.machines import MACHINES, usual
from simulator.pace import paced
from simulator.planning import spread
from simulator.request import Request
from simulator.site import Site
from simulator.truth import GroundTruth
from wwwatch.console import print_json, print_table, progress, say
from wwwatch.errors import InputError, UsageError
from wwwatch.moments import Moment

SITES = {"shop": Site.shop, "wordpress": Site.wordpress, "static": Site.static}
PROGRESS_LINES = 2000


@click.command()
@click.option("--output", metavar="FILE", help="The access log to write; - is stdout.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Write the ground truth here: one JSON object an address and attack.",
)
@click.option(
    "--site", "site_name", type=click.Choice(list(SITES)), default="shop", show_default=True, help="What kind of site."
)
@click.option(
    "--start", type=Moment(), help="First moment; default: now with --speed, else --days before today's midnight (UTC)."
)
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How long, in days of event time.",
)
@click.option(
    "--visitors",
    type=click.FloatRange(min=0),
    default=400.0,
    show_default=True,
    help="Visits of people on an average day.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same traffic.")
@click.option(
    "--attacks", default="all", show_default=True, metavar="STYLE[,STYLE]|all|none", help="Which attacks; see --list."
)
@click.option(
    "--strength",
    type=click.FloatRange(0, 1),
    help="Of all attacks, 0 just noticeable to 1 violent; default: drawn for each.",
)
@click.option(
    "--harmless",
    default="usual",
    show_default=True,
    metavar="NAME[,NAME]|usual|all|none",
    help="Which harmless machines and crowds.",
)
@click.option("--vhost", default="", metavar="HOST:PORT", help="Written in front of each line.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Pace the lines: event seconds a second; appends to FILE.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there and not empty.")
@click.option("--list", "lists", is_flag=True, help="List attacks and harmless machines, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Counts (or the list) as JSON on stdout.")
def simulate(
    output: str | None,
    labels: Path | None,
    site_name: str,
    start: datetime | None,
    days: float,
    visitors: float,
    seed: int,
    attacks: str,
    strength: float | None,
    harmless: str,
    vhost: str,
    speed: float | None,
    force: bool,
    lists: bool,
    as_json: bool,
) -> None:
    """Write an access log of people, machines and attacks, with ground truth."""
    if lists:
        _list(as_json)
        return
    if not output:
        raise UsageError("Where to? Name a file.", "--output access.log, or --output - for stdout")
    if as_json and output == "-":
        raise UsageError("--json and --output - both write to stdout.", "Name a file for the log.")
    begin = (start or _default_start(days, speed, datetime.now(UTC))).timestamp()
    end = begin + days * 86400
    site = SITES[site_name](seed)
    try:
        planned = spread(_chosen(attacks, tuple(ATTACKS)), begin, end, seed, strength)
        machines = usual() if harmless == "usual" else _chosen(harmless, tuple(MACHINES))
        requests: Iterable[Request] = traffic.stream(site, begin, end, seed, visitors, planned, machines)
    except ValueError as error:
        raise UsageError(str(error), "wwwatch simulate --list") from error
    if speed:
        requests = paced(requests, begin, speed, time.monotonic, time.sleep)
    truth, counts = GroundTruth(), Counter[str]()
    with _opened(output, append=speed is not None, force=force) as file:
        try:
            with progress("lines written") as advance:
                for request in requests:
                    file.write(lines.combined(request, vhost, site.layout.server) + "\n")
                    if speed:
                        file.flush()
                    truth.add(request)
                    counts[request.label] += 1
                    if counts.total() % PROGRESS_LINES == 0:
                        advance(PROGRESS_LINES)
        except KeyboardInterrupt:
            say(f"Stopped after {counts.total():,} lines; log and ground truth are complete up to there.")
        finally:
            if labels:
                _write_labels(labels, truth)
    _report(output, labels, counts, truth, as_json)


def _default_start(days: float, speed: float | None, now: datetime) -> datetime:
    if speed:
        return now
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _chosen(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """`all`, `none`, or names separated by commas."""
    if text == "all":
        return known
    return () if text == "none" else tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


@contextmanager
def _opened(output: str, append: bool, force: bool) -> Iterator[TextIO]:
    """The log to write to. A file with lines in it is not overwritten by accident: it could be a real one."""
    if output == "-":
        yield sys.stdout
        return
    path = Path(output)
    try:
        if not append and not force and path.exists() and path.stat().st_size:
            raise UsageError(f"{path} is there and not empty.", "Name another file, or add --force to overwrite it.")
        with path.open("a" if append else "w", encoding="ascii", newline="") as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(
            f"Cannot write {path}: {error.strerror}", "Choose a file in a folder you can write to."
        ) from error


def _write_labels(path: Path, truth: GroundTruth) -> None:
    try:
        path.write_bytes(b"".join(orjson.dumps(found.record()) + b"\n" for found in truth))
    except OSError as error:
        raise InputError(f"Cannot write the ground truth to {path}: {error.strerror}") from error


def _report(output: str, labels: Path | None, counts: Counter[str], truth: GroundTruth, as_json: bool) -> None:
    runs = {found.run_id: found.style for found in truth}
    if as_json:
        by_label = dict(sorted(counts.items()))
        print_json(
            [
                {
                    "output": output,
                    "lines": counts.total(),
                    "by_class": by_label,
                    "runs": len(runs),
                    "addresses": sum(1 for _ in truth),
                }
            ]
        )
        return
    told = ", ".join(f"{count:,} {label}" for label, count in sorted(counts.items(), key=lambda item: -item[1]))
    say(f"{counts.total():,} lines: {told or 'nothing'}; {len(runs)} attacks.")
    if labels:
        say(f"Ground truth: {labels}")


def _list(as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "name": style.name,
                "class": style.attack_class,
                "description": style.description,
                "scales": dict(style.scales),
                "visible_in_log": style.visible_in_log,
            }
            for style in ATTACKS.values()
        )
        print_json(
            {"name": entry.name, "class": "normal", "description": entry.description, "usual": entry.usual}
            for entry in MACHINES.values()
        )
        return
    print_table(
        "Attacks",
        ("style", "class", "what it does"),
        [(one.name, one.attack_class, one.description) for one in ATTACKS.values()],
    )
    rows = [(one.name + ("" if one.usual else " *"), one.description) for one in MACHINES.values()]
    print_table("Harmless (* only when asked for)", ("name", "what it does"), rows)
