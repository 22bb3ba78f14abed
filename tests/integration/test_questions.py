"""The questions on a real engine, as a person asks them."""

from typing import Any

import orjson
import pytest

from tests.conftest import Run
from tests.integration.site_examples import ATTACKER, REASON, VISITOR, fill
from wwwatch.store import Store

Document = dict[str, Any]


@pytest.fixture
def filled(store: Store, namespace: str) -> str:
    """A namespace with the example site."""
    fill(store, namespace)
    return namespace


def rows(run: Run, *arguments: str) -> list[Document]:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_incidents_are_the_stored_documents_newest_first(filled: str, run: Run) -> None:
    found = rows(run, "incidents", "--namespace", filled)

    assert [document["wwwatch"]["incident_id"] for document in found] == ["low", "grave", "old"]
    assert found[1]["event"]["reason"] == REASON
    assert found[1]["source"]["ip"] == ATTACKER


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (("--severity", "high"), ["grave", "old"]),
        (("--severity", "critical"), ["grave"]),
        (("--class", "scan"), ["low", "old"]),
        (("--since", "2026-03-01T12:00:00Z"), ["low", "grave"]),
        (("--until", "2026-03-01T12:00:00Z"), ["old"]),
        (("--since", "2026-03-01T14:30:00Z", "--until", "2026-03-01T14:31:00Z"), ["grave"]),
        (("--class", "dos"), []),
    ],
)
def test_incidents_can_be_narrowed(filled: str, run: Run, arguments: tuple[str, ...], ids: list[str]) -> None:
    found = rows(run, "incidents", "--namespace", filled, *arguments)

    assert [document["wwwatch"]["incident_id"] for document in found] == ids


def test_anomalies_come_without_the_withdrawn(filled: str, run: Run) -> None:
    found = rows(run, "anomalies", "--namespace", filled)

    assert len(found) == 5
    assert {document["wwwatch"]["status"] for document in found} == {"open"}


def test_the_tables_are_for_people_and_hold_no_escapes(filled: str, run: Run) -> None:
    for command in ("incidents", "anomalies"):
        done = run(command, "--namespace", filled, COLUMNS="250")

        assert done.returncode == 0, done.stderr
        assert "critical" in done.stdout
        assert ATTACKER in done.stdout
        assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("by", "measure", "key", "value"),
    [
        ("clients", "requests", VISITOR, 480),
        ("clients", "errors", ATTACKER, 119),
        ("clients", "urls", VISITOR, 10),
        ("urls", "requests", "/wp-login.php", 118),
        ("networks", "clients", "203.0.113.0/24", 3),
        ("agents", "bytes", "Mozilla/5.0", 600_000),
        ("networks", "requests", "203.0.113.0/24", 600),
        ("hosts", "requests", "web1", 600),
        ("status", "requests", 304, 360),
    ],
)
def test_top_of_the_last_day(filled: str, run: Run, by: str, measure: str, key: str | int, value: int) -> None:
    found = rows(run, "top", "--namespace", filled, "--by", by, "--measure", measure, "--limit", "1")

    assert [(row["key"], row[measure]) for row in found] == [(key, value)]


def test_top_shows_hostile_text_harmlessly(filled: str, run: Run) -> None:
    done = run("top", "--namespace", filled, "--by", "urls", "--measure", "errors", COLUMNS="250")

    assert done.returncode == 0, done.stderr
    assert "\\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout


def test_top_of_a_chosen_span(filled: str, run: Run) -> None:
    found = rows(run, "top", "--namespace", filled, "--by", "hosts", "--until", "2026-03-01T12:00:00Z")

    assert [(row["key"], row["requests"]) for row in found] == [("web1", 300), ("web2", 10)]


def test_the_story_of_an_address(filled: str, run: Run) -> None:
    (told,) = rows(run, "ip", ATTACKER, "--namespace", filled)

    assert (told["requests"], told["errors"], told["bytes"]) == (119, 119, 119_000)
    assert told["first_seen"] == "2026-03-01T14:00:00.000Z"
    assert told["status"] == [{"key": 403, "requests": 118}, {"key": 500, "requests": 1}]
    assert told["paths"][0] == {"key": "/wp-login.php", "requests": 118}
    assert {entry["key"] for entry in told["tags"]} == {"login", "script-agent"}
    assert (told["anomalies_total"], len(told["anomalies"])) == (2, 2)
    assert [document["wwwatch"]["incident_id"] for document in told["incidents"]] == ["grave"]


def test_an_address_is_found_however_it_is_written_and_as_one_of_a_group(filled: str, run: Run) -> None:
    (told,) = rows(run, "ip", "2001:0DB8::0:1", "--namespace", filled)

    assert told["requests"] == 790
    assert [document["wwwatch"]["incident_id"] for document in told["incidents"]] == ["grave"]


def test_a_host_name_has_a_story_too(filled: str, run: Run) -> None:
    (told,) = rows(run, "ip", "Crawler.Example", "--namespace", filled)

    assert (told["requests"], told["paths"]) == (1, [{"key": "/robots.txt", "requests": 1}])


def test_the_story_for_people(filled: str, run: Run) -> None:
    done = run("ip", ATTACKER, "--namespace", filled, COLUMNS="200")

    assert done.returncode == 0, done.stderr
    assert "403 118" in done.stdout
    assert "brute_force" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("command", [("incidents",), ("anomalies",), ("top",), ("ip", "192.0.2.1")])
def test_nothing_there_is_said_and_is_no_failure(namespace: str, run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, "--namespace", namespace)

    assert (done.returncode, done.stdout) == (0, "")
    assert namespace in done.stderr


def test_nothing_there_is_empty_json(namespace: str, run: Run) -> None:
    assert rows(run, "incidents", "--namespace", namespace) == []
    (told,) = rows(run, "ip", "192.0.2.1", "--namespace", namespace)
    assert (told["requests"], told["first_seen"], told["incidents"]) == (0, None, [])


@pytest.mark.parametrize("address", ["203.0.113.0/24", "a b", "", "x\x1b[31m", "http://evil.example/"])
def test_what_is_no_address_is_refused(run: Run, address: str) -> None:
    done = run("ip", address)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no address" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("address", ['"} } OR *:*', "*", "source.address:*", "a\\b"])
def test_query_syntax_is_only_a_name_nobody_has(filled: str, run: Run, address: str) -> None:
    done = run("ip", "--namespace", filled, "--json", "--", address.replace(" ", ""))

    assert orjson.loads(done.stdout)["requests"] == 0
