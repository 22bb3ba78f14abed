"""`wwwatch simulate`: traffic with ground truth, to a log file or to a real web server."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from simulator import lines, live, traffic
from simulator.attacks import ATTACKS
from simulator.driving.clients import FORWARDED, LOOPBACK
from simulator.driving.drive import Target
from simulator.log_file import opened, write_labels
from simulator.machines import MACHINES, usual
from simulator.pace import paced
from simulator.planning import spread_often
from simulator.request import Request
from simulator.site import Site
from simulator.truth import GroundTruth
from wwwatch.console import print_json, print_table, progress, say
from wwwatch.errors import UsageError
from wwwatch.moments import Moment
from wwwatch.namespaces import namespace_option
from wwwatch.settings import load
from wwwatch.store import Store, connect

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
    help="Pace the lines: event seconds a second; appends to FILE. Default with --target: 1.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Each attack comes this often, once in every such part of the span.",
)
@click.option("--target", metavar="URL", help="Send it to a web server on this machine instead, which writes the log.")
@click.option(
    "--clients",
    "kind",
    type=click.Choice([FORWARDED, LOOPBACK]),
    default=FORWARDED,
    show_default=True,
    help="With --target: addresses by X-Forwarded-For, which the server must trust, or each its own of 127.0.0.0/8.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200_000,
    show_default=True,
    help="With --target: requests at most.",
)
@click.option("--store-labels", is_flag=True, help="With --target: the ground truth also into the store.")
@namespace_option
@click.option("--serve", metavar="HOST:PORT", help="Be the site behind that web server, until stopped.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there and not empty.")
@click.option("--list", "lists", is_flag=True, help="List attacks and harmless machines, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Counts (or the list) as JSON on stdout.")
@click.pass_obj
def simulate(
    config: Path | None,
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
    rounds: int,
    target: str | None,
    kind: str,
    limit: int,
    store_labels: bool,
    namespace: str,
    serve: str | None,
    force: bool,
    lists: bool,
    as_json: bool,
) -> None:
    """Write an access log of people, machines and attacks, with ground truth; or be them, at a real web server.

    With --target the requests are sent, and the server writes the log. Behind it `--serve`, with the same --site and
    --seed, is a site whose login knows who has an account. Passwords are right or wrong as planned; what is answered is
    the server's matter, and the ground truth is what was really sent, when, and from which address.
    """
    if lists:
        _list(as_json)
        return
    site = SITES[site_name](seed)
    if serve:
        live.run_site(site, seed, live.address(serve, 8081))
        return
    if bool(output) == bool(target):
        raise UsageError(
            "Where to? Name a file or a server.", "--output access.log, --output - for stdout, or --target URL"
        )
    if as_json and output == "-":
        raise UsageError("--json and --output - both write to stdout.", "Name a file for the log.")
    begin = (start or _default_start(days, speed or target, datetime.now(UTC))).timestamp()
    end = begin + days * 86400
    try:
        planned = spread_often(_chosen(attacks, tuple(ATTACKS)), begin, end, seed, strength, rounds)
        machines = usual() if harmless == "usual" else _chosen(harmless, tuple(MACHINES))
        requests: Iterable[Request] = traffic.stream(site, begin, end, seed, visitors, planned, machines)
    except ValueError as error:
        raise UsageError(str(error), "wwwatch simulate --list") from error
    if target:
        keep = live.Labels(labels, _store(config) if store_labels else None, namespace)
        server = Target(*live.address(target, 80), kind)
        began = time.monotonic()
        outcome = live.run_traffic(server, site, seed, requests, begin, speed or 1.0, limit, keep)
        live.report(outcome, time.monotonic() - began, as_json)
        return
    if speed:
        requests = paced(requests, begin, speed, time.monotonic, time.sleep)
    counts, truth = _written(requests, output or "-", site, vhost, speed is not None, force, labels)
    _report(output or "-", labels, counts, truth, as_json)


def _written(
    requests: Iterable[Request],
    output: str,
    site: Site,
    vhost: str,
    paced_lines: bool,
    force: bool,
    labels: Path | None,
) -> tuple[Counter[str], GroundTruth]:
    """The requests as lines of a log, and the ground truth beside it."""
    truth, counts = GroundTruth(), Counter[str]()
    with opened(output, append=paced_lines, force=force) as file:
        try:
            with progress("lines written") as advance:
                for request in requests:
                    file.write(lines.combined(request, vhost, site.layout.server) + "\n")
                    if paced_lines:
                        file.flush()
                    truth.add(request)
                    counts[request.label] += 1
                    if counts.total() % PROGRESS_LINES == 0:
                        advance(PROGRESS_LINES)
        except KeyboardInterrupt:
            say(f"Stopped after {counts.total():,} lines; log and ground truth are complete up to there.")
        finally:
            if labels:
                write_labels(labels, truth)
    return counts, truth


def _store(config: Path | None) -> Store:
    store = connect(load(config))
    store.ensure_setup()
    return store


def _default_start(days: float, in_real_time: object, now: datetime) -> datetime:
    if in_real_time:
        return now
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _chosen(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """`all`, `none`, or names separated by commas."""
    if text == "all":
        return known
    return () if text == "none" else tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


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
