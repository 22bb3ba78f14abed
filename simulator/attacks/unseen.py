"""Styles no model has learned from and nothing was tuned on: ways to attack that differ from those of training.

Written before the detector's rules and rows of this version were worked on, after what attackers are known to do:
floods with random queries and referrers, pulses, proxies at home, apps' own interfaces, price watchers.
"""

from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

from simulator import addresses, agents, words
from simulator.attacks import hunts, payloads
from simulator.attacks.style import Run, style
from simulator.randomness import around, letters
from simulator.request import Request

METHODS = ("GET", "GET", "GET", "POST", "OPTIONS", "PUT", "DELETE")
INTERFACES = ("/api", "/api/v1", "/api/v2", "/api/v3", "/rest", "/v1", "/v2", "/internal", "/services", "/graphql")
DESCRIPTIONS = (
    "/swagger.json", "/openapi.json", "/swagger-ui.html", "/v2/api-docs", "/v3/api-docs", "/api/swagger.json",
    "/graphql", "/graphiql", "/api/graphql", "/.well-known/openid-configuration", "/api/docs", "/redoc",
)  # fmt: skip
RESOURCES = (
    "users", "user", "accounts", "admin", "orders", "tokens", "keys", "config", "health", "metrics", "export", "debug",
    "me", "roles", "payments", "invoices", "files", "logs", "backup", "session", "customers", "search", "status",
)  # fmt: skip
TEMPLATES = (
    "{{@N*7}}", "${@N*7}", "<%= @N*7 %>", "#{@N*7}", "*{@N*7}", "{{config.items()}}", "{{''.__class__.__mro__[1]}}",
    "{{self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read()}}", "${7*'7'}",
    "{php}echo `id`;{/php}", "{{request.application.__globals__}}", "<#assign x='freemarker.template.Execute'?new()>",
    "${''.getClass().forName('java.lang.Runtime')}", "@(1+@N)", "{{[0]|reduce('system','id')}}",
)  # fmt: skip
BLIND = (
    "1 AND SLEEP(@S)", "1' AND SLEEP(@S)-- @W", "1' AND (SELECT @N FROM (SELECT(SLEEP(@S)))@W)-- ",
    "1;SELECT PG_SLEEP(@S)--", "1) AND (SELECT @N FROM PG_SLEEP(@S)) IS NULL-- ", "1' WAITFOR DELAY '0:0:@S'--",
)  # fmt: skip


def _filled(rng: Random, template: str) -> str:
    text = template.replace("@N", str(rng.randrange(1000, 9999))).replace("@S", str(rng.randrange(1, 10)))
    return text.replace("@W", letters(rng, 4))


def came_from(run: Run) -> str:
    """A referrer that says nothing: a search engine's, or the site's own start page."""
    return run.rng.choice((*words.REFERRERS, run.site.url("/")))


@style(
    "dos_hulk",
    "dos",
    "every request another made-up query, another browser's name and another referrer, from one address or a few",
    addresses=(1, 25),
    requests_per_second=(8, 300),
    seconds=(60, 240),
)
def hulk(run: Run) -> Iterator[Request]:
    rng, path = run.rng, run.site.home_page.path
    hosts = addresses.several(rng, run.count("addresses"))
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate, 0.8):
        query = "&".join(f"{letters(rng, 4)}={letters(rng, 7)}" for _ in range(rng.choice((1, 1, 2, 3))))
        client = run.client(rng.choice(hosts), agents.browser(rng))
        yield run.send(client, time, "GET", f"{path}?{query}", came_from(run))


@style(
    "dos_pulses",
    "dos",
    "a rented botnet that strikes for twenty seconds, waits some minutes, and strikes again",
    addresses=(50, 1500),
    requests_per_second=(25, 500),
    pulses=(3, 6),
)
def pulses(run: Run) -> Iterator[Request]:
    rng, rate = run.rng, run.figure("requests_per_second")
    members = [run.client(address, agents.disguised(rng)) for address in addresses.several(rng, run.count("addresses"))]
    targets = [run.site.home_page.path, run.site.popular_page(rng).path]
    method = rng.choice(("GET", "GET", "HEAD"))
    for pulse in range(run.count("pulses")):
        begins = run.start + pulse * (180 + 120 * rng.random())
        for _ in range(round(20 * rate)):
            time = begins + 20 * rng.random()
            yield run.send(rng.choice(members), time, method, rng.choice(targets))


@style(
    "dos_post_flood",
    "dos",
    "forms sent with large bodies from a few dozen addresses: each keeps a worker busy",
    addresses=(4, 120),
    requests_per_second=(5, 120),
    seconds=(90, 300),
)
def post_flood(run: Run) -> Iterator[Request]:
    rng, rate = run.rng, run.figure("requests_per_second")
    target = (run.site.layout.search or run.site.popular_page(rng).path).partition("?")[0]
    members = [run.client(address, agents.desktop(rng)) for address in addresses.several(rng, run.count("addresses"))]
    for time in run.times(round(rate * run.figure("seconds")), rate, 0.9):
        yield run.send(rng.choice(members), time, "POST", target, run.site.url(target))


@style(
    "dos_referred_botnet",
    "dos",
    "hundreds of infected machines with real browsers' names and referrers ask for the popular pages, never for a file",
    addresses=(300, 3000),
    requests_per_address=(3, 9),
    seconds=(300, 90),
)
def referred_botnet(run: Run) -> Iterator[Request]:
    rng, seconds = run.rng, run.figure("seconds")
    for address in addresses.several(rng, run.count("addresses")):
        client = run.client(address, agents.browser(rng))
        for _ in range(max(1, round(around(rng, run.figure("requests_per_address"), 0.4)))):
            page = run.site.popular_page(rng)
            yield run.send(client, run.start + rng.random() * seconds, "GET", page.path, came_from(run))


@style(
    "scan_api",
    "scan",
    "an interface looked for: its descriptions, then versions, resources and methods that might be there",
    paths=(40, 1500),
    requests_per_second=(0.5, 40),
)
def api(run: Run) -> Iterator[Request]:
    rng = run.rng
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    guessed = (f"{start}/{name}{n or ''}" for n in range(9) for start in INTERFACES for name in RESOURCES)
    targets = list(islice((*DESCRIPTIONS, *guessed), run.count("paths")))
    for time, target in zip(run.times(len(targets), run.figure("requests_per_second")), targets, strict=True):
        yield run.send(client, time, "GET" if target in DESCRIPTIONS else rng.choice(METHODS), target)


@style(
    "scan_recursive",
    "scan",
    "reads the site as a visitor, then tries a word list in every folder it met",
    paths=(60, 4000),
    requests_per_second=(1, 80),
)
def recursive(run: Run) -> Iterator[Request]:
    rng, site = run.rng, run.site
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    pages = [site.popular_page(rng).path for _ in range(12)]
    folders = sorted({path.rpartition("/")[0] for path in (*pages, *site.home_page.assets)})
    wanted = (folder + word for word in hunts.dictionary(rng, 4000) for folder in folders)
    targets = [*pages, *islice(wanted, run.count("paths"))]
    for time, target in zip(run.times(len(targets), run.figure("requests_per_second"), 0.6), targets, strict=True):
        yield run.send(client, time, "GET", target, site.url("/") if target in pages else "")


@style(
    "scan_subnet",
    "scan",
    "a list of holes split over the addresses of one network, each under another name",
    addresses=(8, 80),
    paths=(40, 600),
    seconds=(14_400, 1800),
)
def subnet(run: Run) -> Iterator[Request]:
    rng = run.rng
    hosts = addresses.several(rng, run.count("addresses"), 250)
    members = [run.client(address, agents.disguised(rng)) for address in hosts]
    known = (*hunts.SECRETS, *hunts.PRODUCTS, *hunts.databases(rng), *hunts.NIKTO_LIKE)
    for number in range(run.count("paths")):
        time = run.start + rng.random() * run.figure("seconds")
        yield run.send(rng.choice(members), time, "GET", known[number % len(known)])


@style(
    "injection_templates",
    "injection",
    "sums and objects in the languages of templates, in every parameter that might be shown again",
    payloads=(8, 600),
    requests_per_second=(0.2, 25),
)
def templates(run: Run) -> Iterator[Request]:
    rng, client = run.rng, run.client(addresses.ipv4(run.rng), agents.disguised(run.rng))
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        payload = _filled(rng, rng.choice(TEMPLATES))
        yield run.send(client, time, "GET", payloads.in_page(rng, run.site, payload))


@style(
    "injection_blind_slow",
    "injection",
    "a hole asked bit by bit through how long the answer takes: one request in ten seconds, one parameter",
    payloads=(12, 400),
    pause_seconds=(30, 5),
)
def blind_slow(run: Run) -> Iterator[Request]:
    rng, client = run.rng, run.client(addresses.ipv4(run.rng), agents.desktop(run.rng))
    path, key, time = run.site.popular_page(rng).path, rng.choice(payloads.KEYS), run.start
    for _ in range(run.count("payloads")):
        target = f"{path}?{key}={payloads.encoded(rng, _filled(rng, rng.choice(BLIND)), 'percent')}"
        yield run.send(client, time, "GET", target)
        time += around(rng, run.figure("pause_seconds"), 0.3)


@style(
    "scraping_prices",
    "scraping",
    "a price watcher: the same products again and again, round after round, by the clock",
    pages=(25, 200),
    pause_seconds=(8, 1.5),
    rounds=(3, 6),
)
def prices(run: Run) -> Iterator[Request]:
    rng, time = run.rng, run.start
    hosts = addresses.several(rng, rng.choice((1, 1, 3)), 3)
    clients = [run.client(address, agents.desktop(rng)) for address in hosts]
    watched = [page.path for page in run.site.public_pages][: run.count("pages")]
    for _ in range(run.count("rounds")):
        for path in watched:
            yield run.send(rng.choice(clients), time, "GET", path)
            time += run.figure("pause_seconds") * (0.9 + 0.2 * rng.random())
        time += 600


@style(
    "scraping_api",
    "scraping",
    "the interface of the site's own scripts, read page by page to its end",
    pages=(120, 3000),
    requests_per_second=(0.4, 20),
)
def lists(run: Run) -> Iterator[Request]:
    rng = run.rng
    client = run.client(addresses.ipv4(rng), rng.choice((agents.desktop(rng), rng.choice(agents.SCRIPTS))))
    usual = [path for path in run.site.layout.api if "." not in path] or [run.site.home_page.path]
    path, size = rng.choice(usual), rng.choice((20, 50, 100))
    for number, time in enumerate(run.times(run.count("pages"), run.figure("requests_per_second"), 0.3)):
        yield run.send(client, time, "GET", f"{path}?page={number + 1}&per_page={size}")


@style(
    "scraping_residential",
    "scraping",
    "the catalogue through a pool of lines at home: one to three pages an address, half of them with a referrer",
    addresses=(80, 1200),
    seconds=(7200, 1800),
)
def pool(run: Run) -> Iterator[Request]:
    rng = run.rng
    pages = cycle([page.path for page in run.site.public_pages])
    for _ in range(run.count("addresses")):
        client, refers = run.client(addresses.home(rng), agents.browser(rng)), rng.random() < 0.5
        for _ in range(rng.choice((1, 2, 3))):
            time = run.start + rng.random() * run.figure("seconds")
            yield run.send(client, time, "GET", next(pages), came_from(run) if refers else "")
