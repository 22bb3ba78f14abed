"""Stolen names and passwords, tried once each: over hundreds of addresses, or from one."""

from collections.abc import Iterator

from simulator import addresses, agents
from simulator.attacks.style import Run, style
from simulator.layout import Login
from simulator.request import Answer, Request

STUFFABLE = ("form", "json", "wordpress")


def _login(run: Run) -> Login:
    return run.site.login(*STUFFABLE) or run.site.login_for("form")


def _try(
    run: Run, login: Login, address: str, agent: str, time: float, success_share: float, shows_form: bool
) -> Iterator[Request]:
    """One stolen pair. After a hit the attacker looks at the account."""
    client, rng = run.client(address, agent), run.rng
    referrer = run.site.url(login.path) if shows_form else ""
    if shows_form:
        yield client.request(time, "GET", login.path, run.site.login_page(login))
        time += 0.6 + rng.random()
    if rng.random() >= success_share:
        yield client.request(time, "POST", login.path, login.failure, referrer)
        return
    yield client.request(time, "POST", login.path, login.success, referrer)
    for page in (login.after, *(page.path for page in run.site.member_pages[:2])):
        time += 0.5 + rng.random()
        yield client.request(time, "GET", page, Answer(200, 8000 + rng.randrange(6000), 60), referrer)


def _many_addresses(run: Run, success_share: float, per_network: int = 1) -> Iterator[Request]:
    login, rng = _login(run), run.rng
    shows_form = rng.random() < 0.4
    shared = [agents.desktop(rng) for _ in range(rng.choice((1, 8, 60)))]
    for address in addresses.several(rng, run.count("addresses"), per_network):
        agent = rng.choice(shared)
        for _ in range(max(1, min(6, round(run.figure("tries_per_address") * (0.5 + rng.random()))))):
            yield from _try(
                run, login, address, agent, run.start + rng.random() * run.figure("seconds"), success_share, shows_form
            )


@style(
    "stuffing_distributed",
    "credential_stuffing",
    "hundreds of addresses with a try or three each, none of them right",
    addresses=(40, 800),
    tries_per_address=(1.2, 3),
    seconds=(3600, 900),
)
def distributed(run: Run) -> Iterator[Request]:
    yield from _many_addresses(run, 0.0)


@style(
    "stuffing_distributed_success",
    "credential_stuffing",
    "the same with one or two pairs in a hundred right, and the accounts looked at",
    addresses=(40, 800),
    tries_per_address=(1.2, 3),
    seconds=(3600, 900),
)
def distributed_success(run: Run) -> Iterator[Request]:
    yield from _many_addresses(run, 0.015)


@style(
    "stuffing_network",
    "credential_stuffing",
    "a rented range: dozens of addresses in a few networks",
    addresses=(20, 400),
    tries_per_address=(1.5, 5),
    seconds=(3600, 900),
)
def network(run: Run) -> Iterator[Request]:
    yield from _many_addresses(run, run.rng.choice((0.0, 0.01)), per_network=60)


@style(
    "stuffing_single",
    "credential_stuffing",
    "one address works through a list of many accounts, a few of them right",
    tries_per_minute=(10, 600),
    seconds=(300, 900),
)
def single(run: Run) -> Iterator[Request]:
    login = _login(run)
    address, agent = addresses.ipv4(run.rng), agents.disguised(run.rng)
    shows_form = run.rng.random() < 0.3
    rate = run.figure("tries_per_minute") / 60
    for time in run.times(round(rate * run.figure("seconds")), rate):
        yield from _try(run, login, address, agent, time, 0.012, shows_form)


@style(
    "stuffing_rotating_agents",
    "credential_stuffing",
    "one address that calls itself another browser at every try",
    tries_per_minute=(8, 300),
    seconds=(300, 900),
)
def rotating_agents(run: Run) -> Iterator[Request]:
    login, address = _login(run), addresses.ipv4(run.rng)
    rate = run.figure("tries_per_minute") / 60
    for time in run.times(round(rate * run.figure("seconds")), rate):
        yield from _try(run, login, address, agents.browser(run.rng), time, 0.008, shows_form=True)


@style(
    "stuffing_slow",
    "credential_stuffing",
    "addresses that come back every hour with one try each, for half a day",
    addresses=(15, 200),
    tries_per_address=(6, 14),
    seconds=(43_200, 43_200),
)
def slow(run: Run) -> Iterator[Request]:
    login = _login(run)
    for address in addresses.several(run.rng, run.count("addresses")):
        agent = agents.browser(run.rng)
        for _ in range(run.count("tries_per_address")):
            time = run.start + run.rng.random() * run.figure("seconds")
            yield from _try(run, login, address, agent, time, 0.004, shows_form=True)
