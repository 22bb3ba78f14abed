"""A site's traffic over a span of time: people, machines and planned attacks, in order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator import people
from simulator.attacks import ATTACKS
from simulator.load import strained
from simulator.machines import MACHINES, Burst, Stage, usual
from simulator.randomness import derive
from simulator.request import Request
from simulator.site import Site

# How much of a span is in memory at a time.
CHUNK_SECONDS = 6 * 3600.0

# A burst with a time that none of its requests precedes.
Timed = tuple[float, Burst]


@dataclass(frozen=True, slots=True)
class Planned:
    """An attack that will come. style: a name in ATTACKS. start: seconds since the epoch. strength: 0 to 1."""

    style: str
    start: float
    strength: float = 0.5


def generate(
    site: Site,
    start: float,
    end: float,
    seed: int,
    visitors_per_day: float,
    attacks: Sequence[Planned] = (),
    harmless: Sequence[str] | None = None,
) -> list[Request]:
    """Everything a site's log holds of [start, end), seconds since the epoch, sorted by time.

    The same arguments give the same requests on every platform, and one attack more or less changes nothing about
    the rest (but for answers of a server that a flood brings to its knees). What would come after `end` is left out.
    visitors_per_day: visits of people on an average day; 0 leaves people and machines out.
    harmless: names of MACHINES; None takes the usual ones, () has people only. With little traffic, a machine that
    comes every other day may not come at all.
    Raise ValueError for an unknown name, a strength outside 0 to 1, or a span that ends before it begins.
    """
    return list(stream(site, start, end, seed, visitors_per_day, attacks, harmless))


def stream(
    site: Site,
    start: float,
    end: float,
    seed: int,
    visitors_per_day: float,
    attacks: Sequence[Planned] = (),
    harmless: Sequence[str] | None = None,
) -> Iterator[Request]:
    """The same as `generate`, a few hours at a time: memory stays bounded however long the span is."""
    names = usual() if harmless is None else tuple(harmless)
    _check(start, end, visitors_per_day, attacks, names)
    stage = Stage(site, seed, start, end, visitors_per_day)
    sources: list[Iterator[Timed]] = []
    if visitors_per_day > 0:
        sources.append(_timed(people.visits(site, seed, start, end, visitors_per_day)))
        sources += [_timed(MACHINES[name].run(stage)) for name in names]
    sources.append(_runs(site, seed, end, attacks))
    return strained(_merged(sources, start, end), site, seed)


def _check(start: float, end: float, visitors_per_day: float, attacks: Sequence[Planned], names: Sequence[str]) -> None:
    if end < start:
        raise ValueError(f"Traffic cannot end ({end}) before it begins ({start})")
    if visitors_per_day < 0:
        raise ValueError(f"Visitors cannot be fewer than none: {visitors_per_day}")
    for name in names:
        if name not in MACHINES:
            raise ValueError(f"No machine is called {name!r}. There are: {', '.join(MACHINES)}")
    for plan in attacks:
        if plan.style not in ATTACKS:
            raise ValueError(f"No attack style is called {plan.style!r}. There are: {', '.join(ATTACKS)}")
        if not 0 <= plan.strength <= 1:
            raise ValueError(f"The strength of an attack is between 0 and 1, not {plan.strength} ({plan.style})")


def _timed(bursts: Iterator[Burst]) -> Iterator[Timed]:
    return ((burst[0].time, burst) for burst in bursts if burst)


def _runs(site: Site, seed: int, end: float, attacks: Sequence[Planned]) -> Iterator[Timed]:
    """Each planned attack as one burst. Its run id names what it is, so that it stays when others come or go."""
    planned: dict[str, Planned] = {}
    for plan in attacks:
        name = run_id(plan, seed)
        # The same attack planned twice is two attackers.
        twins = sum(other == name or other.startswith(name + "-") for other in planned)
        planned[f"{name}-{twins}" if twins else name] = plan
    for name, plan in sorted(planned.items(), key=lambda item: item[1].start):
        rng = derive(seed, "attack", name)
        style = ATTACKS[plan.style]
        run = [request for request in style.requests(rng, site, plan.start, plan.strength, name) if request.time < end]
        yield plan.start, run


def run_id(plan: Planned, seed: int) -> str:
    """The name of a planned attack in the ground truth."""
    return f"{plan.style}-{int(plan.start)}-{round(plan.strength * 100)}-{seed}"


def _time(request: Request) -> float:
    return request.time


def _merged(sources: list[Iterator[Timed]], start: float, end: float) -> Iterator[Request]:
    """All requests of [start, end), sorted by time. A source's bursts come in order of their beginning."""
    waiting: list[Timed | None] = [next(source, None) for source in sources]
    held: list[Request] = []
    until = start
    while until < end:
        until = min(until + CHUNK_SECONDS, end)
        for number, source in enumerate(sources):
            timed = waiting[number]
            while timed is not None and timed[0] < until:
                held.extend(timed[1])
                timed = next(source, None)
            waiting[number] = timed
        held.sort(key=_time)
        # Sorting is stable and sources come in a fixed order, so requests of the same moment keep theirs.
        ready = next((at for at, request in enumerate(held) if request.time >= until), len(held))
        yield from (request for request in held[:ready] if request.time >= start)
        held = held[ready:]
