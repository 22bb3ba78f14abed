"""Denial of service by requests: floods from one address and from thousands, cheap and costly ones."""

from collections.abc import Iterator

from simulator import addresses, agents
from simulator.attacks.style import Run, made_up_referrer, style
from simulator.randomness import around, letters
from simulator.request import Answer, Request

REQUEST_TIMEOUT = Answer(408, 0, 60_000)
CLOSED_BY_CLIENT = Answer(499, 0, 3000)


@style(
    "dos_single_source",
    "dos",
    "one address asks for one or a few pages as fast as it can (ab, siege, hey, a script)",
    requests_per_second=(6, 300),
    seconds=(60, 240),
)
def single_source(run: Run) -> Iterator[Request]:
    agent = run.rng.choice(agents.LOAD_TOOLS) if run.rng.random() < 0.5 else agents.disguised(run.rng)
    client = run.client(addresses.ipv4(run.rng), agent)
    targets = [
        run.site.home_page.path,
        *(run.site.popular_page(run.rng).path for _ in range(run.rng.choice((0, 0, 3)))),
    ]
    rate = run.figure("requests_per_second")
    referrer = made_up_referrer(run)
    for time in run.times(round(rate * run.figure("seconds")), rate):
        yield run.send(client, time, "GET", run.rng.choice(targets), referrer)


def _botnet(run: Run, per_network: int = 1) -> list[tuple[str, str]]:
    """Address and agent of each member; the agents come from a short list, as bots share a program."""
    shared = [agents.disguised(run.rng) or agents.desktop(run.rng) for _ in range(run.rng.choice((1, 5, 40)))]
    return [
        (address, run.rng.choice(shared)) for address in addresses.several(run.rng, run.count("addresses"), per_network)
    ]


@style(
    "dos_distributed",
    "dos",
    "a botnet asks for the same few pages; some of it works much, most of it little",
    addresses=(100, 2000),
    requests_per_second=(15, 500),
    seconds=(60, 240),
)
def distributed(run: Run) -> Iterator[Request]:
    members = [run.client(*member) for member in _botnet(run, run.rng.choice((1, 1, 20)))]
    targets = [run.site.popular_page(run.rng).path for _ in range(run.rng.choice((1, 4)))]
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate, 1.0):
        # Members differ: the n-th root of chance prefers the first ones.
        client = members[int(len(members) * run.rng.random() ** 1.6)]
        yield run.send(client, time, "GET", run.rng.choice(targets))


@style(
    "dos_distributed_quiet",
    "dos",
    "thousands of addresses with a handful of requests each: all stay below any limit",
    addresses=(800, 5000),
    requests_per_address=(2, 8),
    seconds=(300, 120),
)
def distributed_quiet(run: Run) -> Iterator[Request]:
    seconds, each = run.figure("seconds"), run.figure("requests_per_address")
    target = run.site.costliest + letters(run.rng, 5) if run.rng.random() < 0.4 else run.site.home_page.path
    for address, agent in _botnet(run):
        client = run.client(address, agent)
        for _ in range(max(1, round(around(run.rng, each, 0.4)))):
            yield run.send(client, run.start + run.rng.random() * seconds, "GET", target)


@style(
    "dos_random_uri",
    "dos",
    "one address or a few, each request for another path that never existed",
    addresses=(1, 30),
    requests_per_second=(6, 250),
    seconds=(60, 240),
)
def random_uri(run: Run) -> Iterator[Request]:
    members = [run.client(*member) for member in _botnet(run)]
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate):
        path = "/" + letters(run.rng, 6 + run.rng.randrange(10)) + run.rng.choice(("", "", ".html", "/"))
        yield run.send(run.rng.choice(members), time, "GET", path)


@style(
    "dos_cache_busting",
    "dos",
    "a page with another random query each time, so that no cache can answer",
    addresses=(1, 200),
    requests_per_second=(6, 300),
    seconds=(60, 240),
)
def cache_busting(run: Run) -> Iterator[Request]:
    members = [run.client(*member) for member in _botnet(run)]
    path = run.site.popular_page(run.rng).path
    key = run.rng.choice(("", "v=", "_=", "cb=", "rnd="))
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate):
        yield run.send(
            run.rng.choice(members), time, run.rng.choice(("GET", "GET", "POST")), f"{path}?{key}{letters(run.rng, 12)}"
        )


@style(
    "dos_costly_page",
    "dos",
    "few requests, each for what makes the server work: searches with made-up words",
    addresses=(1, 40),
    requests_per_second=(1.5, 30),
    seconds=(240, 600),
)
def costly_page(run: Run) -> Iterator[Request]:
    members = [run.client(*member) for member in _botnet(run)]
    target = run.site.costliest
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate):
        words = (
            letters(run.rng, 3 + run.rng.randrange(6), "abcdefghijklmnoprstuvwz")
            if target.endswith("=")
            else f"?q={letters(run.rng, 6)}"
        )
        yield run.send(run.rng.choice(members), time, "GET", target + words)


@style(
    "dos_slow_connections",
    "dos",
    "connections kept open without a whole request: the log shows timeouts (408) and closed ones (499)",
    connections=(60, 3000),
    seconds=(300, 600),
)
def slow_connections(run: Run) -> Iterator[Request]:
    client = run.client(addresses.ipv4(run.rng), "")
    seconds, path = run.figure("seconds"), run.site.home_page.path
    for _ in range(run.count("connections")):
        time = run.start + run.rng.random() * seconds
        if run.rng.random() < 0.7:
            yield client.request(time, "", "", REQUEST_TIMEOUT)
        else:
            yield client.request(time, "GET", f"{path}?{run.rng.randrange(10_000)}", CLOSED_BY_CLIENT)


@style(
    "dos_large_downloads",
    "dos",
    "the largest file again and again: the line is what runs out",
    addresses=(1, 20),
    requests_per_second=(3, 60),
    seconds=(120, 400),
)
def large_downloads(run: Run) -> Iterator[Request]:
    files = run.site.layout.downloads | run.site.layout.assets or {run.site.home_page.path: 0}
    target = max(files, key=lambda path: files[path])
    members = [run.client(*member) for member in _botnet(run)]
    rate = run.figure("requests_per_second")
    for time in run.times(round(rate * run.figure("seconds")), rate):
        yield run.send(run.rng.choice(members), time, "GET", target)


@style(
    "dos_pingback",
    "dos",
    "other people's blogs, made to fetch a page of ours: one request each, named in the agent",
    addresses=(100, 3000),
    requests_per_second=(10, 300),
)
def pingback(run: Run) -> Iterator[Request]:
    path = run.site.home_page.path
    blogs = addresses.several(run.rng, run.count("addresses"))
    version = run.rng.choice(("4.9.8", "5.2.3", "6.1.1"))
    times = run.times(3 * len(blogs), run.figure("requests_per_second"), 1.0)
    for time in times:
        address = run.rng.choice(blogs)
        blog = address.replace(".", "-")
        agent = f"WordPress/{version}; https://blog-{blog}.example; verifying pingback from 203.0.113.9"
        yield run.send(
            run.client(address, agent), time, "GET", f"{path}?{run.rng.randrange(10**7)}={run.rng.randrange(10**7)}"
        )
