"""Scans: working through lists of what might be there, from loud to one probe an hour."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from simulator import addresses, agents
from simulator.attacks import hunts, payloads
from simulator.attacks.style import Run, style
from simulator.randomness import letters
from simulator.request import Request


def _work_through(
    run: Run, targets: Sequence[str], agent: str, method: str = "GET", irregular: float = 0.4
) -> Iterator[Request]:
    """One address, one list, at the run's rate."""
    client = run.client(addresses.ipv4(run.rng), agent)
    for time, target in zip(
        run.times(len(targets), run.figure("requests_per_second"), irregular), targets, strict=True
    ):
        yield run.send(client, time, method, target)


@style(
    "scan_dictionary",
    "scan",
    "gobuster, ffuf or DirBuster with a word list: hundreds of missing paths",
    paths=(60, 8000),
    requests_per_second=(2, 250),
)
def dictionary(run: Run) -> Iterator[Request]:
    rng = run.rng
    agent = rng.choice(agents.DIRECTORY_TOOLS) if rng.random() < 0.5 else agents.disguised(rng)
    # Such tools first ask for nonsense, to learn what "missing" looks like on this site.
    nonsense = ["/" + letters(rng, 36, "0123456789abcdef") for _ in range(2)]
    paths = [*nonsense, *hunts.dictionary(rng, run.count("paths"))]
    yield from _work_through(run, paths, agent, rng.choice(("GET", "GET", "HEAD")), 0.8)


@style(
    "scan_vulnerabilities",
    "scan",
    "nikto, nuclei or a commercial scanner: hundreds of known holes, payloads between them, odd methods",
    paths=(50, 4000),
    requests_per_second=(1, 60),
)
def vulnerabilities(run: Run) -> Iterator[Request]:
    rng = run.rng
    agent = rng.choice(agents.VULNERABILITY_TOOLS) if rng.random() < 0.6 else agents.disguised(rng)
    client = run.client(addresses.ipv4(rng), agent)
    known = (*hunts.NIKTO_LIKE, *hunts.PRODUCTS, *hunts.SECRETS)
    for time in run.times(run.count("paths"), run.figure("requests_per_second"), 0.7):
        kind = rng.random()
        if kind < 0.12:
            yield run.send(client, time, "GET", payloads.in_page(rng, run.site, payloads.anything(rng)))
        elif kind < 0.2:
            yield run.send(
                client, time, rng.choice(("OPTIONS", "TRACE", "PUT", "PROPFIND", "DEBUG")), run.site.home_page.path
            )
        elif kind < 0.5:
            yield run.send(
                client,
                time,
                "GET",
                f"/{rng.choice(hunts.WORDS)}/{rng.choice(hunts.WORDS)}{rng.choice(hunts.WORD_ENDINGS)}",
            )
        else:
            yield run.send(client, time, rng.choice(("GET", "GET", "GET", "HEAD", "POST")), rng.choice(known))


def _list_hunt(name: str, description: str, hunt: Callable[[Random], list[str]]) -> None:
    """Register a hunt with a fixed list, cut to the strength's length."""

    @style(name, "scan", description, share_of_list=(0.15, 1.0), requests_per_second=(0.3, 30))
    def produce(run: Run) -> Iterator[Request]:
        paths = hunt(run.rng)
        paths = paths[: max(8, round(len(paths) * run.figure("share_of_list")))]
        yield from _work_through(run, paths, agents.disguised(run.rng))


_list_hunt(
    "scan_database_admins", "a hunt for phpMyAdmin under all its names, a hundred paths in a row", hunts.databases
)
_list_hunt("scan_wordpress_folders", "a hunt for a WordPress in the usual folders", hunts.wordpress)
_list_hunt("scan_plugins", "a hunt for plugins with known holes", hunts.plugins)
_list_hunt("scan_shells", "a hunt for other attackers' back doors", hunts.shells)
_list_hunt("scan_secrets", "a hunt for .env, .git and other files with passwords, in every folder", hunts.secrets)


@style(
    "scan_backups",
    "scan",
    "a hunt for archives and dumps with HEAD or GET, from one address",
    paths=(30, 1200),
    requests_per_second=(0.5, 40),
)
def backups(run: Run) -> Iterator[Request]:
    paths = hunts.archives(run.rng, run.site.host)[: run.count("paths")]
    yield from _work_through(run, paths, agents.disguised(run.rng), run.rng.choice(("HEAD", "GET")))


@style(
    "scan_backups_distributed",
    "scan",
    "the same hunt over dozens of addresses with one to fifteen probes each, for hours",
    addresses=(15, 200),
    seconds=(28_800, 14_400),
)
def backups_distributed(run: Run) -> Iterator[Request]:
    rng = run.rng
    paths = iter(hunts.archives(rng, run.site.host))
    agent = agents.disguised(rng)
    for address in addresses.several(rng, run.count("addresses")):
        client = run.client(address, agent)
        for _ in range(min(15, 1 + int(rng.expovariate(0.3)))):
            time = run.start + rng.random() * run.figure("seconds")
            yield run.send(client, time, "HEAD", next(paths, "/backup.zip"))


@style(
    "scan_slow",
    "scan",
    "one probe every few minutes up to one an hour, for a day",
    probes=(20, 200),
    seconds=(80_000, 80_000),
)
def slow(run: Run) -> Iterator[Request]:
    rng = run.rng
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    probes = run.count("probes")
    hunt = rng.choice((hunts.secrets, hunts.databases, hunts.shells))(rng)
    for number, time in enumerate(run.times(probes, probes / run.figure("seconds"), 0.5)):
        yield run.send(client, time, "GET", hunt[number % len(hunt)])


@style(
    "scan_rotating_agents",
    "scan",
    "a word list from one address that calls itself another browser with every request",
    paths=(40, 1500),
    requests_per_second=(0.5, 40),
)
def rotating_agents(run: Run) -> Iterator[Request]:
    address = addresses.ipv4(run.rng)
    count = run.count("paths")
    for time, target in zip(
        run.times(count, run.figure("requests_per_second")), hunts.dictionary(run.rng, count), strict=True
    ):
        yield run.send(run.client(address, agents.browser(run.rng)), time, "GET", target)


@style(
    "scan_distributed",
    "scan",
    "one word list split over a botnet with one agent",
    addresses=(8, 150),
    paths=(150, 6000),
    requests_per_second=(1, 40),
)
def distributed(run: Run) -> Iterator[Request]:
    agent = agents.disguised(run.rng)
    members = [run.client(address, agent) for address in addresses.several(run.rng, run.count("addresses"))]
    count = run.count("paths")
    for time, target in zip(
        run.times(count, run.figure("requests_per_second")), hunts.dictionary(run.rng, count), strict=True
    ):
        yield run.send(run.rng.choice(members), time, "GET", target)


@style(
    "scan_users",
    "scan",
    "?author=1, 2, 3 and the JSON list of users: names for guessing passwords later",
    numbers=(8, 200),
    requests_per_second=(0.3, 15),
)
def users(run: Run) -> Iterator[Request]:
    numbered = [f"/?author={number}" for number in range(1, run.count("numbers") + 1)]
    listed = ["/wp-json/wp/v2/users", "/wp-json/wp/v2/users/?per_page=100&page=1", "/?rest_route=/wp/v2/users"]
    yield from _work_through(run, [*listed, *numbered], agents.disguised(run.rng))


@style(
    "scan_as_crawler",
    "scan",
    "a word list under the name of a search engine, from an address that is not its own",
    paths=(40, 2000),
    requests_per_second=(0.5, 40),
)
def as_crawler(run: Run) -> Iterator[Request]:
    paths = list(hunts.dictionary(run.rng, run.count("paths")))
    yield from _work_through(run, paths, run.rng.choice((agents.GOOGLEBOT, agents.BINGBOT)))
