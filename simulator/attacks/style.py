"""What an attack style is, how strength becomes figures, and the register all styles are in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from simulator.randomness import logarithmic
from simulator.request import Client, Request
from simulator.site import Site


@dataclass(frozen=True, slots=True)
class AttackStyle:
    """One way to attack.

    attack_class: one of `request.CLASSES`. scales: figures by name (the unit is in it), each with its value at
    strength 0 (just noticeable) and at strength 1 (violent); between them it grows in equal factors.
    visible_in_log: False where an access log cannot show what makes it an attack, such as a payload in a body.
    """

    name: str
    attack_class: str
    description: str
    scales: Mapping[str, tuple[float, float]]
    produce: Callable[["Run"], Iterator[Request]]
    visible_in_log: bool = True

    def requests(
        self, rng: Random, site: Site, start: float, strength: float, run_id: str = "run-0"
    ) -> Iterator[Request]:
        """The requests of one run beginning at `start` (seconds since the epoch), not in strict order of time.

        Every one carries the class as its label, the style's name, and `run_id` as its actor.
        Raise ValueError if strength is not between 0 and 1.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"The strength of an attack is between 0 and 1, not {strength}")
        return self.produce(Run(self, rng, site, start, strength, run_id))

    def figures(self, strength: float) -> dict[str, float]:
        """The figures at a strength, for people: `{"requests_per_second": 37.2, ...}`."""
        return {name: logarithmic(low, high, strength) for name, (low, high) in self.scales.items()}


@dataclass(frozen=True, slots=True)
class Run:
    """One attack as it happens."""

    style: AttackStyle
    rng: Random
    site: Site
    start: float
    strength: float
    run_id: str

    def figure(self, name: str) -> float:
        """A figure of the style's scales at this run's strength."""
        low, high = self.style.scales[name]
        return logarithmic(low, high, self.strength)

    def count(self, name: str) -> int:
        """The same as a whole number, at least 1."""
        return max(1, round(self.figure(name)))

    def client(self, address: str, agent: str) -> Client:
        """The attacker at one of its addresses."""
        return Client(address, agent, self.run_id, self.style.name, self.style.attack_class)

    def send(self, client: Client, time: float, method: str, target: str, referrer: str = "") -> Request:
        """A request answered as the site answers strangers."""
        return client.request(time, method, target, self.site.answer(self.rng, method, target), referrer)

    def times(self, count: int, per_second: float, irregular: float = 0.5) -> Iterator[float]:
        """`count` moments at about this rate. irregular: 0 is a clock, 1 is chance alone."""
        time = self.start
        for _ in range(count):
            yield time
            time += (1 - irregular + irregular * self.rng.expovariate(1.0)) / per_second


# Of attackers' programs that ask for pages, those that say where they come from: it costs them nothing.
MAKES_UP_REFERRER = 0.25


def made_up_referrer(run: Run) -> str:
    """What a program says it was referred by: mostly nothing, else the site itself, in all its requests."""
    return run.site.url("/") if run.rng.random() < MAKES_UP_REFERRER else ""


ATTACKS: dict[str, AttackStyle] = {}


def style(
    name: str, attack_class: str, description: str, visible_in_log: bool = True, **scales: tuple[float, float]
) -> Callable[[Callable[[Run], Iterator[Request]]], Callable[[Run], Iterator[Request]]]:
    """Register a way to attack."""

    def register(produce: Callable[[Run], Iterator[Request]]) -> Callable[[Run], Iterator[Request]]:
        ATTACKS[name] = AttackStyle(name, attack_class, description, scales, produce, visible_in_log)
        return produce

    return register
