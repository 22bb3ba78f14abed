"""`wwwatch train`, `detect`."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import click

from detector import service, watch
from detector.detect import Outcome
from detector.modelwatch import ALARM
from detector.options import open_store
from wwwatch.console import plain_markup, print_json, progress, say
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.service.leadership import new_holder
from wwwatch.settings import DetectorSettings, load
from wwwatch.store import Store

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.command()
@since_option
@until_option
@namespace_option
@json_option
@click.pass_obj
def train(config: Path | None, since: datetime | None, until: datetime | None, namespace: str, as_json: bool) -> None:
    """Fit a model of the site's stored history and make it the active one.

    With too little history the base model stays, and the reason is said; that is no failure.
    """
    store = open_store(config)
    with progress("Training") as advance:
        result = service.train(store, namespace, since, until, datetime.now(UTC), advance, load(config).detector)
    if as_json:
        print_json([result])
        return
    if not result["trained"]:
        say(f"Too little history to learn from: {result['reason']}. The model {result['model_version']} stays.")
        return
    card = result["card"]
    state = "active" if result["activated"] else f"not active, being worse: {plain_markup(result['reason'])}"
    say(f"Model [bold]{result['model_version']}[/] trained for namespace {namespace}, {state}.")
    say(f"  normal client windows: {card['rows'].get('normal', 0):,}")
    say(f"  clients left out as hostile: {card['left_out_clients']:,}")
    thresholds = (f"{name} {value:.2f}" for name, value in sorted(result["thresholds"].items()))
    say(f"  thresholds: {', '.join(thresholds)}")
    recalls = (f"{name} {value:.2f}" for name, value in card["metrics"]["recall"].items())
    say(f"  recall of attack runs it was not fitted to: {', '.join(recalls)}")
    say(
        f"  {card['metrics']['false_incidents']} false incidents in {card['held_out']['weeks']:.1f} weeks of history "
        "it was not fitted to"
    )


@click.command()
@since_option
@until_option
@namespace_option
@click.option(
    "--every",
    type=click.FloatRange(1, 3600),
    metavar="SECONDS",
    help="Stay, and look again so often for what is due: 5 sees a flood within 15 seconds.",
)
@json_option
@click.pass_obj
def detect(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    every: float | None,
    as_json: bool,
) -> None:
    """Judge every minute that holds events not judged yet; with --since or --until, every minute of that span.

    Safe to run as often as you like, from cron too: the same events give the same anomalies, and of several detectors
    one is at work in a namespace; the others say so and leave.
    """
    if every and (since or until):
        raise click.UsageError("--every judges what is due; a span is judged once.")
    store, holder = open_store(config), new_holder()
    if every:
        _follow(store, namespace, holder, timedelta(seconds=every), load(config).detector, as_json)
        return
    with progress("Minutes judged") as advance:
        outcome = watch.turn(
            store, namespace, holder, _clock, since, until, advance=advance, settings=load(config).detector
        )
    outcome.model_version = outcome.model_version or watch.model_version(store, namespace)
    if as_json:
        print_json([vars(outcome)])
    else:
        _tell(outcome)


def _clock() -> datetime:
    return datetime.now(UTC)


def _follow(
    store: Store, namespace: str, holder: str, every: timedelta, settings: DetectorSettings, as_json: bool
) -> None:
    """Until SIGINT or SIGTERM; a second one ends at once."""
    stopped = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(_number: int, _frame: object) -> None:
        stopped.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    said = ""

    def judge(levels: list[str]) -> Outcome:
        return watch.turn(store, namespace, holder, _clock, levels=levels, settings=settings)

    for outcome, _ in watch.follow(judge, _clock, every, stopped):
        if (outcome.minutes or outcome.failed) and as_json:
            print_json([vars(outcome)])
        elif outcome.minutes or outcome.busy + outcome.failed != said:
            _tell(outcome)
        said = outcome.busy + outcome.failed


def _tell(outcome: Outcome) -> None:
    if outcome.busy:
        say(f"Another detector is at work here: {plain_markup(outcome.busy)}. Nothing was done.")
        return
    if outcome.failed:
        say(f"A turn was cut off: {plain_markup(outcome.failed)} Nothing is lost: what is due is judged next time.")
        return
    if not outcome.minutes:
        say("Nothing is due: every event in the store was judged.")
        return
    say(
        f"{outcome.events:,} events in {outcome.minutes:,} minutes judged by model "
        f"{plain_markup(outcome.model_version)}: {outcome.anomalies:,} anomalies, {outcome.withdrawn:,} withdrawn."
    )
    for line in outcome.read:
        say(f"Of other shippers: {plain_markup(line)}.")
    for crowd in outcome.crowds:
        say(f"Too many to judge one by one: {plain_markup(crowd)}.")
    if outcome.drift > ALARM:
        say(f"This traffic is unlike what the model was trained on (drift {outcome.drift:.2f}).  Next: wwwatch train")
    changed = ", ".join(f"{count:,} {status}" for status, count in sorted(outcome.incidents.items()))
    say(f"Incidents changed: {changed or 'none'}.  Next: wwwatch incidents")
