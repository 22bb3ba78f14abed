"""The questions on a real engine, as a person asks them."""

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.conftest import Run
from tests.integration.site_examples import (
    ATTACKER,
    HOSTILE_PATH,
    REASON,
    SINCE,
    VISITOR,
    alert,
    event,
    fill,
    fill_events,
)
from wwwatch import control
from wwwatch.cli import main
from wwwatch.moments import iso
from wwwatch.settings import load
from wwwatch.store import Store, names

Document = dict[str, Any]
Ask = Callable[..., list[Document]]


@pytest.fixture(scope="module")
def filled(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A namespace with the example site, for questions only: an index takes the engine longer than a question."""
    home = tmp_path_factory.mktemp("home")
    settings = load(environ={"WWWATCH_URL": engine_url, "WWWATCH_HOME": str(home)})
    store = Store.from_settings(settings, settings.url)
    namespace = f"t{uuid.uuid4().hex[:12]}"
    fill(store, namespace)
    store.close()
    return namespace


@pytest.fixture
def own(store: Store, namespace: str) -> str:
    """The same, to be written to."""
    fill(store, namespace)
    return namespace


@pytest.fixture
def ask(engine_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`rows = ask("top", "--by", "urls")`: the command with --json, in this process, which is faster than `run`."""
    for name in [name for name in os.environ if name.startswith("WWWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WWWATCH_URL", engine_url)

    def rows(*arguments: str) -> list[Document]:
        monkeypatch.setattr("sys.argv", ["wwwatch", *arguments, "--json"])
        code = main()
        told = capsys.readouterr()
        assert code == 0, told.err
        return [orjson.loads(line) for line in told.out.splitlines()]

    return rows


def test_incidents_are_the_stored_documents_newest_first(filled: str, ask: Ask) -> None:
    found = ask("incidents", "--namespace", filled)

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
        (("--status", "closed"), ["old"]),
        (("--status", "closed", "--status", "withdrawn"), ["gone", "old"]),
        (("--entity", "192.0.2.9"), ["old"]),
        (("--entity", "192.0.2.0/24"), ["old"]),
        (("--entity", VISITOR), ["grave"]),
        (("--entity", "/login"), []),
        (("--sort", "severity"), ["grave", "old", "low"]),
    ],
)
def test_incidents_can_be_narrowed(filled: str, ask: Ask, arguments: tuple[str, ...], ids: list[str]) -> None:
    found = ask("incidents", "--namespace", filled, *arguments)

    assert [document["wwwatch"]["incident_id"] for document in found] == ids


def test_anomalies_come_without_the_withdrawn(filled: str, ask: Ask) -> None:
    found = ask("anomalies", "--namespace", filled)

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
        ("methods", "requests", "GET", 600),
        ("tags", "not_found", "login", None),
    ],
)
def test_top_of_the_last_day(filled: str, ask: Ask, by: str, measure: str, key: str | int, value: int | None) -> None:
    found = ask("top", "--namespace", filled, "--by", by, "--measure", measure, "--limit", "1")

    assert [(row["key"], row[measure]) for row in found] == ([] if value is None else [(key, value)])


def test_top_shows_hostile_text_harmlessly(filled: str, run: Run) -> None:
    done = run("top", "--namespace", filled, "--by", "urls", "--measure", "errors", COLUMNS="250")

    assert done.returncode == 0, done.stderr
    assert "\\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout


def test_top_of_a_chosen_span(filled: str, ask: Ask) -> None:
    found = ask("top", "--namespace", filled, "--by", "hosts", "--until", "2026-03-01T12:00:00Z")

    assert [(row["key"], row["requests"]) for row in found] == [("web1", 300), ("web2", 10)]


def test_the_story_of_an_address(filled: str, ask: Ask) -> None:
    (told,) = ask("ip", ATTACKER, "--namespace", filled)

    assert (told["requests"], told["errors"], told["bytes"]) == (119, 119, 119_000)
    assert told["first_seen"] == "2026-03-01T14:00:00.000Z"
    assert told["status"] == [{"key": 403, "requests": 118}, {"key": 500, "requests": 1}]
    assert told["paths"][0] == {"key": "/wp-login.php", "requests": 118}
    assert {entry["key"] for entry in told["tags"]} == {"login", "script-agent"}
    assert (told["anomalies_total"], len(told["anomalies"])) == (2, 2)
    assert [document["wwwatch"]["incident_id"] for document in told["incidents"]] == ["grave"]


def test_an_address_is_found_however_it_is_written_and_as_one_of_a_group(filled: str, ask: Ask) -> None:
    (told,) = ask("ip", "2001:0DB8::0:1", "--namespace", filled)

    assert told["requests"] == 790
    assert [document["wwwatch"]["incident_id"] for document in told["incidents"]] == ["grave"]


def test_a_host_name_has_a_story_too(filled: str, ask: Ask) -> None:
    (told,) = ask("ip", "Crawler.Example", "--namespace", filled)

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


def test_nothing_there_is_empty_json(namespace: str, ask: Ask) -> None:
    assert ask("incidents", "--namespace", namespace) == []
    (told,) = ask("ip", "192.0.2.1", "--namespace", namespace)
    assert (told["requests"], told["first_seen"], told["incidents"]) == (0, None, [])


@pytest.mark.parametrize("address", ["203.0.113.7/24", "0.0.0.0/0", "a b", "", "x\x1b[31m", "http://evil.example/"])
def test_what_is_no_address_is_refused(run: Run, address: str) -> None:
    done = run("ip", address)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no address" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("address", ['"} } OR *:*', "*", "source.address:*", "a\\b"])
def test_query_syntax_is_only_a_name_nobody_has(filled: str, run: Run, address: str) -> None:
    done = run("ip", "--namespace", filled, "--json", "--", address.replace(" ", ""))

    assert orjson.loads(done.stdout)["requests"] == 0


def test_a_network_has_a_story_of_all_its_addresses(filled: str, ask: Ask) -> None:
    (told,) = ask("ip", "203.0.113.0/24", "--namespace", filled)

    assert (told["kind"], told["requests"], told["distinct_clients"]) == ("network", 119, 1)
    assert told["addresses"] == [{"key": ATTACKER, "requests": 119}]
    assert [document["wwwatch"]["incident_id"] for document in told["incidents"]] == ["grave"]


def test_a_story_tells_by_day_and_in_steps_that_add_up(filled: str, ask: Ask) -> None:
    (told,) = ask("ip", VISITOR, "--namespace", filled)

    assert [day["day"] for day in told["days"]] == ["2026-03-02", "2026-03-01", "2026-02-28"]
    assert sum(day["requests"] for day in told["days"]) == told["requests"]
    assert sum(point["requests"] for point in told["timeline"]["points"]) == told["requests"]
    assert told["timeline"]["step_seconds"] == 3600
    assert {entry["key"] for entry in told["neighbours"]} == {ATTACKER, "Crawler.Example"}


def test_what_is_remembered_outlives_the_events_and_the_span(store: Store, own: str, ask: Ask) -> None:
    hours = {"wwwatch": {"entity": {"type": "ip", "id": ATTACKER}, "requests": 40, "hostile": 3, "login_attempts": 0}}
    others = {"wwwatch": {"entity": {"type": "ip", "id": "203.0.11.7"}, "requests": 9, "hostile": 9}}
    store.write_documents(
        names.rollup_index(own),
        [
            ("one", {"@timestamp": "2025-12-01T04:00:00.000Z", **hours}),
            ("two", {"@timestamp": "2025-12-02T05:00:00.000Z", **hours}),
            ("three", {"@timestamp": "2025-11-01T05:00:00.000Z", **others}),
        ],
    )

    for subject in (ATTACKER, "203.0.113.0/24", "203.0.112.0/23"):
        (told,) = ask("ip", subject, "--namespace", own, "--since", "2026-03-01T14:30:00Z")

        assert told["ever"]["first_seen"] == "2025-12-01T04:00:00.000Z"
        assert told["ever"]["last_seen"] == "2026-03-01T15:00:00.000Z"
        assert told["ever"]["remembered"]["hours"] == 2
        assert told["ever"]["remembered"]["hostile"] == 6
        assert told["first_seen"] == "2026-03-01T14:30:00.000Z"


def test_what_was_said_of_an_address_is_part_of_its_story(store: Store, own: str, run: Run, ask: Ask) -> None:
    now = datetime.now(UTC)
    control.judge(store, own, "grave", True, "seen in the mail log, too", now)
    control.allow(store, own, control.as_network("203.0.113.0/28"), "the office", None, now)
    control.allow(store, own, control.as_network("198.51.100.0/24"), "another", None, now)
    proved = {"kind": "crawler", "id": ATTACKER, "status": "fake", "expires_at": iso(now + timedelta(days=1))}
    store.write_documents(names.CONTROL, [(f"crawler:googlebot:{ATTACKER}", {"wwwatch": proved})])
    try:
        (told,) = ask("ip", ATTACKER, "--namespace", own)
        text = run("ip", ATTACKER, "--namespace", own).stdout
    finally:
        store.delete_documents(names.CONTROL, [f"crawler:googlebot:{ATTACKER}"])

    assert [(verdict["incident_id"], verdict["hostile"]) for verdict in told["verdicts"]] == [("grave", True)]
    assert [entry["network"] for entry in told["allowed"]] == ["203.0.113.0/28"]
    assert told["crawlers"] == [{"address": ATTACKER, "name": "googlebot", "status": "fake"}]
    assert "the office" in text
    assert "calls itself googlebot; by the DNS or their list it is none of theirs" in text


def test_failed_logins_and_time_are_measures_and_questions_can_be_narrowed(
    store: Store, namespace: str, ask: Ask
) -> None:
    def tried(address: str, path: str, status: int, **more: Any) -> Document:
        document = event(SINCE, address, path, status, **more)
        document["http"]["request"]["method"] = "POST"
        document["event"]["duration"] = 1_500_000_000
        document["url"]["domain"] = "shop.example" if address.endswith(".1") else "blog.example"
        return document

    fill_events(
        store,
        namespace,
        [
            *(tried("192.0.2.1", "/login", 403, tags=["login"], user={"name": f"user{n}"}) for n in range(5)),
            tried("192.0.2.2", "/login", 302, tags=["login"]),
            tried("192.0.2.2", "/gone", 404, host="web2"),
        ],
    )

    def counted(*arguments: str) -> list[tuple[object, object]]:
        found = ask("top", "--namespace", namespace, *arguments)
        measure = arguments[arguments.index("--measure") + 1] if "--measure" in arguments else "requests"
        return [(row["key"], row[measure]) for row in found]

    assert counted("--measure", "failed_logins") == [("192.0.2.1", 5)]
    assert counted("--measure", "not_found") == [("192.0.2.2", 1)]
    assert counted("--measure", "time_ms") == [("192.0.2.1", 7500), ("192.0.2.2", 3000)]
    assert counted("--by", "users", "--limit", "1") == [("user0", 1)]
    assert counted("--by", "vhosts", "--measure", "urls") == [("blog.example", 2), ("shop.example", 1)]
    assert counted("--vhost", "shop.example") == [("192.0.2.1", 5)]
    assert counted("--host", "web2") == [("192.0.2.2", 1)]
    assert counted("--tag", "login") == [("192.0.2.1", 5), ("192.0.2.2", 1)]
    assert counted("--status", "3xx") == [("192.0.2.2", 1)]
    assert counted("--status", "404") == [("192.0.2.2", 1)]


def test_a_question_can_be_narrowed_to_the_clients_of_a_class(filled: str, ask: Ask) -> None:
    found = ask("top", "--namespace", filled, "--by", "urls", "--class", "brute_force")

    assert [row["key"] for row in found] == ["/wp-login.php", HOSTILE_PATH]


def test_one_incident_whole(filled: str, run: Run, ask: Ask) -> None:
    done = run("incidents", "gra", "--namespace", filled, COLUMNS="80")

    assert done.returncode == 0, done.stderr
    for part in (
        "CRITICAL  Brute force  203.0.113.7",
        "T1110 Brute Force",
        "login failures",
        "deny 203.0.113.7;",
        "Its windows: 2",
        f"wwwatch ip 203.0.113.7 --namespace {filled}",
        f"wwwatch verdict grave false --namespace {filled}",
    ):
        assert part in done.stdout
    assert "\x1b" not in done.stdout
    assert ask("incidents", "grave", "--namespace", filled)[0]["wwwatch"]["incident_id"] == "grave"


def test_an_incident_that_is_not_there_is_said(filled: str, run: Run) -> None:
    done = run("incidents", "nothing", "--namespace", filled)

    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no incident nothing" in done.stderr


def test_the_windows_of_an_incident(filled: str, ask: Ask) -> None:
    assert len(ask("anomalies", "--incident", "low", "--namespace", filled)) == 3


def test_incidents_of_the_watch_itself_are_apart(store: Store, own: str, run: Run, ask: Ask) -> None:
    silent = alert(SINCE, 10, 73, "unusual", "web2", incident_id="silent")
    del silent["related"], silent["source"]  # of a host that is no address
    store.write_documents(names.selfwatch(own), [("silent", silent)])

    assert [d["wwwatch"]["incident_id"] for d in ask("incidents", "--self", "--namespace", own)] == ["silent"]
    assert "web2" in run("incidents", "silent", "--self", "--namespace", own).stdout
