"""Clients that ask by the clock, or by the hundred: monitors, sync, the server itself, galleries, broken pages."""

from collections.abc import Iterator

from simulator import addresses, agents
from simulator.machines.stage import Burst, Stage, client, machine
from simulator.randomness import around
from simulator.request import Answer
from simulator.rhythm import DAY_SECONDS, moments, rhythm


@machine("monitors", "uptime checks of the start page every minute or five, at night too")
def monitors(stage: Stage) -> Iterator[Burst]:
    own, rng = stage.identity("monitors"), stage.chance("monitors")
    timed = []
    for number in range(1 + own.randrange(2)):
        who = client("monitors", addresses.ipv4(own), own.choice(agents.MONITORS), number)
        method, every = own.choice(("GET", "HEAD")), own.choice((60, 60, 300))
        timed += [(time, who, method) for time in moments(rng, stage.start, stage.end, every, 0.02)]
    target = stage.site.home_page.path
    for time, who, method in sorted(timed, key=lambda item: item[0]):
        yield [who.request(time, method, target, stage.site.answer(rng, method, target))]


@machine("health_checks", "the load balancer of the house, asking every five seconds", usual=False)
def health_checks(stage: Stage) -> Iterator[Burst]:
    rng = stage.chance("health")
    who = client("health_checks", "10.0.0.4", "ELB-HealthChecker/2.0")
    for time in moments(rng, stage.start, stage.end, 5):
        yield [who.request(time, "GET", "/health", Answer(200, 2, 0.5))]


@machine("own_server", "the server asking itself: scheduled work of the site, from its own address")
def own_server(stage: Stage) -> Iterator[Burst]:
    rng = stage.chance("own-server")
    if stage.site.login("wordpress"):
        who = client("own_server", "127.0.0.1", f"WordPress/6.6.1; https://{stage.site.host}")
        for time in moments(rng, stage.start, stage.end, 420, 0.9):
            target = f"/wp-cron.php?doing_wp_cron={time:.3f}"
            yield [who.request(time, "POST", target, Answer(200, 0, 60))]
    elif stage.site.layout.server == "apache":
        who = client("own_server", "::1", "Apache/2.4.57 (Debian) (internal dummy connection)")
        for time in moments(rng, stage.start, stage.end, 900, 0.9):
            yield [who.request(time + n, "OPTIONS", "*", Answer(200, 126, 0.1)) for n in range(1 + rng.randrange(6))]


@machine("sync_clients", "apps that poll an API every few seconds with an expired token now and then (401, then 200)")
def sync_clients(stage: Stage) -> Iterator[Burst]:
    own, rng = stage.identity("sync"), stage.chance("sync")
    timed = []
    for number in range(1 + min(8, round(stage.visitors_per_day / 300))):
        who = client(
            "sync_clients",
            addresses.home(own),
            own.choice(("okhttp/4.12.0", "ShopApp/3.4 CFNetwork/1490 Darwin/23.2", "Go-http-client/1.1")),
            number,
        )
        path = own.choice(("/api/v1/sync", "/remote.php/dav/files/", "/api/v1/events"))
        timed += [
            (time, who, path) for time in moments(rng, stage.start, stage.end, own.choice((20, 30, 60, 120)), 0.1)
        ]
    for time, who, path in sorted(timed, key=lambda item: item[0]):
        fresh = stage.site.not_modified() if rng.random() < 0.7 else Answer(200, 40 + rng.randrange(2000), 8)
        if rng.random() < 0.02:
            yield [who.request(time, "GET", path, Answer(401, 64, 4)), who.request(time + 0.3, "GET", path, fresh)]
        else:
            yield [who.request(time, "GET", path, fresh)]


@machine(
    "pagespeed_proxy",
    "an optimiser that fetches the site's own assets: most of all lines, from one client",
    usual=False,
)
def pagespeed_proxy(stage: Stage) -> Iterator[Burst]:
    site, rng = stage.site, stage.chance("pagespeed")
    who = client("pagespeed_proxy", addresses.ipv4(stage.identity("pagespeed")), "Serf/1.1.0 mod_pagespeed/1.13.35.2-0")
    per_day = 30 * max(stage.visitors_per_day, 10)
    time = stage.start
    while time < stage.end:
        page = site.popular_page(rng)
        burst: Burst = []
        for asset in page.assets:
            answer = site.not_modified() if rng.random() < 0.8 else site.answer(rng, "GET", asset)
            burst.append(who.request(time + 0.02 * len(burst), "GET", asset, answer, site.url(page.path)))
        if burst:
            yield burst
        time += rng.expovariate(per_day * rhythm(time) / DAY_SECONDS / max(1, len(page.assets)))


@machine(
    "broken_assets", "visitors whose cached pages name fonts and scripts that are gone: dozens of 404 with referrers"
)
def broken_assets(stage: Stage) -> Iterator[Burst]:
    site, rng = stage.site, stage.chance("broken")
    every = DAY_SECONDS / max(1.5, stage.visitors_per_day / 150)
    time = stage.start + rng.expovariate(1 / every)
    while time < stage.end:
        who = client("broken_assets", addresses.home(rng), agents.browser(rng), f"{rng.getrandbits(32):x}")
        names = [
            f"/assets/fonts/icons-{weight}.{ending}"
            for weight in ("regular", "solid", "brands")
            for ending in ("woff2", "woff", "ttf", "svg")
        ]
        burst: Burst = []
        at = time
        for _ in range(2 + rng.randrange(14)):
            page = site.popular_page(rng)
            burst.append(
                who.request(
                    at, "GET", page.path, site.page_answer(rng, page), (burst and site.url(burst[-1].path)) or ""
                )
            )
            for name in rng.sample(names, 4 + rng.randrange(8)):
                burst.append(who.request(at + 0.2, "GET", name, site.missing(name), site.url(page.path)))
            at += around(rng, 15, 0.7)
        yield burst
        time += rng.expovariate(1 / every)


@machine("photo_gallery", "visitors who look through a whole gallery: a hundred pictures in a few minutes")
def photo_gallery(stage: Stage) -> Iterator[Burst]:
    pictures = stage.site.layout.gallery
    if not pictures:
        return
    rng = stage.chance("gallery")
    every = DAY_SECONDS / max(2.0, stage.visitors_per_day / 200)
    time = stage.start + rng.expovariate(1 / every)
    while time < stage.end:
        who = client("photo_gallery", addresses.home(rng), agents.browser(rng), f"{rng.getrandbits(32):x}")
        referrer = stage.site.url(stage.site.popular_page(rng).path)
        first = rng.randrange(len(pictures))
        pace = rng.choice((0.05, 0.4, 2.5))
        shown = [pictures[(first + n) % len(pictures)] for n in range(min(len(pictures), 30 + rng.randrange(140)))]
        yield [
            who.request(
                time + n * pace * (0.8 + 0.4 * rng.random()), "GET", path, stage.site.answer(rng, "GET", path), referrer
            )
            for n, path in enumerate(shown)
        ]
        time += rng.expovariate(1 / every)
