"""The service over a long time, and what came of it: `make soak-service`, or `python -m tests.service [--kills 20]`."""

import argparse
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from tests.service.kills import Killed, strike
from tests.service.post import post_office
from tests.service.week import Week, live, traffic
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.store import Store

CONSOLE = Console(width=120, highlight=False)


def main() -> int:
    """Run both, print. Return 1 if a mail was lost or told twice, a digest or a minute left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--visitors", type=float, default=60, help="visits a day, in the week")
    parser.add_argument("--step-minutes", type=float, default=30, help="of the driven clock")
    arguments = parser.parse_args()
    settings = wwwatch_settings.load()
    url = settings.url or engine.ensure_running(settings)
    return int(not (_week(url, arguments) & _kills(url, arguments)))


def _kills(url: str, arguments: argparse.Namespace) -> bool:
    store = Store.from_settings(wwwatch_settings.load(environ={"WWWATCH_URL": url}), url)
    store.ensure_setup()
    if not arguments.kills:
        return True
    with tempfile.TemporaryDirectory() as folder:
        found = strike(store, url, f"kills{uuid.uuid4().hex[:8]}", Path(folder), arguments.kills, arguments.seed)
    CONSOLE.print(
        f"{found.kills} leaders killed while mails left; another took over after "
        f"{sorted(found.takeover_seconds)[len(found.takeover_seconds) // 2]} s (median), "
        f"{max(found.takeover_seconds)} s (longest). {found.incidents} incidents: {len(found.lost)} not told, "
        f"{len(found.told_twice)} told twice, {found.repeated} deliveries repeated with their Message-ID "
        f"(a letter was claimed at {found.in_flight} of the kills). {found.digests} digests in "
        f"{found.digest_minutes} minutes."
    )
    return well(found)


def well(found: Killed) -> bool:
    """Whether what is promised held: nothing lost, nothing twice but the delivery that was cut off."""
    return not found.lost and not found.told_twice and found.repeated <= found.in_flight


def _week(url: str, arguments: argparse.Namespace) -> bool:
    began = time.monotonic()
    with post_office() as (mailbox, port):
        settings = week_settings(url, port, "0 3 * * sun")
        store = Store.from_settings(settings, url)
        store.ensure_setup()
        requests = traffic(arguments.visitors)
        step = timedelta(minutes=arguments.step_minutes)
        week = live(store, settings, f"week{uuid.uuid4().hex[:8]}", mailbox, requests, step)
    CONSOLE.print(
        f"A week in {time.monotonic() - began:.0f} s: {week.events:,} events, {week.judged:,} of {week.minutes:,} "
        f"minutes judged, {week.daily} daily and {week.weekly} weekly digests, {len(week.alerts)} alerts "
        f"({week.most_an_hour} in the fullest hour), jobs {dict(week.ran)}, failing {week.failures or 'none'}. "
        f"Memory at the end of each day, MB: {', '.join(f'{size / 1e6:.0f}' for size in week.memory_bytes)}."
    )
    return whole(week)


def week_settings(url: str, port: int, train: str) -> wwwatch_settings.Settings:
    """Settings of the week. Housekeeping is left out: it would clear the store of what others' tests keep there."""
    return wwwatch_settings.load(
        environ={
            "WWWATCH_URL": url, "WWWATCH_MAIL__HOST": "127.0.0.1", "WWWATCH_MAIL__PORT": str(port),
            "WWWATCH_MAIL__SENDER": "watch@example.org", "WWWATCH_MAIL__RECIPIENTS": "root@example.org",
            "WWWATCH_SERVICE__TRAIN": train, "WWWATCH_SERVICE__HOUSEKEEPING": "never",
        }
    )  # fmt: skip


def whole(week: Week) -> bool:
    """Whether nothing was left out, and no more told than the budget allows."""
    return (
        week.minutes > 0
        and week.judged == week.minutes
        and (week.daily, week.weekly) == (7, 1)
        and week.most_an_hour <= wwwatch_settings.Settings().alerts.mails_an_hour
        and not week.failures
    )


if __name__ == "__main__":
    raise SystemExit(main())
