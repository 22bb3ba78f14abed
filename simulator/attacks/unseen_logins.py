"""Guessing and stuffing no model has learned from and nothing was tuned on; see `unseen`."""

from collections.abc import Iterator
from itertools import cycle

from simulator import addresses, agents
from simulator.attacks.brute_force import guesses
from simulator.attacks.credential_stuffing import STUFFABLE
from simulator.attacks.style import Run, style
from simulator.attacks.unseen import came_from
from simulator.randomness import around
from simulator.request import Answer, Client, Request

APPS = ("ShopApp/5.1.2 (Android 14)", "okhttp/4.12.0", "Mobile/21E236 CFNetwork/1494.0.7 Darwin/23.4.0")


@style(
    "brute_force_bursts",
    "brute_force",
    "four or five tries, then minutes of silence, so that no ban of five in ten minutes ever counts to five",
    bursts=(8, 40),
    pause_seconds=(1500, 400),
)
def bursts(run: Run) -> Iterator[Request]:
    rng, login = run.rng, run.site.login_for("form", "wordpress", "json")
    client = run.client(addresses.ipv4(rng), agents.desktop(rng))
    times: list[float] = []
    at = run.start
    for _ in range(run.count("bursts")):
        for _ in range(rng.choice((4, 4, 5))):
            times.append(at)
            at += 2 + 6 * rng.random()
        at += around(rng, run.figure("pause_seconds"), 0.2)
    yield from guesses(run, client, login, iter(times), shows_form=True)


@style(
    "brute_force_proxies",
    "brute_force",
    "one account, guessed through a list of open proxies: the next proxy at every try",
    addresses=(20, 250),
    tries=(200, 3000),
    seconds=(3600, 1200),
)
def proxies(run: Run) -> Iterator[Request]:
    rng, login = run.rng, run.site.login_for("form", "wordpress", "json")
    agent = rng.choice((agents.desktop(rng), rng.choice(agents.SCRIPTS[:4])))
    turns = cycle(addresses.several(rng, run.count("addresses")))
    tries = run.count("tries")
    for time in run.times(tries, tries / run.figure("seconds"), 0.7):
        yield run.client(next(turns), agent).request(time, "POST", login.path, login.failure)


def _pair(run: Run, client: Client, time: float, assets: bool, hit_share: float) -> Iterator[Request]:
    """One stolen name and password, through the form, as a browser on strings does it."""
    rng, site = run.rng, run.site
    login = site.login(*STUFFABLE) or site.login_for("form")
    form = site.url(login.path)
    if login.kind != "json":
        yield client.request(time, "GET", login.path, site.login_page(login), came_from(run))
        if assets:
            for number, asset in enumerate(site.home_page.assets[:4]):
                yield run.send(client, time + 0.2 + number / 30, "GET", asset, form)
    hit = rng.random() < hit_share
    yield client.request(time + 2 + 3 * rng.random(), "POST", login.path, login.success if hit else login.failure, form)
    if hit:
        yield client.request(time + 6, "GET", login.after, Answer(200, 9000, 70), form)


@style(
    "stuffing_residential",
    "credential_stuffing",
    "browsers on strings behind people's lines at home, some fetch the form's files too; one pair or two each",
    addresses=(60, 700),
    seconds=(7200, 2400),
)
def residential(run: Run) -> Iterator[Request]:
    rng = run.rng
    for _ in range(run.count("addresses")):
        client, assets = run.client(addresses.home(rng), agents.browser(rng)), rng.random() < 0.3
        for _ in range(rng.choice((1, 1, 2))):
            yield from _pair(run, client, run.start + rng.random() * run.figure("seconds"), assets, 0.01)


@style(
    "stuffing_mobile_api",
    "credential_stuffing",
    "the app's own login, asked from a few clouds with the app's own name",
    addresses=(30, 400),
    tries_per_address=(1.5, 5),
    seconds=(3600, 900),
)
def mobile_api(run: Run) -> Iterator[Request]:
    rng, login = run.rng, run.site.login_for("json")
    agent = rng.choice(APPS)
    for address in addresses.several(rng, run.count("addresses"), rng.choice((8, 20))):
        for _ in range(max(1, round(around(rng, run.figure("tries_per_address"), 0.3)))):
            answer = login.success if rng.random() < 0.006 else login.failure
            time = run.start + rng.random() * run.figure("seconds")
            yield run.client(address, agent).request(time, "POST", login.path, answer)


@style(
    "stuffing_waves",
    "credential_stuffing",
    "a wave of new addresses every hour, each wave over in minutes",
    addresses_a_wave=(30, 200),
    seconds=(600, 240),
)
def waves(run: Run) -> Iterator[Request]:
    rng = run.rng
    shared = [agents.desktop(rng) for _ in range(rng.choice((1, 6)))]
    for wave in range(4):
        for address in addresses.several(rng, run.count("addresses_a_wave")):
            client = run.client(address, rng.choice(shared))
            time = run.start + wave * 3600 + rng.random() * run.figure("seconds")
            yield from _pair(run, client, time, assets=False, hit_share=0.004)
