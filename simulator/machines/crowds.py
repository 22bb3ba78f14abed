"""Many people at once, for harmless reasons: what looks most like a flood or like stuffing, and is neither."""

from collections.abc import Iterator

from simulator import addresses, agents, words
from simulator.machines.stage import Burst, Stage, machine
from simulator.people import Person, office_address
from simulator.request import Answer, Client
from simulator.rhythm import DAY_SECONDS, HOUR_SECONDS, hours, is_office_time, moments
from simulator.visit import Visit


@machine(
    "flash_crowd", "a mention elsewhere brings a day's visitors within an hour, all with one referrer", usual=False
)
def flash_crowd(stage: Stage) -> Iterator[Burst]:
    rng = stage.chance("crowd")
    for number, start in enumerate(moments(rng, stage.start, stage.end, min(5 * DAY_SECONDS, stage.end - stage.start))):
        people = round(stage.visitors_per_day * (0.8 + 2 * rng.random()))
        page = stage.site.popular_page(rng)
        referrer = rng.choice(words.REFERRERS)
        # Many at first, fewer and fewer later: the mention sinks.
        for offset in sorted(rng.expovariate(1 / 1500) for _ in range(people)):
            one = Client(
                addresses.home(rng), agents.browser(rng), f"crowd-{number}-{rng.getrandbits(40):x}", "flash_crowd"
            )
            walk = Visit(stage.site, rng, one, start + offset, 0.0)
            walk.page(page, referrer)
            if rng.random() < 0.3:
                walk.think(20)
                walk.page(stage.site.linked_page(rng, page), walk.here)
            yield walk.requests


@machine("office_rush", "Monday at nine: everybody of an office logs in from one address, some mistype", usual=False)
def office_rush(stage: Stage) -> Iterator[Burst]:
    login = stage.site.login("form", "wordpress", "json", "basic")
    if login is None:
        return
    days = [
        hour
        for hour in hours(stage.start, stage.end)
        if hour % DAY_SECONDS == 8 * HOUR_SECONDS and is_office_time(hour)
    ]
    for hour in days:
        rng = stage.chance("rush", int(hour))
        for number, offset in enumerate(sorted(rng.gauss(1500, 600) for _ in range(25))):
            agent = agents.desktop(rng)
            one = Client(office_address(stage.seed, 0), agent, f"colleague-{int(hour)}-{number}", "office_rush")
            walk = Visit(stage.site, rng, one, hour + max(0.0, offset), 0.8)
            walk.page(stage.site.home_page, "")
            walk.think(4)
            walk.log_in(login)
            walk.members_area()
            yield walk.requests


@machine("editors", "those who run the site: hours in its administration, a POST every half minute")
def editors(stage: Stage) -> Iterator[Burst]:
    admin, login = stage.site.layout.admin, stage.site.login("wordpress", "form")
    if not admin or login is None:
        return
    own = stage.identity("editors")
    people = [(addresses.home(own), agents.desktop(own)) for _ in range(2)]
    rng = stage.chance("editors")
    for hour in hours(stage.start, stage.end):
        if hour < stage.start or not is_office_time(hour) or rng.random() > 0.25:
            continue
        address, agent = rng.choice(people)
        one = Client(address, agent, f"editor-{int(hour)}", "editors")
        person = Person(one, mobile=False, cached=0.9, member=True)
        walk = Visit(stage.site, rng, person.client, hour + rng.random() * 900, person.cached)
        walk.log_in(login)
        for _ in range(20 + rng.randrange(70)):
            walk.time += 15 + rng.random() * 30
            path = rng.choice(admin)
            heartbeat = path.endswith("admin-ajax.php") or rng.random() < 0.2
            walk.fetch(path, "POST" if heartbeat else "GET", stage.site.url(admin[0]), stage.site.member_answer(rng))
        yield walk.requests


@machine("broken_login", "an app with an old password that tries again every few minutes, day and night", usual=False)
def broken_login(stage: Stage) -> Iterator[Burst]:
    login = stage.site.login()
    if login is None:
        return
    own, rng = stage.identity("broken-login"), stage.chance("broken-login")
    one = Client(addresses.home(own), "ShopApp/2.1 CFNetwork/1408 Darwin/22.5", "broken-login-0", "broken_login")
    for time in moments(rng, stage.start, stage.end, 600, 0.05):
        yield [one.request(time, "POST", login.path, login.failure)]


@machine(
    "app_users",
    "an app's users: a few calls a day each; once its token runs out, and all of them fail twice within the hour",
    usual=False,
)
def app_users(stage: Stage) -> Iterator[Burst]:
    login = stage.site.login("json", "form", "wordpress")
    if login is None:
        return
    own, rng = stage.identity("app-users"), stage.chance("app-users")
    agent = f"{stage.site.host.split('.')[0].title()}App/4.2 (iPhone; iOS 17.6; Scale/3.00)"
    users = [
        Client(addresses.home(own), agent, f"app-user-{number}", "app_users")
        for number in range(20 + min(380, round(stage.visitors_per_day / 2)))
    ]
    calls = [path for path in stage.site.layout.api if "." not in path] or [stage.site.home_page.path]
    length = stage.end - stage.start
    expires = stage.start + length * (0.5 + 0.4 * rng.random())
    bursts: list[Burst] = []
    for one in users:
        for time in moments(rng, stage.start, stage.end, 5 * HOUR_SECONDS, 0.6):
            answer = Answer(200, 300 + rng.randrange(900), 20)
            bursts.append([one.request(time + n, "GET", rng.choice(calls), answer) for n in range(3)])
        if rng.random() < 0.9:
            first = expires + rng.random() * 2400
            bursts.append([one.request(first + 4 * n, "POST", login.path, login.failure) for n in range(2)])
    yield from sorted((burst for burst in bursts if burst[0].time < stage.end), key=lambda burst: burst[0].time)


@machine("login_down", "a login page that refuses everybody for forty minutes; people try again, then go", usual=False)
def login_down(stage: Stage) -> Iterator[Burst]:
    login = stage.site.login("form", "wordpress")
    if login is None:
        return
    rng = stage.chance("login-down")
    begins = stage.start + (stage.end - stage.start) * (0.5 + 0.4 * rng.random())
    bursts = []
    for number in range(20 + min(200, round(stage.visitors_per_day / 4))):
        one = Client(addresses.home(rng), agents.browser(rng), f"shut-out-{number}", "login_down")
        walk = Visit(stage.site, rng, one, begins + 2400 * rng.random(), 0.6)
        walk.loads_assets = rng.random() > 0.1
        walk.page(stage.site.home_page, rng.choice(("", *words.REFERRERS)))
        walk.think(5)
        walk.fetch(login.path, referrer=walk.here, answer=stage.site.login_page(login))
        for _ in range(rng.choice((1, 2, 2, 3))):
            walk.think(8)
            walk.fetch(login.path, "POST", stage.site.url(login.path), login.failure)
        bursts.append(walk.requests)
    yield from sorted(bursts, key=lambda burst: burst[0].time)
