"""Guessing passwords: fast and slow, at forms, WordPress, XML-RPC, HTTP basic and JSON logins."""

from collections.abc import Iterator
from itertools import count

from simulator import addresses, agents
from simulator.attacks.style import Run, style
from simulator.layout import Login
from simulator.request import Answer, Client, Request

LOCKED_OUT = Answer(429, 166, 0.5)
# Some sites stop answering somebody who failed too often; most do not.
LOCKS_OUT_SHARE = 0.12
LOCK_AFTER = 20
SUCCESS_SHARE = 0.15
ACCOUNTS = (
    "admin",
    "administrator",
    "root",
    "test",
    "user",
    "info",
    "webmaster",
    "support",
    "manager",
    "demo",
    "office",
    "shop",
)


def _agent(run: Run) -> str:
    return run.rng.choice(agents.LOGIN_TOOLS) if run.rng.random() < 0.4 else agents.disguised(run.rng)


def guesses(
    run: Run, client: Client, login: Login, times: Iterator[float], shows_form: bool, user: str = ""
) -> Iterator[Request]:
    """Tries at one login. shows_form: the tool fetches the form before some tries, as those with tokens need to.

    One run in seven ends with a success and a look at what is behind it.
    """
    rng, site = run.rng, run.site
    locks = rng.random() < LOCKS_OUT_SHARE
    referrer = site.url(login.path) if rng.random() < 0.4 else ""
    method = "GET" if login.kind == "basic" else "POST"
    last = run.start
    for number, planned in enumerate(times):
        time = planned
        if shows_form and rng.random() < 0.5:
            yield client.request(time, "GET", login.path, site.login_page(login))
            time += 0.05 + rng.random() / 10
        failing = LOCKED_OUT if locks and number >= LOCK_AFTER else login.failure
        yield client.request(time, method, login.path, failing, referrer, user)
        last = time
    if not locks and rng.random() < SUCCESS_SHARE:
        yield client.request(last + 1, method, login.path, login.success, referrer, user)
        yield client.request(last + 1.4, "GET", login.after, Answer(200, 11_900, 80), site.url(login.path), user)


def _single(run: Run, login: Login, shows_form: bool, irregular: float = 0.3) -> Iterator[Request]:
    client = run.client(addresses.ipv4(run.rng), _agent(run))
    rate = run.figure("tries_per_minute") / 60
    tries = round(rate * run.figure("seconds"))
    return guesses(run, client, login, run.times(max(tries, 3), rate, irregular), shows_form)


@style(
    "brute_force_fast",
    "brute_force",
    "a login form, one address, as many tries as the site takes",
    tries_per_minute=(20, 1500),
    seconds=(90, 400),
)
def fast(run: Run) -> Iterator[Request]:
    yield from _single(run, run.site.login_for("form", "wordpress"), run.rng.random() < 0.3)


@style(
    "brute_force_brief",
    "brute_force",
    "the usual dozen passwords at once, then gone to the next site",
    tries_per_minute=(20, 900),
    tries=(5, 25),
)
def brief(run: Run) -> Iterator[Request]:
    login = run.site.login_for("wordpress", "form", "json")
    client = run.client(addresses.ipv4(run.rng), _agent(run))
    times = run.times(run.count("tries"), run.figure("tries_per_minute") / 60, 0.3)
    yield from guesses(run, client, login, times, run.rng.random() < 0.2)


@style(
    "brute_force_slow",
    "brute_force",
    "one try every minute or two for hours, to stay below limits",
    tries_per_minute=(0.4, 3),
    seconds=(14_400, 14_400),
)
def slow(run: Run) -> Iterator[Request]:
    yield from _single(run, run.site.login() or run.site.login_for("form"), run.rng.random() < 0.3, 0.4)


@style(
    "brute_force_wordpress",
    "brute_force",
    "wp-login.php, form fetched and sent, by a bot or wpscan",
    tries_per_minute=(6, 600),
    seconds=(180, 900),
)
def wordpress(run: Run) -> Iterator[Request]:
    yield from _single(run, run.site.login_for("wordpress"), run.rng.random() < 0.6)


@style(
    "brute_force_xmlrpc",
    "brute_force",
    "xmlrpc.php: always answered 200, right or wrong",
    tries_per_minute=(6, 900),
    seconds=(180, 900),
)
def xmlrpc(run: Run) -> Iterator[Request]:
    yield from _single(run, run.site.login_for("xmlrpc"), shows_form=False)


@style(
    "brute_force_xmlrpc_multicall",
    "brute_force",
    "xmlrpc.php with hundreds of tries in each request: few, slow, long answers",
    tries_per_minute=(2, 60),
    seconds=(300, 900),
)
def xmlrpc_multicall(run: Run) -> Iterator[Request]:
    usual = run.site.login_for("xmlrpc")
    bulky = Answer(200, 140_000 + run.rng.randrange(60_000), 2500)
    yield from _single(
        run, Login(usual.path, "xmlrpc", bulky, usual.success, usual.form_bytes, usual.after), shows_form=False
    )


@style(
    "brute_force_basic",
    "brute_force",
    "HTTP basic: every wrong password is a 401, the user name is in the log",
    tries_per_minute=(20, 1800),
    seconds=(90, 400),
)
def basic(run: Run) -> Iterator[Request]:
    login = run.site.login_for("basic")
    client = run.client(addresses.ipv4(run.rng), _agent(run))
    rate = run.figure("tries_per_minute") / 60
    times = run.times(round(rate * run.figure("seconds")), rate)
    yield from guesses(run, client, login, times, False, run.rng.choice(ACCOUNTS))


@style(
    "brute_force_json",
    "brute_force",
    "a JSON login of an API or app: 401 again and again",
    tries_per_minute=(20, 1500),
    seconds=(90, 400),
)
def json_login(run: Run) -> Iterator[Request]:
    yield from _single(run, run.site.login_for("json"), shows_form=False)


@style(
    "brute_force_spraying",
    "brute_force",
    "one password at many accounts, round after round, slow enough not to lock any",
    accounts=(15, 300),
    rounds=(1, 4),
    seconds=(1800, 900),
)
def spraying(run: Run) -> Iterator[Request]:
    login = run.site.login("basic", "json", "form", "wordpress") or run.site.login_for("form")
    rng, client = run.rng, run.client(addresses.ipv4(run.rng), _agent(run))
    accounts = run.count("accounts")
    tries = accounts * run.count("rounds")
    for number, time in enumerate(run.times(tries, tries / run.figure("seconds"))):
        name = f"{ACCOUNTS[number % len(ACCOUNTS)]}{number % accounts // len(ACCOUNTS) or ''}"
        user = name if login.kind == "basic" else ""
        right = rng.random() < 0.003
        method = "GET" if login.kind == "basic" else "POST"
        yield client.request(time, method, login.path, login.success if right else login.failure, "", user)


@style(
    "brute_force_distributed",
    "brute_force",
    "a botnet takes turns at one login: a dozen tries an address, another one each minute",
    addresses=(8, 200),
    tries_per_address=(6, 30),
    seconds=(3600, 1800),
)
def distributed(run: Run) -> Iterator[Request]:
    login = run.site.login_for("wordpress", "form", "xmlrpc")
    agent = _agent(run)
    hosts = addresses.several(run.rng, run.count("addresses"))
    pause = run.figure("seconds") / len(hosts)
    for turn, address in zip(count(), hosts, strict=False):
        client = run.client(address, agent)
        time = run.start + turn * pause
        for _ in range(run.count("tries_per_address")):
            yield client.request(time, "POST", login.path, login.failure)
            time += 0.4 + run.rng.expovariate(0.5)
