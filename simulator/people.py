"""People: who they are, when they come, and what a visit looks like in the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulator import addresses, agents, words
from simulator.randomness import derive, poisson
from simulator.request import Client, Request
from simulator.rhythm import HOUR_SECONDS, hours, is_office_time, rhythm
from simulator.site import Site
from simulator.visit import Visit

# Of all visits: by somebody who was here before, from an office, from a mobile network's shared address.
REGULAR_SHARE = 0.35
OFFICE_SHARE = 0.12
MOBILE_NETWORK_SHARE = 0.15
# A regular comes about this often, so there are so many of them.
REGULARS_PER_DAILY_VISITOR = 1.5
PEOPLE_PER_OFFICE = 25
PEOPLE_PER_MOBILE_ADDRESS = 40

# Browsers that send no referrer, and programs that show text or take assets from elsewhere.
HIDES_REFERRER = 0.05
LOADS_NO_ASSETS = 0.06
# Somebody else's page shows a picture of ours: one request, nothing else.
HOTLINKS = 0.06

LOGS_IN = 0.07
REGULAR_LOGS_IN = 0.35
BUYS = 0.05
SEARCHES = 0.12
LOOKALIKE_SEARCHES = 0.12
DOWNLOADS = 0.03
OLD_BOOKMARK = 0.012
CAMPAIGN = 0.06


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser. cached: the share of assets the browser already holds. member: has an account."""

    client: Client
    mobile: bool
    cached: float
    member: bool


def visits(site: Site, seed: int, start: float, end: float, visitors_per_day: float) -> Iterator[list[Request]]:
    """All visits that begin in [start, end), each a list of requests in order; in about the order of their beginning.

    An hour's visits depend on the seed and the hour only: two spans that touch give what one long span gives.
    """
    for hour in hours(start, end):
        rng = derive(seed, "people", int(hour))
        count = poisson(rng, visitors_per_day / 24 * rhythm(hour))
        for number, offset in enumerate(sorted(rng.random() * HOUR_SECONDS for _ in range(count))):
            person_rng = derive(seed, "visit", int(hour), number)
            if start <= hour + offset < end:
                person = draw_person(person_rng, seed, hour + offset, visitors_per_day)
                yield visit(person_rng, site, person, hour + offset)


def draw_person(rng: Random, seed: int, time: float, visitors_per_day: float) -> Person:
    """Who comes: a regular of the site, one of an office, somebody on a phone's network, or anybody."""
    kind = rng.random()
    if kind < REGULAR_SHARE:
        number = rng.randrange(1 + round(visitors_per_day * REGULARS_PER_DAILY_VISITOR))
        own = derive(seed, "regular", number)
        return _person(own, addresses.home(own), f"regular-{number}", cached=0.85, member_share=REGULAR_LOGS_IN)
    actor = f"visitor-{rng.getrandbits(48):012x}"
    if kind < REGULAR_SHARE + OFFICE_SHARE and is_office_time(time):
        office = rng.randrange(1 + round(visitors_per_day * OFFICE_SHARE / PEOPLE_PER_OFFICE))
        return _person(rng, office_address(seed, office), actor, cached=0.4, member_share=REGULAR_LOGS_IN, mobile=False)
    if kind > 1 - MOBILE_NETWORK_SHARE:
        shared = rng.randrange(1 + round(visitors_per_day * MOBILE_NETWORK_SHARE / PEOPLE_PER_MOBILE_ADDRESS))
        return _person(rng, addresses.ipv4(derive(seed, "mobile-network", shared)), actor, cached=0.1, mobile=True)
    return _person(rng, addresses.home(rng), actor, cached=0.05)


def office_address(seed: int, office: int) -> str:
    """The one address all people of an office share."""
    return addresses.ipv4(derive(seed, "office", office))


def _person(
    rng: Random, address: str, actor: str, cached: float, member_share: float = LOGS_IN, mobile: bool | None = None
) -> Person:
    handheld = rng.random() < 0.55 if mobile is None else mobile
    agent = agents.mobile(rng) if handheld else agents.desktop(rng)
    return Person(Client(address, agent, actor, "person"), handheld, cached, rng.random() < member_share)


def visit(rng: Random, site: Site, person: Person, start: float) -> list[Request]:
    """One visit: where from, what is read, found, bought and downloaded, with the pauses of somebody who reads."""
    walk = Visit(site, rng, person.client, start, person.cached)
    walk.sends_referrer = rng.random() >= HIDES_REFERRER
    walk.loads_assets = rng.random() >= LOADS_NO_ASSETS
    if site.layout.redirects_all:
        walk.fetch(site.popular_page(rng).path)
        return walk.requests
    if site.layout.gallery and rng.random() < HOTLINKS:
        walk.fetch(rng.choice(site.layout.gallery), referrer=rng.choice(words.REFERRERS))
        return walk.requests
    if rng.random() < OLD_BOOKMARK:
        walk.fetch(_old_bookmark(rng, site))
        walk.think(6)
    page = site.home_page if rng.random() < 0.25 else site.popular_page(rng)
    query = "?" + rng.choice(words.CAMPAIGNS) + format(rng.getrandbits(24), "x") if rng.random() < CAMPAIGN else ""
    walk.page(page, _came_from(rng), query)
    walk.icons(person.mobile)
    if person.member and (login := site.login("form", "wordpress", "json", "basic")):
        walk.think(5)
        walk.log_in(login)
        walk.members_area()
    for _ in range(_pages_read(rng)):
        walk.think(22)
        if site.layout.search and rng.random() < SEARCHES:
            lookalike = rng.random() < LOOKALIKE_SEARCHES
            found = rng.choice(words.INNOCENT_LOOKALIKES) if lookalike else rng.choice(words.SEARCHES).replace(" ", "+")
            walk.search(found)
            walk.think(9)
        page = site.linked_page(rng, page)
        walk.page(page, walk.here)
    if rng.random() < DOWNLOADS and site.layout.downloads:
        walk.think(12)
        walk.download(rng.choice(list(site.layout.downloads)))
    if rng.random() < BUYS and site.layout.api:
        walk.script_calls(3 + rng.randrange(6))
    return walk.requests


def _pages_read(rng: Random) -> int:
    """Pages after the first: half of all visitors read one page or two, few read dozens."""
    return min(60, int(rng.expovariate(1.0) ** 1.4 * 2.6))


def _came_from(rng: Random) -> str:
    if rng.random() < 0.38:
        return ""
    return rng.choices(words.REFERRERS, words.REFERRER_WEIGHTS)[0]


def _old_bookmark(rng: Random, site: Site) -> str:
    """A page that was here once: moved, renamed, mistyped or cut off by a mail program."""
    path = site.popular_page(rng).path
    choices = (
        path[:-2] or "/x",
        path.rstrip("/") + "/index.html",
        f"/old{path}",
        path.rstrip("/") + "%20",
        path.rstrip("/") + ")",
    )
    return rng.choice(choices)
