"""Scraping: the whole catalogue carried off, fast, politely, by many, or under a crawler's name."""

from collections.abc import Iterator
from itertools import cycle, islice

from simulator import addresses, agents
from simulator.attacks.style import Run, made_up_referrer, style
from simulator.randomness import around
from simulator.request import Client, Request


def _catalogue(run: Run, count: int) -> list[str]:
    """Pages in the order a scraper meets them; on a small site it begins again, with pages numbered."""
    paths = [page.path for page in run.site.public_pages]
    first = run.rng.randrange(len(paths))
    ordered = paths[first:] + paths[:first]
    numbered = (f"{path}?page={turn}" if turn > 1 else path for turn in range(1, 1 + count) for path in ordered)
    return list(islice(numbered, count))


def _scraper_agent(run: Run) -> str:
    return run.rng.choice(agents.SCRIPTS[-4:]) if run.rng.random() < 0.25 else agents.disguised(run.rng)


def _carry_off(run: Run, clients: list[Client], irregular: float = 0.3) -> Iterator[Request]:
    pages = _catalogue(run, run.count("pages"))
    turns = cycle(clients)
    referrer = made_up_referrer(run)
    for time, target in zip(run.times(len(pages), run.figure("requests_per_second"), irregular), pages, strict=True):
        yield run.send(next(turns), time, "GET", target, referrer)


@style(
    "scraping_fast",
    "scraping",
    "one address takes page after page without pause, without pictures",
    pages=(120, 4000),
    requests_per_second=(1, 60),
)
def fast(run: Run) -> Iterator[Request]:
    yield from _carry_off(run, [run.client(addresses.ipv4(run.rng), _scraper_agent(run))])


@style(
    "scraping_polite",
    "scraping",
    "one page every few seconds for hours, as regular as a clock",
    pages=(300, 4000),
    requests_per_second=(0.08, 0.5),
)
def polite(run: Run) -> Iterator[Request]:
    yield from _carry_off(run, [run.client(addresses.ipv4(run.rng), _scraper_agent(run))], 0.1)


@style(
    "scraping_distributed",
    "scraping",
    "dozens of addresses share the catalogue, each with a browser's name",
    addresses=(10, 150),
    pages=(300, 6000),
    requests_per_second=(0.5, 20),
)
def distributed(run: Run) -> Iterator[Request]:
    hosts = addresses.several(run.rng, run.count("addresses"), run.rng.choice((1, 30)))
    yield from _carry_off(run, [run.client(host, agents.desktop(run.rng)) for host in hosts], 0.8)


@style(
    "scraping_fake_crawler",
    "scraping",
    "calls itself a search engine, from an address that is not its own",
    pages=(120, 4000),
    requests_per_second=(0.5, 20),
)
def fake_crawler(run: Run) -> Iterator[Request]:
    yield from _carry_off(
        run, [run.client(addresses.ipv4(run.rng), run.rng.choice((agents.GOOGLEBOT, agents.BINGBOT)))]
    )


@style(
    "scraping_rotating_agents",
    "scraping",
    "one address, another browser's name at every page",
    pages=(120, 3000),
    requests_per_second=(0.3, 15),
)
def rotating_agents(run: Run) -> Iterator[Request]:
    address = addresses.ipv4(run.rng)
    yield from _carry_off(run, [run.client(address, agents.browser(run.rng)) for _ in range(40)])


@style(
    "scraping_headless",
    "scraping",
    "a real browser on strings: pages with all their assets, but no pause to read",
    pages=(60, 800),
    pages_per_minute=(6, 90),
)
def headless(run: Run) -> Iterator[Request]:
    site, client = run.site, run.client(addresses.ipv4(run.rng), agents.desktop(run.rng))
    by_path = {page.path: page for page in site.public_pages}
    time = run.start
    for target in _catalogue(run, run.count("pages")):
        yield run.send(client, time, "GET", target)
        for number, asset in enumerate(by_path[target.partition("?")[0]].assets[:15]):
            yield run.send(client, time + 0.1 + number / 40, "GET", asset, site.url(target))
        time += around(run.rng, 60 / run.figure("pages_per_minute"), 0.2)


@style(
    "scraping_mirror",
    "scraping",
    "HTTrack or wget -r: every page and every file it names, each once, as fast as it was told to",
    pages=(80, 1500),
    requests_per_second=(0.7, 25),
)
def mirror(run: Run) -> Iterator[Request]:
    site, rng = run.site, run.rng
    agent = rng.choice(agents.SCRIPTS[-2:]) if rng.random() < 0.3 else agents.disguised(rng)
    client = run.client(addresses.ipv4(rng), agent)
    seen: set[str] = set()
    wanted: list[tuple[str, str]] = []
    for target in _catalogue(run, run.count("pages")):
        page = next((page for page in site.public_pages if page.path == target.partition("?")[0]), site.home_page)
        wanted.append((target, site.url("/")))
        wanted += [(asset, site.url(target)) for asset in page.assets if asset not in seen]
        seen.update(page.assets)
    times = run.times(len(wanted), run.figure("requests_per_second"), 0.4)
    for time, (target, referrer) in zip(times, wanted, strict=True):
        yield run.send(client, time, "GET", target, referrer)


@style(
    "scraping_search",
    "scraping",
    "the search asked for everything: words, then page after page of results",
    pages=(100, 3000),
    requests_per_second=(0.5, 15),
)
def search(run: Run) -> Iterator[Request]:
    client = run.client(addresses.ipv4(run.rng), _scraper_agent(run))
    base = run.site.layout.search or f"{run.site.home_page.path}?q="
    for number, time in enumerate(run.times(run.count("pages"), run.figure("requests_per_second"), 0.2)):
        letter = chr(ord("a") + number // 40 % 26) + chr(ord("a") + number // 1040 % 26)
        yield run.send(client, time, "GET", f"{base}{letter}&page={1 + number % 40}")


@style(
    "scraping_numbers",
    "scraping",
    "records by number, one after the other: ?id=1, 2, 3",
    pages=(150, 5000),
    requests_per_second=(0.5, 30),
)
def numbers(run: Run) -> Iterator[Request]:
    client = run.client(addresses.ipv4(run.rng), _scraper_agent(run))
    path = run.rng.choice(
        [path for path in run.site.layout.api if "." not in path] or [run.site.popular_page(run.rng).path]
    )
    first = run.rng.randrange(1, 5000)
    for number, time in enumerate(run.times(run.count("pages"), run.figure("requests_per_second"), 0.2)):
        yield run.send(client, time, "GET", f"{path}?id={first + number}")
