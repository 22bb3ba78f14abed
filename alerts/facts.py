"""The facts of a digest, read from the store and nowhere else."""

from collections.abc import Callable
from typing import TypeVar

from alerts import traffic, upkeep
from alerts.figures import Coverage, DigestFacts, Incidents, Lag, Newcomers, Span, Timeline, Traffic
from alerts.incidents import incidents, own_incidents
from alerts.newcomers import newcomers
from wwwatch.console import plain
from wwwatch.store import Store, StoreError, StoreUnreachable

T = TypeVar("T")


class Reading:
    """Reads part by part. What the store does not tell is `unknown`, with its words, and reads as nothing.

    A digest that says what it could not learn is worth more than none. A store that is away is asked no more.
    """

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}
        self._away = ""

    def part(self, name: str, read: Callable[[], T], nothing: T) -> T:
        """The answer, or nothing."""
        if self._away:
            self.unknown[name] = self._away
            return nothing
        try:
            return read()
        except StoreError as error:
            self.unknown[name] = plain(error.message)
            if isinstance(error, StoreUnreachable):
                self._away = self.unknown[name]
            return nothing


def gather(store: Store, namespace: str, span: Span) -> DigestFacts:
    """Everything the digest of a span tells. What is not there reads as nothing, and so does what cannot be read."""
    reading = Reading()
    none = Traffic(0, 0, 0, {})
    step = int(traffic.step_of(span).total_seconds())
    compared = reading.part("comparison", lambda: traffic.compared(store, namespace, span), span.before)
    return DigestFacts(
        namespace=namespace,
        span=span,
        incidents=reading.part("incidents", lambda: incidents(store, namespace, span), Incidents((), {}, 0, ())),
        traffic=reading.part("traffic", lambda: traffic.traffic(store, namespace, span), none),
        traffic_before=reading.part("comparison", lambda: traffic.traffic(store, namespace, compared), none),
        timeline=reading.part("timeline", lambda: traffic.timeline(store, namespace, span), Timeline(step, ())),
        changes=reading.part("changes", lambda: traffic.changes(store, namespace, span, compared), ()),
        rejects=reading.part("rejected lines", lambda: traffic.rejects(store, namespace, span), {}),
        coverage=reading.part("coverage", lambda: traffic.coverage(store, namespace, span), Coverage(0, 0, ())),
        silent_hosts=reading.part("silent hosts", lambda: traffic.silent_hosts(store, namespace, span), ()),
        compared=compared,
        newcomers=reading.part("new scanners", lambda: newcomers(store, namespace, span), Newcomers((), 0)),
        lag=reading.part("lag", lambda: upkeep.lag(store, namespace, span), Lag(0)),
        model=reading.part("model", lambda: upkeep.model(store, namespace), None),
        own=reading.part("self-watch", lambda: own_incidents(store, namespace, span), ()),
        withheld=reading.part("alerts", lambda: upkeep.withheld(store, namespace, span.since, span.until), {}),
        virtual_hosts=reading.part("virtual hosts", lambda: traffic.virtual_hosts(store, namespace, span), ()),
        unknown=reading.unknown,
    )


def nothing_known(namespace: str, span: Span, why: str) -> DigestFacts:
    """The facts where the store does not answer at all."""
    step = int(traffic.step_of(span).total_seconds())
    none = Traffic(0, 0, 0, {})
    return DigestFacts(
        namespace, span, Incidents((), {}, 0, ()), none, none, Timeline(step, ()), (), {}, Coverage(0, 0, ()), (),
        span.before, Newcomers((), 0), Lag(0), None, (), {}, (), {"everything": plain(why)},
    )  # fmt: skip
