"""Traffic of very many clients, as documents that are sent straight to the store: what is measured is not the shipper.

Every share of a crowd is a way clients behave. Most of the internet is one request; what costs a detector are those
that reach a floor of its screening, so there are thousands of them, too, each with several requests.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from wwwatch.moments import iso
from wwwatch.store import Store, StoreError, names

DATASET = "nginx.access"
DOCUMENTS_A_BODY = 4000
START = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp())
BROWSERS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0" for number in range(60)]
PAGES = [f"/p/article-{number}" for number in range(2000)]
PROBES = [f"/{name}" for name in (".env", ".git/config", "phpinfo.php", "vendor/phpunit/phpunit", "wp-config.php.bak")]


@dataclass(frozen=True)
class Share:
    """So many clients that each send between `least` and `most` requests of a kind: a key of KINDS."""

    clients: int
    least: int
    most: int
    kind: str = "page"


KINDS = ("page", "probe", "login", "missing", "flood")
# 100,000 clients of which one in twenty reaches a floor; 1,000,000 of which one in fifty does.
HUNDRED_THOUSAND = (
    Share(75_000, 1, 1), Share(20_000, 2, 10), Share(1500, 30, 40),
    Share(1500, 1, 5, "probe"), Share(1000, 4, 12, "login"), Share(1000, 9, 20, "missing"),
)  # fmt: skip
MILLION = (
    Share(900_000, 1, 1), Share(80_000, 2, 4), Share(4000, 30, 40),
    Share(8000, 1, 5, "probe"), Share(4000, 4, 12, "login"), Share(4000, 9, 20, "missing"),
)  # fmt: skip
# More new addresses than are judged one by one: a flood of one page, and of probes.
FLOOD = (Share(5000, 2, 10), Share(200_000, 1, 1, "flood"), Share(40_000, 1, 2, "probe"))
# One day of a busy site, visits of half an hour.
DAY = (
    Share(40_000, 1, 2), Share(7000, 20, 57),
    Share(200, 1, 3, "probe"), Share(60, 4, 12, "login"), Share(50, 9, 20, "missing"),
)  # fmt: skip
VISIT_SECONDS = 1800


def scaled(shares: tuple[Share, ...], factor: float) -> tuple[Share, ...]:
    """The same crowd, smaller or larger."""
    return tuple(Share(max(1, round(s.clients * factor)), s.least, s.most, s.kind) for s in shares)


def address(number: int) -> str:
    """The n-th client, spread over the networks of IPv4."""
    spread = (number * 2_654_435_761) % (1 << 32)  # Knuth's multiplicative hash: a bijection on 32 bits
    return f"{1 + (spread >> 24) % 223}.{(spread >> 16) & 255}.{(spread >> 8) & 255}.{spread & 255}"


def clients(shares: tuple[Share, ...]) -> int:
    """How many distinct addresses."""
    return sum(share.clients for share in shares)


def events(shares: tuple[Share, ...], start: int, seconds: int, seed: int = 1, first: int = 0) -> Iterator[bytes]:
    """The source of every event, in no order of time, [start, start + seconds). first: number of the first client.

    A client's requests lie within VISIT_SECONDS.
    """
    rng, number, visit = Random(seed), first, min(seconds, VISIT_SECONDS)
    for share in shares:
        for _ in range(share.clients):
            number += 1
            client, agent = address(number), BROWSERS[number % len(BROWSERS)]
            arrives = start + rng.random() * (seconds - visit)
            for _ in range(rng.randint(share.least, share.most)):
                yield _event(rng, client, agent, arrives + rng.random() * visit, share.kind)


def _event(rng: Random, client: str, agent: str, moment: float, kind: str) -> bytes:
    method, status, tags, path = "GET", 200, [], rng.choice(PAGES)
    if kind == "probe":
        status, tags, path = 404, ["probe"], rng.choice(PROBES)
    elif kind == "login":
        method, tags, path = "POST", ["login"], "/wp-login.php"
    elif kind == "flood":
        path = "/search"
    elif kind == "missing":
        status, path = 404, f"/old/{rng.randrange(100_000)}.html"
    event = {
        "@timestamp": iso(datetime.fromtimestamp(moment, UTC)),
        "source": {"address": client, "ip": client},
        "wwwatch": {"net": client.rsplit(".", 1)[0] + ".0/24"},
        "http": {"request": {"method": method}, "response": {"status_code": status, "body": {"bytes": 5120}}},
        "url": {"path": path, "original": path},
        "user_agent": {"original": agent},
        "event": {"original": f'{client} - - "{method} {path} HTTP/1.1" {status} 5120 "-" "{agent}"'},
    }
    return orjson.dumps(event | ({"tags": tags} if tags else {}))


def send(store: Store, namespace: str, sources: Iterator[bytes]) -> int:
    """Write them with ids of their own. Return how many. Raise StoreError if one is refused."""
    stream, sent, run, lines = names.access_stream(DATASET, namespace), 0, uuid.uuid4().hex[:8].encode(), []
    for source in sources:
        lines += [b'{"create":{"_id":"%b-%x"}}' % (run, sent), source]
        sent += 1
        if len(lines) >= 2 * DOCUMENTS_A_BODY:
            _send(store, stream, lines)
            lines = []
    if lines:
        _send(store, stream, lines)
    store.refresh(stream)
    return sent


def _send(store: Store, stream: str, lines: list[bytes]) -> None:
    result = store.bulk_patiently(stream, b"\n".join(lines) + b"\n")
    if result.errors:
        raise StoreError(f"The store refused an event: {result.errors[0][1]}")
