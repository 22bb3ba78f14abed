"""Traffic of very many clients, as documents that are sent straight to the store: what is measured is not the shipper.

Every share of a crowd is a way clients behave. Most of the internet is one request; what costs a detector are those
that reach a floor of its screening, so there are thousands of them, too, each with several requests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from wwwatch.errors import StoreError
from wwwatch.moments import iso
from wwwatch.store import Store, names

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


KINDS = ("page", "probe", "login", "missing")
# 100,000 clients of which one in ten reaches a floor; 1,000,000 of which one in fifty does.
HUNDRED_THOUSAND = (
    Share(70_000, 1, 1), Share(20_000, 2, 10), Share(3000, 30, 40),
    Share(3000, 1, 5, "probe"), Share(2000, 4, 12, "login"), Share(2000, 9, 20, "missing"),
)  # fmt: skip
MILLION = (
    Share(900_000, 1, 1), Share(80_000, 2, 4), Share(4000, 30, 40),
    Share(8000, 1, 5, "probe"), Share(4000, 4, 12, "login"), Share(4000, 9, 20, "missing"),
)  # fmt: skip


def scaled(shares: tuple[Share, ...], factor: float) -> tuple[Share, ...]:
    """The same crowd, smaller or larger."""
    return tuple(Share(max(1, round(s.clients * factor)), s.least, s.most, s.kind) for s in shares)


def address(number: int) -> str:
    """The n-th client, spread over the networks of IPv4."""
    spread = (number * 2_654_435_761) % (1 << 32)  # Knuth's multiplicative hash: a bijection on 32 bits
    return f"{1 + (spread >> 24) % 223}.{(spread >> 16) & 255}.{(spread >> 8) & 255}.{spread & 255}"


def events(shares: tuple[Share, ...], start: int, seconds: int, seed: int = 1) -> Iterator[bytes]:
    """The source of every event, in no order of time, [start, start + seconds)."""
    rng = Random(seed)
    number = 0
    for share in shares:
        for _ in range(share.clients):
            number += 1
            client, agent = address(number), BROWSERS[number % len(BROWSERS)]
            for _ in range(rng.randint(share.least, share.most)):
                yield _event(rng, client, agent, start + rng.random() * seconds, share.kind)


def _event(rng: Random, client: str, agent: str, moment: float, kind: str) -> bytes:
    method, status, tags, path = "GET", 200, [], rng.choice(PAGES)
    if kind == "probe":
        status, tags, path = 404, ["probe"], rng.choice(PROBES)
    elif kind == "login":
        method, tags, path = "POST", ["login"], "/wp-login.php"
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
    stream, sent, lines = names.access_stream(DATASET, namespace), 0, []
    for source in sources:
        lines += [b'{"create":{"_id":"%x"}}' % sent, source]
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
