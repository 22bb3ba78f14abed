"""What a flood does to a server: work beyond its capacity makes it slow, and then it gives up."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from simulator.randomness import derive
from simulator.request import Request
from simulator.site import Site

# Answers that cost less never wait for a worker: files, refusals.
CHEAP_MS = 3.0
LONGEST_MS = 30_000.0
GIVES_UP_SHARE = 0.6
# What is logged then: overloaded, the worker timed out, the client went away.
FAILURES = ((503, 197), (503, 197), (504, 167), (499, 0))


def strained(requests: Iterable[Request], site: Site, seed: int) -> Iterator[Request]:
    """The same requests in the same order; in seconds with more work than capacity, some fail and all are slow."""
    capacity = site.layout.capacity_ms
    for second, group in groupby(requests, key=lambda request: int(request.time)):
        batch = list(group)
        work = sum(request.duration_ms for request in batch if request.duration_ms < LONGEST_MS)
        if work <= capacity:
            yield from batch
            continue
        rng = derive(seed, "load", second)
        fails = (1 - capacity / work) * GIVES_UP_SHARE
        for request in batch:
            if request.duration_ms <= CHEAP_MS or request.duration_ms >= LONGEST_MS:
                yield request
                continue
            slow_ms = min(LONGEST_MS, request.duration_ms * work / capacity)
            if rng.random() >= fails:
                yield replace(request, duration_ms=round(slow_ms, 1))
                continue
            status, size = rng.choice(FAILURES)
            yield replace(request, status=status, response_bytes=size, duration_ms=round(slow_ms, 1))
