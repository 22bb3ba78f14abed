"""The stage machines run on, and their register."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from simulator.randomness import derive
from simulator.request import Client, Request
from simulator.site import Site

Burst = list[Request]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where and when machines run. visitors_per_day: how large the site is."""

    site: Site
    seed: int
    start: float
    end: float
    visitors_per_day: float

    def identity(self, *parts: object) -> Random:
        """For what stays the same whenever we look: addresses, agents."""
        return derive(self.seed, "machine", *parts)

    def chance(self, *parts: object) -> Random:
        """For what happens in this span."""
        return derive(self.seed, "machine", int(self.start), *parts)


@dataclass(frozen=True, slots=True)
class Machine:
    """run yields bursts of requests in order of their beginning."""

    name: str
    description: str
    usual: bool
    run: Callable[[Stage], Iterator[Burst]]


MACHINES: dict[str, Machine] = {}


def machine(name: str, description: str, usual: bool = True) -> Callable[[Callable[[Stage], Iterator[Burst]]], None]:
    """Register a machine under its name."""

    def register(run: Callable[[Stage], Iterator[Burst]]) -> None:
        MACHINES[name] = Machine(name, description, usual, run)

    return register


def client(name: str, address: str, agent: str, number: int | str = 0) -> Client:
    """A machine as a client."""
    return Client(address, agent, f"{name}-{number}", name)
