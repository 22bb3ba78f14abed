"""The requests of docs/queries.md, run as they stand on a real engine, and compared with what the command says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import Run
from tests.integration.site_examples import ATTACKER, SINCE, VISITOR, alert, event, fill, fill_events
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

DOCUMENT = Path(__file__).parents[2] / "docs" / "queries.md"
REQUEST = re.compile(r"^```json\nGET (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def requests() -> Iterator[tuple[str, str, str]]:
    """The heading each stands below, its path, its body."""
    for section in DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading = section.split("\n", 1)[0]
        for path, body in REQUEST.findall(section):
            yield heading, path, body


def ask(store: Store, namespace: str, path: str, body: str) -> Document:
    """Run a request on the example site, which lies in the past."""
    body = body.replace("now-24h", iso(SINCE)).replace("now-7d", iso(SINCE))
    answer: Document = store.admin("POST", "/" + path.replace("-default/", f"-{namespace}/"), orjson.loads(body))
    return answer


@pytest.fixture
def site(store: Store, namespace: str) -> str:
    """The example site, with a failed login, a probe, trouble of the watch, and what is remembered of the attacker."""
    fill(store, namespace)
    tried = event(SINCE, "192.0.2.5", "/login", 403, tags=["login"])
    tried["http"]["request"]["method"] = "POST"
    fill_events(store, namespace, [tried, event(SINCE, "192.0.2.6", "/.env", 404, tags=["probe"])])
    trouble = alert(SINCE, 10, 47, "lag", namespace, background=True, incident_id="own")
    store.write_documents(names.selfwatch(namespace), [("own", trouble)])
    hour = {"wwwatch": {"entity": {"type": "ip", "id": ATTACKER}, "hostile": 7}}
    store.write_documents(names.rollup_index(namespace), [("one", {"@timestamp": "2026-01-01T00:00:00Z", **hour})])
    beat = {"@timestamp": iso(SINCE), "host": {"name": "web1"}, "wwwatch": {"component": "ship", "bytes_behind": 5}}
    assert store.bulk(names.pipeline_stream(namespace), b'{"create":{}}\n' + orjson.dumps(beat) + b"\n").statuses == [
        201
    ]
    store.refresh(names.pipeline_stream(namespace))
    return namespace


def test_every_request_is_found_and_every_question_has_one() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert len(list(requests())) == text.count("```json")
    assert {heading for heading, _, _ in requests()} == set(re.findall(r"^## (.*)$", text, re.MULTILINE))


def test_every_request_is_answered_and_finds_something(store: Store, site: str) -> None:
    for heading, path, body in requests():
        answer = ask(store, site, path, body)

        assert answer["_shards"]["failed"] == 0, heading
        buckets = [found.get("buckets") or found.get("value") for found in answer.get("aggregations", {}).values()]
        assert answer["hits"]["hits"] or any(buckets), (heading, path, answer)


def test_the_requests_agree_with_the_command(store: Store, site: str, run: Run) -> None:
    answers = [(heading, ask(store, site, path, body)) for heading, path, body in requests()]

    def answer(beginning: str, place: int = 0) -> Document:
        return [found for heading, found in answers if heading.startswith(beginning)][place]

    def told(*arguments: str) -> list[Document]:
        done = run(*arguments, "--namespace", site, "--json")
        assert done.returncode == 0, done.stderr
        return [orjson.loads(line) for line in done.stdout.splitlines()]

    def top(found: Document) -> list[tuple[str, int]]:
        return [(bucket["key"], bucket["doc_count"]) for bucket in found["aggregations"]["top"]["buckets"]]

    clients = told("top", "--by", "clients", "--since", iso(SINCE))
    assert sorted(top(answer("Who asks most?"))) == sorted((row["key"], row["requests"]) for row in clients)
    assert clients[0]["key"] == VISITOR
    failed = told("top", "--measure", "failed_logins", "--since", iso(SINCE))
    assert top(answer("Who tries passwords?")) == [(row["key"], row["failed_logins"]) for row in failed]
    assert [row["key"] for row in failed] == ["192.0.2.5"]
    (story,) = told("ip", ATTACKER)
    asked = answer("What did an address do?")["aggregations"]
    assert asked["requests"]["value"] == story["requests"] == 119
    assert [bucket["key"] for bucket in asked["paths"]["buckets"]] == [path["key"] for path in story["paths"]]
    assert len(answer("What did an address do?", 2)["hits"]["hits"]) == len(story["incidents"]) == 1
    remembered = answer("What did an address do?", 3)["aggregations"]["hostile"]["value"]
    assert remembered == story["ever"]["remembered"]["hostile"] == 7
    grave = [hit["_source"]["wwwatch"]["incident_id"] for hit in answer("What is going on?")["hits"]["hits"]]
    assert grave == [found["wwwatch"]["incident_id"] for found in told("incidents", "--severity", "high")]
    windows = answer("What is going on?", 2)["hits"]["hits"]
    assert len(windows) == len(told("anomalies", "--incident", "grave")) == 2
    own = [hit["_source"]["wwwatch"]["incident_id"] for hit in answer("What is wrong with the watch")["hits"]["hits"]]
    assert own == [found["wwwatch"]["incident_id"] for found in told("incidents", "--self")] == ["own"]
