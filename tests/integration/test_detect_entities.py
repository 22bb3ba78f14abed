"""A group is told by the smallest entity that explains it: an autonomous system, an agent, where no network does."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from detector.groups.findings import GroupFinding
from detector.groups.judging import judge
from detector.windows import HOUR_SECONDS, Span
from wwwatch.moments import iso
from wwwatch.signs import PLAIN
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
SPAN = Span(int(START.timestamp()), int(START.timestamp()) + HOUR_SECONDS)
SYSTEM = 64496  # of the numbers kept for documentation (RFC 5398)
TOOL = "Mozilla/5.0 (X11; Linux x86_64; rv:41.0) Gecko/20100101 Firefox/41.0"
MEMBERS = 60
Document = dict[str, Any]


def tries(system: int | None, agent: str | None) -> Iterator[Document]:
    """One wrong password from each of many addresses all over the world, and visitors who look at pages."""
    rng = random.Random(7)
    for number in range(MEMBERS):
        client = f"{11 + number}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        own = {"as": {"number": system}} if system else {"as": {"number": 65_000 + number}}
        for _ in range(2):
            yield {
                "@timestamp": iso(START + timedelta(seconds=rng.randrange(500))),
                "source": {"address": client, "ip": client, **own},
                "wwwatch": {"net": client.rsplit(".", 1)[0] + ".0/24"},
                "http": {"request": {"method": "POST"}, "response": {"status_code": 401, "body": {"bytes": 40}}},
                "url": {"path": f"/login/{number % 5}"},
                "user_agent": {"original": agent or f"Mozilla/5.0 (of client {number})"},
                "tags": ["login"],
            }
    for number in range(200):
        yield {
            "@timestamp": iso(START + timedelta(seconds=rng.randrange(3000))),
            "source": {"address": f"198.51.100.{number % 40}", "as": {"number": 64_500}},
            "http": {"request": {"method": "GET"}, "response": {"status_code": 200, "body": {"bytes": 900}}},
            "url": {"path": f"/style-{number % 3}.css"},
            "user_agent": {"original": "Mozilla/5.0"},
            "tags": ["static"],
        }


def groups(store: Store, namespace: str, documents: Iterator[Document]) -> list[GroupFinding]:
    stream, lines = names.access_stream("nginx.access", namespace), []
    for number, document in enumerate(documents):
        lines += [orjson.dumps({"create": {"_id": str(number)}}), orjson.dumps(document)]
    assert set(store.bulk(stream, b"\n".join(lines) + b"\n").statuses) == {201}
    store.refresh(stream)
    return judge(store, store.access_index(namespace), namespace, [SPAN], HOUR_SECONDS, PLAIN)


@pytest.mark.parametrize(
    ("system", "agent", "entity"),
    [(SYSTEM, None, ("asn", str(SYSTEM))), (None, TOOL, ("agent", TOOL)), (None, None, ("site", ""))],
    ids=["one autonomous system", "one agent on some paths", "nothing in common"],
)
def test_the_smallest_entity_that_explains_it(
    store: Store, namespace: str, system: int | None, agent: str | None, entity: tuple[str, str]
) -> None:
    [found] = groups(store, namespace, tries(system, agent))
    expected = entity if entity[0] != "site" else ("site", namespace)
    assert (found.entity_type, found.entity_id) == expected
    assert found.attack_class == "credential_stuffing"
    assert found.clients == len(found.members) == MEMBERS
    if system:
        assert f"of the autonomous system {SYSTEM}" in found.reason
    if agent:
        assert f"that call themselves {TOOL}" in found.reason
