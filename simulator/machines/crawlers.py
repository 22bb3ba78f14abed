"""Robots that read: search engines, other crawlers, feed readers, link previews and link checkers."""

from collections.abc import Iterator
from random import Random

from simulator import addresses, agents
from simulator.machines.stage import Burst, Stage, client, machine
from simulator.request import Answer
from simulator.rhythm import DAY_SECONDS, moments
from simulator.site import Site


@machine("search_crawlers", "search engines walking the site from a few addresses of their own networks")
def search_crawlers(stage: Stage) -> Iterator[Burst]:
    site, own, rng = stage.site, stage.identity("search"), stage.chance("search")
    crawlers = []
    for name, names in agents.SEARCH_CRAWLERS.items():
        network = addresses.network(own)
        crawlers += [
            client("search_crawlers", addresses.ipv4(own, network), own.choice(names), f"{name}-{n}") for n in range(3)
        ]
    pages = len(site.public_pages)
    every = DAY_SECONDS / max(40.0, min(4000.0, 1.5 * pages + 0.3 * stage.visitors_per_day))
    time = stage.start + rng.expovariate(1 / every)
    while time < stage.end:
        who = crawlers[min(int(rng.expovariate(0.25)), len(crawlers) - 1)]
        yield [who.request(time, "GET", target, _crawled(site, rng, target)) for target in [_crawl_target(site, rng)]]
        time += rng.expovariate(1 / every)


def _crawl_target(site: Site, rng: Random) -> str:
    kind = rng.random()
    if kind < 0.06:
        return "/robots.txt"
    if kind < 0.14 and site.layout.assets:
        return rng.choice(list(site.layout.assets))
    path = rng.choice(site.public_pages).path
    return path.rstrip("/") + "-old" if kind > 0.985 else path


def _crawled(site: Site, rng: Random, target: str) -> Answer:
    answer = site.answer(rng, "GET", target)
    return site.not_modified() if answer.status == 200 and rng.random() < 0.12 else answer


@machine("other_crawlers", "search-optimiser, archive and AI crawlers that walk for an hour or so at a steady pace")
def other_crawlers(stage: Stage) -> Iterator[Burst]:
    rng = stage.chance("other-crawlers")
    walks = sorted(moments(rng, stage.start, stage.end, DAY_SECONDS / 5, 0.8))
    names = list(agents.OTHER_CRAWLERS)
    for number, start in enumerate(walks):
        name = rng.choice(names)
        own = stage.identity("other", name)
        network = addresses.network(own)
        hosts = [addresses.ipv4(own, network) for _ in range(own.choice((1, 1, 4, 12)))]
        yield _walk(stage, rng, name, hosts, start, pause_seconds=rng.choice((2.0, 5.0, 12.0, 30.0)), number=number)


def _walk(
    stage: Stage, rng: Random, name: str, hosts: list[str], start: float, pause_seconds: float, number: int
) -> Burst:
    site = stage.site
    count = min(len(site.public_pages), 30 + rng.randrange(400))
    agent = agents.OTHER_CRAWLERS[name]
    burst = []
    time = start
    for target in ["/robots.txt", *(page.path for page in rng.sample(site.public_pages, count))]:
        who = client("other_crawlers", rng.choice(hosts), agent, f"{name}-{number}")
        burst.append(who.request(time, "GET", target, _crawled(site, rng, target)))
        time += pause_seconds * (0.7 + 0.6 * rng.random())
    return burst


@machine("crawler_burst", "a declared search engine that reads the whole site in minutes, once a day", usual=False)
def crawler_burst(stage: Stage) -> Iterator[Burst]:
    own, rng, site = stage.identity("crawler-burst"), stage.chance("crawler-burst"), stage.site
    network = addresses.network(own)
    hosts = [addresses.ipv4(own, network) for _ in range(4)]
    for number, start in enumerate(moments(rng, stage.start, stage.end, DAY_SECONDS)):
        burst = []
        time = start
        for page in rng.sample(site.public_pages, len(site.public_pages)):
            who = client("crawler_burst", rng.choice(hosts), agents.GOOGLEBOT, number)
            burst.append(who.request(time, "GET", page.path, site.page_answer(rng, page)))
            time += rng.expovariate(4)
        yield burst


@machine("link_previews", "chat and social networks fetching a page that somebody shared")
def link_previews(stage: Stage) -> Iterator[Burst]:
    rng = stage.chance("previews")
    every = DAY_SECONDS / max(2.0, stage.visitors_per_day / 60)
    time = stage.start + rng.expovariate(1 / every)
    while time < stage.end:
        who = client("link_previews", addresses.ipv4(rng), rng.choice(agents.PREVIEWS), f"{rng.getrandbits(32):x}")
        page = stage.site.popular_page(rng)
        burst = [who.request(time, "GET", page.path, stage.site.page_answer(rng, page))]
        if page.assets:
            picture = rng.choice(page.assets)
            burst.append(who.request(time + 0.4, "GET", picture, stage.site.answer(rng, "GET", picture)))
        yield burst
        time += rng.expovariate(1 / every)


@machine("feed_readers", "readers that ask for a feed every half hour, mostly answered 304")
def feed_readers(stage: Stage) -> Iterator[Burst]:
    feeds = stage.site.layout.feeds
    if not feeds:
        return
    own, rng = stage.identity("feeds"), stage.chance("feeds")
    readers = [
        client("feed_readers", addresses.ipv4(own), own.choice(agents.FEED_READERS), number)
        for number in range(2 + min(40, round(stage.visitors_per_day / 80)))
    ]
    timed = [
        (time, who)
        for who in readers
        for time in moments(rng, stage.start, stage.end, own.choice((900, 1800, 3600, 7200)), 0.1)
    ]
    for time, who in sorted(timed, key=lambda item: item[0]):
        feed = feeds[0]
        answer = stage.site.not_modified() if rng.random() < 0.85 else stage.site.answer(rng, "GET", feed)
        yield [who.request(time, "GET", feed, answer)]


@machine("link_checker", "the owner's link checker: HEAD of every page and asset, once in a few days")
def link_checker(stage: Stage) -> Iterator[Burst]:
    site, own, rng = stage.site, stage.identity("links"), stage.chance("links")
    who = client("link_checker", addresses.ipv4(own), own.choice(agents.LINK_CHECKERS))
    for start in moments(rng, stage.start, stage.end, min(3 * DAY_SECONDS, stage.end - stage.start)):
        burst = []
        time = start
        for page in site.public_pages[:400]:
            for target in (page.path, *page.assets[:2]):
                burst.append(who.request(time, "HEAD", target, site.answer(rng, "HEAD", target), site.url(page.path)))
                time += 0.15 + rng.random() * 0.5
            if rng.random() < 0.03:
                dead = page.path.rstrip("/") + "/gone"
                burst.append(who.request(time, "HEAD", dead, site.answer(rng, "HEAD", dead), site.url(page.path)))
        yield burst
