"""Injection: commands in queries, paths and headers, by tools and by hand."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote

from simulator import addresses, agents
from simulator.attacks import payloads
from simulator.attacks.style import Run, style
from simulator.randomness import around
from simulator.request import Answer, Client, Request

FIREWALL_SHARE = 0.2
REFUSED = Answer(403, 564, 1.5)


class Target:
    """How this site takes payloads: some have a firewall in front, most stumble (500) over a part of them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.firewall = run.rng.random() < FIREWALL_SHARE
        self.stumbles = run.rng.choice((0.0, 0.0, 0.04, 0.25))

    def send(self, client: Client, time: float, method: str, target: str, referrer: str = "") -> Request:
        """The request, with an answer that may differ from what a harmless one gets."""
        rng = self.run.rng
        if self.firewall and rng.random() < 0.8:
            return client.request(time, method, target, REFUSED, referrer)
        answer = self.run.site.answer(rng, method, target)
        if answer.status == 200 and rng.random() < self.stumbles:
            answer = Answer(500, 610, answer.duration_ms * 1.5)
        return client.request(time, method, target, answer, referrer)


def _by_tool(run: Run, payload: Callable[[Random], str], agent: str) -> Iterator[Request]:
    """One address works on a few parameters of a few pages, payload after payload."""
    rng, site, target = run.rng, run.site, Target(run)
    client = run.client(addresses.ipv4(rng), agent)
    habit = rng.choice(("percent", "percent", "plus", "raw", "double"))
    places = [(site.popular_page(rng).path, rng.choice(payloads.KEYS)) for _ in range(rng.choice((1, 1, 2, 6)))]
    if site.layout.search:
        places.append((site.layout.search.partition("?")[0], site.layout.search.partition("?")[2].rstrip("=")))
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        path, key = rng.choice(places)
        yield target.send(client, time, "GET", f"{path}?{key}={payloads.encoded(rng, payload(rng), habit)}")


def _by_hand(run: Run, payload: Callable[[Random], str]) -> Iterator[Request]:
    """Somebody in a browser: reads the site, tries this and that in the address bar, with pauses."""
    rng, site, target = run.rng, run.site, Target(run)
    client = run.client(addresses.home(rng), agents.desktop(rng))
    time = run.start
    key = rng.choice(payloads.KEYS)
    for _ in range(run.count("payloads")):
        if rng.random() < 0.25:
            page = site.popular_page(rng)
            yield run.send(client, time, "GET", page.path)
            for number, asset in enumerate(page.assets[:4]):
                yield run.send(client, time + 0.2 + number / 50, "GET", asset, site.url(page.path))
            time += around(rng, 6)
        found = payloads.in_page(rng, site, payload(rng), key, "percent")
        yield target.send(client, time, "GET", found)
        time += around(rng, run.figure("pause_seconds"), 0.8)


@style(
    "injection_sqli_tool",
    "injection",
    "sqlmap and its kind: hundreds of payloads in a few parameters",
    payloads=(25, 3000),
    requests_per_second=(0.5, 40),
)
def sqli_tool(run: Run) -> Iterator[Request]:
    agent = run.rng.choice(agents.INJECTION_TOOLS) if run.rng.random() < 0.5 else agents.disguised(run.rng)
    yield from _by_tool(run, payloads.sqli, agent)


@style(
    "injection_sqli_by_hand",
    "injection",
    "SQL tried in the address bar, a dozen times, with a browser",
    payloads=(4, 50),
    pause_seconds=(60, 4),
)
def sqli_by_hand(run: Run) -> Iterator[Request]:
    yield from _by_hand(run, payloads.sqli)


@style(
    "injection_xss_tool",
    "injection",
    "a fuzzer that puts scripts into every parameter",
    payloads=(25, 1500),
    requests_per_second=(0.5, 40),
)
def xss_tool(run: Run) -> Iterator[Request]:
    yield from _by_tool(run, payloads.xss, agents.disguised(run.rng))


@style(
    "injection_xss_by_hand",
    "injection",
    "scripts typed into search and address bar",
    payloads=(4, 50),
    pause_seconds=(60, 4),
)
def xss_by_hand(run: Run) -> Iterator[Request]:
    yield from _by_hand(run, payloads.xss)


@style(
    "injection_traversal",
    "injection",
    "ways out of the folder, in parameters and in the path itself",
    payloads=(8, 800),
    requests_per_second=(0.3, 30),
)
def traversal(run: Run) -> Iterator[Request]:
    rng, site, target = run.rng, run.site, Target(run)
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        way = payloads.traversal(rng)
        if rng.random() < 0.5:
            yield target.send(
                client,
                time,
                "GET",
                payloads.in_page(rng, site, way, rng.choice(("file", "page", "lang", "path")), "raw"),
            )
        else:
            bad = Answer(400, 157, 0.2) if rng.random() < 0.5 else site.missing(way)
            yield client.request(time, "GET", rng.choice(("/", "/static/", "/cgi-bin/", "/images/")) + way, bad)


@style(
    "injection_rce_tool",
    "injection",
    "commands and known exploits of many products, one after the other",
    payloads=(8, 800),
    requests_per_second=(0.3, 30),
)
def rce_tool(run: Run) -> Iterator[Request]:
    rng, target = run.rng, Target(run)
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        known = rng.random() < 0.5
        found = payloads.exploit(rng) if known else payloads.in_page(rng, run.site, payloads.rce(rng))
        yield target.send(client, time, "POST" if known and rng.random() < 0.4 else "GET", found)


@style(
    "injection_rce_background",
    "injection",
    "worms: an exploit or two for a router or framework, each from another address",
    addresses=(3, 200),
    seconds=(86_400, 43_200),
)
def rce_background(run: Run) -> Iterator[Request]:
    rng = run.rng
    for address in addresses.several(rng, run.count("addresses")):
        client = run.client(address, agents.disguised(rng))
        time = run.start + rng.random() * run.figure("seconds")
        for _ in range(rng.choice((1, 1, 2))):
            yield run.send(client, time, rng.choice(("GET", "GET", "POST")), payloads.exploit(rng))
            time += 1 + rng.random()


@style(
    "injection_log4shell",
    "injection",
    "look-ups in agent, referrer and query, on pages that exist",
    payloads=(2, 200),
    requests_per_second=(0.1, 10),
)
def log4shell(run: Run) -> Iterator[Request]:
    rng, site = run.rng, run.site
    address = addresses.ipv4(rng)
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.8):
        text, path = payloads.log4shell(rng), site.popular_page(rng).path
        place = rng.random()
        client = run.client(address, text if place < 0.6 else agents.disguised(rng))
        target = f"{path}?x={quote(text) if rng.random() < 0.5 else text}" if place > 0.75 else path
        yield run.send(client, time, "GET", target, text if 0.4 < place < 0.75 else "")


@style(
    "injection_shellshock",
    "injection",
    "shell functions in the agent, at CGI paths and at the start page",
    payloads=(2, 200),
    requests_per_second=(0.1, 10),
)
def shellshock(run: Run) -> Iterator[Request]:
    rng, address = run.rng, addresses.ipv4(run.rng)
    paths = (
        "/",
        "/cgi-bin/test.cgi",
        "/cgi-bin/status",
        "/cgi-bin/bash",
        "/cgi-sys/defaultwebpage.cgi",
        run.site.home_page.path,
    )
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.8):
        yield run.send(run.client(address, payloads.shellshock(rng)), time, "GET", rng.choice(paths))


@style(
    "injection_scanner",
    "injection",
    "a commercial scanner: crawls the site, then payloads of all kinds in every page and path",
    payloads=(80, 5000),
    requests_per_second=(2, 60),
)
def scanner(run: Run) -> Iterator[Request]:
    rng, site, target = run.rng, run.site, Target(run)
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        page = site.popular_page(rng)
        kind = rng.random()
        if kind < 0.25:
            yield run.send(client, time, "GET", page.path, site.url("/"))
        elif kind < 0.4:
            path = page.path.rstrip("/") + "/" + payloads.encoded(rng, payloads.anything(rng), "percent")
            yield target.send(client, time, "GET", path)
        else:
            method = "POST" if rng.random() < 0.2 else "GET"
            yield target.send(client, time, method, payloads.in_page(rng, site, payloads.anything(rng)))


@style(
    "injection_distributed",
    "injection",
    "sqlmap through a pool of proxies: each address a few payloads",
    addresses=(6, 120),
    payloads=(40, 1500),
    requests_per_second=(0.5, 15),
)
def distributed(run: Run) -> Iterator[Request]:
    rng, target = run.rng, Target(run)
    agent = agents.disguised(rng)
    members = [run.client(address, agent) for address in addresses.several(rng, run.count("addresses"))]
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        yield target.send(rng.choice(members), time, "GET", payloads.in_page(rng, run.site, payloads.sqli(rng)))


@style(
    "injection_post_body",
    "injection",
    "payloads in the body of a form: the log shows only many POSTs to one page, some failing",
    visible_in_log=False,
    payloads=(20, 1000),
    requests_per_second=(0.5, 30),
)
def post_body(run: Run) -> Iterator[Request]:
    rng, site = run.rng, run.site
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    path = (site.layout.search or site.popular_page(rng).path).partition("?")[0]
    for time in run.times(run.count("payloads"), run.figure("requests_per_second"), 0.6):
        answer = site.answer(rng, "POST", path)
        if rng.random() < 0.15:
            answer = Answer(500, 610, 200)
        yield client.request(time, "POST", path, answer)
