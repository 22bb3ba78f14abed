"""The detector on events that Filebeat and Elastic Agent wrote: the same attacks, found by queries instead of tags.

Documents and mappings as Filebeat 7's nginx module and Elastic Agent's nginx integration make them (field for field,
without the host's particulars): no tags of ours, no network, the target whole or split, no line kept.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
import pytest

from detector import watch
from detector.attack_rows import bulk_bodies
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from wwwatch.moments import iso
from wwwatch.questions.query import between
from wwwatch.settings import DetectorSettings, Settings
from wwwatch.store import Store, StoreError, names

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600
MEDIUM = 47
OFFLINE = DetectorSettings(verify_crawlers=False)
ATTACKS = (
    Planned("scan_dictionary", START.timestamp() + 2 * HOUR, 0.6),
    Planned("brute_force_fast", START.timestamp() + 3.2 * HOUR, 0.6),
    Planned("injection_sqli_tool", START.timestamp() + 4.4 * HOUR, 0.6),
)
KEYWORD = {"type": "keyword", "ignore_above": 1024}
LONG = {"type": "long"}


def properties(url: dict[str, object]) -> dict[str, object]:
    """The mapping both share."""
    return {
        "@timestamp": {"type": "date"},
        "message": {"type": "text"},
        "tags": KEYWORD,
        "event": {"properties": {"dataset": KEYWORD, "module": KEYWORD, "created": {"type": "date"}}},
        "source": {"properties": {"address": KEYWORD, "ip": {"type": "ip"}, "as": {"properties": {"number": LONG}}}},
        "http": {"properties": {
            "version": KEYWORD,
            "request": {"properties": {"method": KEYWORD, "referrer": KEYWORD}},
            "response": {"properties": {"status_code": LONG, "body": {"properties": {"bytes": LONG}}}},
        }},
        "url": {"properties": url},
        "user": {"properties": {"name": KEYWORD}},
        "user_agent": {"properties": {"original": KEYWORD | {"fields": {"text": {"type": "text"}}}}},
    }  # fmt: skip


def event(request: Request, **more: object) -> dict[str, object]:
    """What both keep of a request."""
    moment = datetime.fromtimestamp(request.time, UTC)
    http: dict[str, object] = {"method": request.method}
    if request.referrer:
        http["referrer"] = request.referrer
    found: dict[str, object] = {
        "@timestamp": iso(moment),
        "source": {"address": request.address, "ip": request.address},
        "http": {
            "request": http,
            "response": {"status_code": request.status, "body": {"bytes": request.response_bytes}},
            "version": "1.1",
        },
        "event": {"dataset": "nginx.access", "module": "nginx", "created": iso(moment), "kind": "event"},
    }
    if request.user_agent:
        found["user_agent"] = {"original": request.user_agent}
    return found | more


def filebeat(request: Request) -> dict[str, object]:
    """Filebeat 7: the target as it came."""
    return event(request, url={"original": request.target}, fileset={"name": "access"})


def agent(request: Request) -> dict[str, object]:
    """Elastic Agent: taken apart by uri_parts, and a tag of its own."""
    parts = urlsplit(request.target)
    url = {"original": request.target, "path": parts.path}
    if parts.query:
        url["query"] = parts.query
    if "." in parts.path.rpartition("/")[2]:
        url["extension"] = parts.path.rpartition(".")[2]
    return event(request, url=url, tags=["nginx-access"])


SHIPPERS: dict[str, tuple[Callable[[Request], dict[str, object]], dict[str, object]]] = {
    "filebeat": (filebeat, {"original": KEYWORD}),
    "agent": (
        agent,
        {"original": {"type": "wildcard"}, "path": {"type": "wildcard"}, "query": KEYWORD, "extension": KEYWORD},
    ),
}


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    """A quarter of a day of a small shop, with three attacks."""
    start = START.timestamp()
    return generate(Site.shop(3), start, start + 6 * HOUR, 11, 200, ATTACKS)


def fill(store: Store, index: str, mapping: dict[str, object], documents: list[dict[str, object]]) -> None:
    store.admin("PUT", f"/{index}", {"mappings": {"properties": mapping}})
    for start in range(0, len(documents), 2000):
        lines = []
        for number, document in enumerate(documents[start : start + 2000], start):
            lines += [orjson.dumps({"index": {"_id": str(number)}}), orjson.dumps(document)]
        assert store.bulk(index, b"\n".join(lines) + b"\n").errors == []
    store.refresh(index)


def reading(settings: Settings, namespace: str, pattern: str) -> Store:
    theirs = settings.detector.model_copy(update={"index_patterns": {namespace: (pattern,)}})
    store = Store.from_settings(settings.model_copy(update={"detector": theirs}), settings.url)
    store.ensure_setup()
    return store


def raised(store: Store, namespace: str) -> set[tuple[str, str]]:
    """(client, class) of incidents of some severity."""
    return {
        (document["wwwatch"]["entity"]["id"], document["wwwatch"]["class"])
        for _, document in store.documents(names.incidents(namespace))
        if document["event"]["severity"] >= MEDIUM
    }


@pytest.mark.parametrize("shipper", SHIPPERS)
def test_the_same_attacks_are_found_in_events_of_others(
    store: Store, settings: Settings, namespace: str, requests: list[Request], shipper: str
) -> None:
    shaped, url = SHIPPERS[shipper]
    index = f"{shipper}-7.17.0-{namespace}"
    if store.is_opensearch is False and shipper == "agent":
        pytest.skip("the makers' test build of Elasticsearch has no wildcard fields")
    # Events of other modules lie under the same pattern: they are no access log.
    noise = [event(requests[0]) | {"event": {"dataset": "system.syslog"}} for _ in range(50)]
    noise += [{"@timestamp": iso(START), "message": "kernel: up", "event": {"dataset": "system.syslog"}}]
    fill(store, index, properties(url), [shaped(request) for request in requests] + noise)
    others = reading(settings, namespace, f"{shipper}-*-{namespace}")
    try:
        outcome = watch.turn(others, namespace, "test", lambda: NOW, settings=OFFLINE)
        assert outcome.events == len(requests)
        told = "; ".join(outcome.read)
        assert ("url.path is read from url.original" in told) is (shipper == "filebeat")
        assert "wwwatch.net is missing" in told
        assert watch.turn(others, namespace, "test", lambda: NOW, settings=OFFLINE).minutes == 0
        found = raised(others, namespace)
        attackers = {(r.address, r.label) for r in requests if r.label != "normal"}
        if shipper == "agent":  # no probe can be asked for by a wildcard field, and that is said
            assert "no probes" in told
            attackers = {(client, label) for client, label in attackers if label != "scan"}
        assert attackers <= found
        assert {client for client, _ in found} <= {r.address for r in requests if r.label != "normal"}
        [guesser] = {r.address for r in requests if r.label == "brute_force"}
        lines = next(
            document["event"]["original"]
            for _, document in others.documents(names.incidents(namespace))
            if document["wwwatch"]["entity"]["id"] == guesser
        )
        assert lines
        assert all(line.startswith(f"{guesser} - - [02/Mar/2026:") for line in lines)
        mine = between(None, None, {"term": {"source.address": guesser}})
        assert others.count(others.access_index(namespace), mine) == sum(r.address == guesser for r in requests)
    finally:
        others.close()
        store.delete_index(index)


def test_it_finds_what_it_finds_with_tags(
    store: Store, settings: Settings, namespace: str, requests: list[Request]
) -> None:
    """Client by client, class by class: our own shipper's events and Filebeat's give the same incidents."""
    stream = names.access_stream("nginx.access", namespace)
    for body in bulk_bodies(requests, stream):
        assert set(store.bulk(stream, body).statuses) <= {201, 409}
    store.refresh(stream)
    watch.turn(store, namespace, "test", lambda: NOW, settings=OFFLINE)
    index, theirs = f"filebeat-{namespace}", f"{namespace}.theirs"
    fill(store, index, properties({"original": KEYWORD}), [filebeat(request) for request in requests])
    others = reading(settings, theirs, index)
    try:
        watch.turn(others, theirs, "test", lambda: NOW, settings=OFFLINE)
        assert raised(others, theirs) == raised(store, namespace)
    finally:
        others.close()
        store.delete_index(index)


def test_events_without_a_client_that_can_be_counted_are_an_error(
    store: Store, settings: Settings, namespace: str
) -> None:
    index = f"odd-{namespace}"
    mapping = {"@timestamp": {"type": "date"}, "source": {"properties": {"address": {"type": "text"}}}}
    fill(store, index, mapping, [{"@timestamp": iso(START), "source": {"address": "203.0.113.7"}}])
    others = reading(settings, namespace, index)
    try:
        with pytest.raises(StoreError, match=r"no source\.address"):
            watch.turn(others, namespace, "test", lambda: NOW)
    finally:
        others.close()
        store.delete_index(index)
