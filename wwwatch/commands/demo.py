"""`wwwatch demo`: the main job, guided, on a made-up shop, so that the first look needs no log and no setting.

It composes the rooms as a user would: every step is a command that is shown before it runs.
"""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import orjson

from wwwatch.console import plain_markup, print_table, say
from wwwatch.errors import WwwatchError
from wwwatch.settings import load
from wwwatch.store import connect

HISTORY_DAYS = 3
VISITORS = 350
# Attacks that a single client can show, spread over the day; the seed decides when and how hard.
ATTACKS = (
    "dos_single_source",
    "dos_random_uri",
    "brute_force_fast",
    "brute_force_json",
    "stuffing_single",
    "scan_dictionary",
    "scan_secrets",
    "injection_sqli_tool",
    "scraping_fast",
)
MEDIUM = 47


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("wwwatch-demo"),
    show_default=True,
    help="Folder for the logs and the digest.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another shop day.")
@click.pass_obj
def demo(config: Path | None, output: Path, seed: int) -> None:
    """Simulate a shop, ship its history, train, ship a day with attacks, detect, and show what was found.

    Takes a minute or two on two cores. Running it again on the same day adds nothing: every line is known.
    """
    began = time.monotonic()
    store = connect(load(config))
    say(f"[bold]wwwatch demo[/] on {plain_markup(store.description)}\n")
    output.mkdir(parents=True, exist_ok=True)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    attack_day = today - timedelta(days=1)
    start = attack_day - timedelta(days=HISTORY_DAYS)
    namespace = f"demo-{attack_day:%Y%m%d}-{seed}"
    run = _Runner(config)
    history, day, truth = output / "history.log", output / "attack-day.log", output / "attack-day.labels.jsonl"
    of_shop = ("--site", "shop", "--visitors", str(VISITORS))

    say(f"[bold]1.[/] {HISTORY_DAYS} days in the life of a small shop: visitors, crawlers, monitors, an office.")
    run("simulate", "--output", history, *of_shop, "--start", f"{start:%Y-%m-%d}", "--days", HISTORY_DAYS,
        "--seed", seed, "--attacks", "none", "--force")  # fmt: skip
    run("ship", history, "--namespace", namespace)
    say("[bold]2.[/] Learn what is normal here; attacks are simulated in the shop's own URLs.")
    run("train", "--namespace", namespace)
    say(f"[bold]3.[/] The day after, with {len(ATTACKS)} attacks hidden in it.")
    run("simulate", "--output", day, "--labels", truth, *of_shop, "--start", f"{attack_day:%Y-%m-%d}", "--days", 1,
        "--seed", seed, "--attacks", ",".join(ATTACKS), "--force")  # fmt: skip
    run("ship", day, "--namespace", namespace)
    run("detect", "--namespace", namespace)
    incidents = [
        orjson.loads(line) for line in run.output("incidents", "--namespace", namespace, "--json").splitlines()
    ]
    _show(incidents, [orjson.loads(line) for line in truth.read_bytes().splitlines()])
    page = output / "digest.html"
    span = ("--since", f"{attack_day:%Y-%m-%d}", "--until", f"{today:%Y-%m-%d}")
    run("digest", "--namespace", namespace, *span, "--html", page)
    say(f"\nDone in {time.monotonic() - began:.0f} s. The logs and the digest are in [bold]{plain_markup(output)}[/].")
    _what_next(namespace, page, incidents)


class _Runner:
    """Runs our own command as a user would type it, showing it first."""

    def __init__(self, config: Path | None) -> None:
        self._prefix = [sys.executable, "-m", "wwwatch.cli", *(["--config", str(config)] if config else [])]

    def __call__(self, *arguments: object) -> None:
        words = [str(argument) for argument in arguments]
        say(f"   [cyan]$ wwwatch {plain_markup(shlex.join(words), limit=400)}[/]")
        self._check(words, subprocess.run([*self._prefix, *words], check=False).returncode)

    def output(self, *arguments: object) -> str:
        """Run quietly and return what is printed on stdout."""
        words = [str(argument) for argument in arguments]
        done = subprocess.run([*self._prefix, *words], check=False, stdout=subprocess.PIPE, text=True)
        self._check(words, done.returncode)
        return done.stdout

    @staticmethod
    def _check(words: Sequence[str], code: int) -> None:
        if code:
            raise WwwatchError(
                f"The step `wwwatch {shlex.join(words)}` ended with exit code {code}.", "See its message above."
            )


def _show(incidents: list[dict[str, Any]], truth: list[dict[str, Any]]) -> None:
    """Ground truth beside what was found, then what was raised without truth behind it."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for record in truth:
        runs.setdefault(record["run_id"], []).append(record)
    rows = []
    for records in sorted(runs.values(), key=lambda records: str(records[0]["start"])):
        addresses = {record["address"] for record in records}
        mine = sorted((i for i in incidents if named(i) & addresses), key=lambda i: -i["event"]["severity"])
        classes = ", ".join(dict.fromkeys(incident["wwwatch"]["class"] for incident in mine)) or "missed"
        reason = mine[0]["event"]["reason"] if mine else ""
        who = min(addresses) + (f" and {len(addresses) - 1} more" if len(addresses) > 1 else "")
        rows.append((str(records[0]["start"])[11:16], who, records[0]["style"], classes, reason))
    print_table("What happened, and what was found", ("at", "client", "attack", "found as", "why"), rows)
    attackers = {record["address"] for record in truth}
    others = [i for i in incidents if not named(i) & attackers and i["event"]["severity"] >= MEDIUM]
    say(f"Incidents of medium severity or more that no attack stands behind: {len(others)}")
    for incident in others:
        say(f"   {plain_markup(incident['wwwatch']['entity']['id'])}: {plain_markup(incident['event']['reason'])}")


def named(incident: dict[str, Any]) -> set[str]:
    """The clients an incident names."""
    return {incident["wwwatch"]["entity"]["id"], *incident.get("related", {}).get("ip", [])}


def _program() -> str:
    """How to call us from here: by name if the shell finds us, else by path."""
    if shutil.which("wwwatch"):
        return "wwwatch"
    path = Path(sys.executable).with_name("wwwatch")
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _what_next(namespace: str, page: Path, incidents: list[dict[str, Any]]) -> None:
    worst = max(incidents, key=lambda incident: incident["event"]["severity"], default=None)
    program = plain_markup(_program())
    say("What to type next:")
    say(f"   {program} incidents --namespace {namespace}")
    if worst and "source" in worst:
        say(f"   {program} ip {plain_markup(worst['source']['address'])} --namespace {namespace}")
    say(f"   {program} top --namespace {namespace}")
    say(f"   {program} ship /var/log/nginx/access.log* && {program} train && {program} detect    (your own logs)")
    say(f"   {program} engine stop    (the embedded engine keeps running until then)")
    say(f"and look at {plain_markup(page.resolve().as_uri())}")
