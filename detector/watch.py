"""When to judge: one turn for cron, or turn after turn as events come. One detector at work in a namespace.

A turn with nothing due costs two requests. Turn after turn, each length of window has its pace (`PACE`): minutes are
judged at every turn while they fill, so a flood is seen within two turns of its first searchable line; ten minutes and
hours once a minute; days, which are looked up in the roll-ups, once an hour. Cron's single turn judges all lengths.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Event

from detector import registry, service
from detector.detect import Outcome
from detector.lease import Clock, Lease, LeaseLostError, held
from detector.ledger import LEVELS, QUICK, SLOW, STEADY
from wwwatch.console import Advance, no_progress
from wwwatch.moments import iso
from wwwatch.settings import DetectorSettings
from wwwatch.store import Store, StoreError, StoreRefused

# A store that is away or broken for longer than this ends the command: whoever started it is to know.
PATIENCE = timedelta(hours=1)
PACE = {QUICK: timedelta(0), STEADY: timedelta(minutes=1), SLOW: timedelta(hours=1)}


def turn(
    store: Store,
    namespace: str,
    holder: str,
    clock: Clock,
    since: datetime | None = None,
    until: datetime | None = None,
    levels: Collection[str] = tuple(LEVELS),
    advance: Advance = no_progress,
    settings: DetectorSettings = service.DEFAULTS,
    predecessor: str = "",
    keep: Callable[[], None] = lambda: None,
) -> Outcome:
    """Judge what is due, or a span. Where another detector is at work, say so in the outcome and do nothing.

    predecessor: a holder known to be gone, whose lease is not waited for. keep: called between pieces of work; what it
    raises ends the turn, and what was not judged stays due.
    """
    if not service.due_minutes(store, namespace, since, until, levels).counts:
        return Outcome("")
    lease = Lease(store, namespace, holder, clock, predecessor)
    with held(lease) as taken:
        if taken:
            return Outcome("", busy=f"{taken.holder}, until {iso(taken.expires_at)} or until it is done")
        due = service.due_minutes(store, namespace, since, until, levels)  # what others left, now that it is ours
        if not due.counts:
            return Outcome("")
        advance(0, total=len(due.counts))
        model = service.active_model(store, namespace, clock())

        def between() -> None:
            keep()
            lease.keep()

        return service.detect(store, namespace, model, due, clock(), advance, levels, between, settings)


def paced(last: Mapping[str, datetime], now: datetime) -> list[str]:
    """The levels whose time has come. last: when each was judged."""
    return [level for level, pace in PACE.items() if level not in last or now - last[level] >= pace]


def follow(
    judge: Callable[[list[str]], Outcome], clock: Clock, every: timedelta, stopped: Event
) -> Iterator[tuple[Outcome, timedelta]]:
    """Turn after turn until stopped: (what a turn did, how long it took). The turn in hand is always finished.

    A turn that fails for the store, or because another detector took over, is told in `Outcome.failed`, and what it
    left is due in the next. Raise StoreRefused at once, and any StoreError when nothing else came for PATIENCE.
    """
    last: dict[str, datetime] = {}
    well = clock()
    while not stopped.is_set():
        started = clock()
        levels = paced(last, started)
        try:
            outcome = judge(levels)
            well = started
        except LeaseLostError as error:
            outcome = Outcome("", failed=error.message)
        except StoreRefused:
            raise
        except StoreError as error:
            if clock() - well >= PATIENCE:
                raise
            outcome = Outcome("", failed=error.message)
        if not outcome.busy and not outcome.failed:
            last |= dict.fromkeys(levels, started)
        took = clock() - started
        yield outcome, took
        stopped.wait(max(0.0, (every - took).total_seconds()))


def model_version(store: Store, namespace: str) -> str:
    """The version that judges next, for an outcome with nothing due."""
    return registry.active_version(store, namespace) or ""
