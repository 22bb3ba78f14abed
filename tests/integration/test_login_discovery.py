"""Login pages are found in what is stored: sites of several kinds, without a setting; and guessing there is told."""

import gzip
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from detector import watch
from detector.features import collect
from detector.logins import keeping
from tests.conftest import Run
from wwwatch.moments import iso
from wwwatch.settings import DetectorSettings, LoginSettings
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OFFLINE = DetectorSettings(verify_crawlers=False)
GUESSER = "203.0.113.7"
CRITICAL = 99
# Site -> (login's path, status and bytes of a failure, of a success, tag, a page behind it).
SITES: dict[str, tuple[str, tuple[int, int], tuple[int, int], list[str], str]] = {
    "wordpress": ("/wp-login.php", (200, 4700), (302, 0), ["login"], "/wp-admin/"),
    "django": ("/accounts/login/", (200, 2900), (302, 0), ["login"], "/dashboard/"),
    "keycloak": ("/realms/shop/protocol/openid-connect/token", (401, 76), (200, 3400), [], "/api/me"),
    "json": ("/api/v1/grant", (401, 41), (200, 812), [], "/api/v1/me"),
    "wordless": ("/einlass", (200, 5310), (303, 0), [], "/mitglieder"),
    "sizes": ("/rest/login", (200, 58), (200, 1730), ["login"], "/rest/me"),
}


def event(
    moment: datetime, client: str, method: str, path: str, status: int, size: int, tags: list[str]
) -> dict[str, Any]:
    return {
        "@timestamp": iso(moment),
        "source": {"address": client, "ip": client},
        "http": {"request": {"method": method}, "response": {"status_code": status, "body": {"bytes": size}}},
        "url": {"original": path, "path": path},
        "user_agent": {"original": "Mozilla/5.0"},
        "event": {"original": f"{client} {method} {path} {status}"},
        "tags": tags,
    }


def site(name: str) -> Iterator[dict[str, Any]]:
    """Forty people who log in and mistype, others who are turned away, a contact form, a search, and a guesser."""
    rng = random.Random(name)
    path, failure, success, tags, behind = SITES[name]

    def moment() -> datetime:
        return START + timedelta(seconds=rng.randrange(3 * 3600))

    for number in range(40):
        client, at = f"198.51.100.{number}", moment()
        yield event(at, client, "GET", path, 200, 5000, tags)
        if number % 4 == 0:
            yield event(at + timedelta(seconds=9), client, "POST", path, *failure, tags)
        yield event(at + timedelta(seconds=20), client, "POST", path, *success, tags)
        for later in range(3):
            yield event(at + timedelta(seconds=30 + later), client, "GET", behind, 200, 9000, [])
        stranger = f"192.0.2.{number}"
        yield event(moment(), stranger, "GET", behind, 302, 0, [])
        yield event(at, stranger, "GET", "/contact", 200, 3000, [])
        yield event(at, stranger, "POST", "/contact", 302 if number % 8 else 200, rng.randrange(3000), [])
        yield event(moment(), stranger, "POST", "/search", 200, rng.randrange(2000, 90_000), [])
    for number in range(300):
        at = START + timedelta(hours=1, seconds=number)
        yield event(at, GUESSER, "POST", path, *(success if number == 280 else failure), tags)


def fill(store: Store, namespace: str, documents: Iterator[dict[str, Any]]) -> None:
    stream, lines = names.access_stream("nginx.access", namespace), []
    for number, document in enumerate(documents):
        lines += [orjson.dumps({"create": {"_id": str(number)}}), orjson.dumps(document)]
    assert set(store.bulk(stream, b"\n".join(lines) + b"\n").statuses) == {201}
    store.refresh(stream)


@pytest.mark.parametrize("name", SITES)
def test_a_login_is_found_and_guessing_that_succeeds_there_is_critical(store: Store, namespace: str, name: str) -> None:
    path, failure, success, _, _ = SITES[name]
    fill(store, namespace, site(name))
    watch.turn(store, namespace, "test", lambda: NOW, settings=OFFLINE)
    [found] = keeping.kept(store, namespace)
    assert found.path == path
    assert failure[0] in found.failed
    assert success[0] in found.passed
    assert (found.failed_bytes is not None) is (failure[0] == success[0])
    hour = collect(
        store, store.access_index(namespace), START, START + timedelta(hours=4), 3600,
        signs=keeping.known(store, namespace, {}),
    ).counts  # fmt: skip
    guesser = hour[hour["entity"] == GUESSER]
    assert (guesser["login_failures"].sum(), guesser["login_successes"].sum()) == (299, 1)
    raised = [d for _, d in store.documents(names.incidents(namespace)) if d["wwwatch"]["entity"]["id"] == GUESSER]
    assert max(document["event"]["severity"] for document in raised) == CRITICAL
    assert "brute_force" in {document["wwwatch"]["class"] for document in raised}


def test_what_the_settings_say_of_a_page_comes_first(store: Store, namespace: str) -> None:
    fill(store, namespace, site("wordless"))
    keeping.find(store, namespace, NOW)
    signs = keeping.known(store, namespace, {"/einlass": LoginSettings(failed=(303,), passed=(200,))})
    assert [(login.path, login.failed, login.passed) for login in signs.logins] == [("/einlass", (303,), (200,))]


def test_they_are_printed(store: Store, namespace: str, run: Run) -> None:
    fill(store, namespace, site("wordless"))
    done = run("logins", "--find", "--json", "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    [row] = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert (row["path"], row["failed"], row["passed"]) == ("/einlass", [200], [303])
    assert "its form is fetched first" in row["why"]
    assert "/einlass" in run("logins", "--namespace", namespace).stdout


@pytest.mark.data
def test_the_login_of_a_real_log(store: Store, namespace: str, run: Run, shared_data: Path, tmp_path: Path) -> None:
    """A class exercise: a user, and an attacker with 101 POSTs to one page under a course's folder."""
    path = tmp_path / "access.log"
    path.write_bytes(gzip.decompress((shared_data / "logs" / "lab_dirbuster_login_2019_access.log.gz").read_bytes()))
    assert run("ship", path, "--namespace", namespace).returncode == 0
    found = {one.path: one for one in keeping.find(store, namespace, NOW)}
    assert "/sa/3204/login.php" in found
