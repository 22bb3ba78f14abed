"""Each role can do what its commands need, and nothing else: on an engine with security on.

`make test-security`: OpenSearch with its plugin, or, with WWWATCH_ENGINE__DISTRIBUTION=elasticsearch, the test build of
Elasticsearch, which keeps roles in files only.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.conftest import Run
from tests.integration.secured_engine import ADMIN, SecuredEngine, secured_engine
from wwwatch.errors import StoreRefused
from wwwatch.store import Store, names
from wwwatch.store.removal import look, remove
from wwwatch.store.roles import PREFIX, ROLES, SERVICE, role
from wwwatch.store.security import OPENSEARCH_API, write_credentials, write_roles
from wwwatch.store.upkeep import streams

ELASTICSEARCH = os.environ.get("WWWATCH_ENGINE__DISTRIBUTION") == "elasticsearch"
OPENSEARCH = not ELASTICSEARCH
LINE = '203.0.113.7 - - [{}] "GET /page/{} HTTP/1.1" 404 9 "-" "Nikto/2.5"\n'
NOW = datetime.now(UTC)

pytestmark = pytest.mark.skipif(
    os.environ.get("WWWATCH_TEST_SECURITY") != "1", reason="starts an engine with security: make test-security"
)
As = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredEngine]:
    folder = tmp_path_factory.mktemp("roles")
    if ELASTICSEARCH:
        with secured_engine(folder) as running:
            yield running
        return
    from tests.integration.secured_opensearch import secured_opensearch  # noqa: PLC0415

    with secured_opensearch(folder) as running:
        admin = running.store(ADMIN, folder)
        write_roles(admin)
        for name, own in {**{each.name: (each.name,) for each in ROLES}, "service": SERVICE}.items():
            user = {"password": running.user_password, "opendistro_security_roles": [role(o).full_name for o in own]}
            admin.admin("PUT", f"{OPENSEARCH_API}/internalusers/{name}", user)
        admin.close()
        yield running


@pytest.fixture
def admin(engine: SecuredEngine, tmp_path: Path) -> Iterator[Store]:
    store = engine.store(ADMIN, tmp_path)
    store.ensure_setup()
    yield store
    store.close()


@pytest.fixture
def as_user(engine: SecuredEngine, run: Run, tmp_path: Path) -> As:
    """Run the command as a user: `as_user("shipper", "ship", "access.log")`."""

    def run_as(user: str, *arguments: str | Path) -> CompletedProcess[str]:
        variables = engine.environment(tmp_path / user) | {"WWWATCH_URL": engine.url_of(user)}
        return run(*arguments, **variables)

    return run_as


@pytest.fixture
def shipped(admin: Store, as_user: As, namespace: str, tmp_path: Path) -> str:
    """A namespace with a scan in it, sent by the shipper's role."""
    log = tmp_path / "access.log"
    start = NOW - timedelta(hours=2)
    times = ((start + timedelta(seconds=n)).strftime("%d/%b/%Y:%H:%M:%S +0000") for n in range(300))
    log.write_text("".join(LINE.format(time, number) for number, time in enumerate(times)) + "junk\n")
    done = as_user("shipper", "ship", log, "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    assert "300 sent" in done.stdout
    admin.refresh(f"*-{namespace}")
    return namespace


def refused(act: Callable[[], Any]) -> None:
    with pytest.raises(StoreRefused):
        act()


def test_the_whole_chain_runs_with_least_privilege(as_user: As, admin: Store, shipped: str) -> None:
    detected = as_user("detector", "detect", "--namespace", shipped, "--json")
    assert detected.returncode == 0, detected.stderr
    assert json.loads(detected.stdout)["events"] == 300
    assert json.loads(detected.stdout)["anomalies"] >= 1
    for arguments in (("train",), ("models", "list"), ("status",)):
        done = as_user("detector", *arguments, "--namespace", shipped)
        assert done.returncode == 0, done.stderr
    digest = as_user("alerts", "digest", "--namespace", shipped, "--since", "-24h", "--until", "now", "--print")
    assert digest.returncode == 0, digest.stderr
    assert "203.0.113.7" in digest.stdout
    for arguments in (("top",), ("incidents",), ("anomalies",), ("ip", "203.0.113.7")):
        done = as_user("reader", *arguments, "--namespace", shipped)
        assert done.returncode == 0, done.stderr
        assert "203.0.113.7" in done.stdout
    assert "this user may not read them" in done.stdout  # what people said of the address


def test_a_stolen_shipper_key_reads_no_log_and_deletes_nothing(
    engine: SecuredEngine, admin: Store, shipped: str, tmp_path: Path
) -> None:
    stream = names.access_stream("nginx.access", shipped)
    [backing] = streams(admin, stream)[stream]
    [hit] = list(admin.hits(stream, {"match_all": {}}))[:1]
    thief = engine.store("shipper", tmp_path)
    for attempt in (
        lambda: thief.held_ids(backing, [hit.id]),
        lambda: thief.delete_index(backing),
        lambda: thief.admin("DELETE", f"/_data_stream/{stream}"),
        lambda: thief.admin("POST", f"/{stream}/_rollover"),
        lambda: thief.admin("PUT", f"/{PREFIX}x"),
        lambda: thief.admin("DELETE", "/_index_template/wwwatch-access-events"),
    ):
        refused(attempt)
    assert 200 not in thief.bulk(backing, b'{"delete":{"_id":"%s"}}\n' % hit.id.encode()).statuses
    assert _nothing_read(thief, stream)
    assert _nothing_read(thief, names.anomalies(shipped))
    assert _nothing_read(thief, names.CONTROL)
    thief.close()
    admin.refresh(stream)
    assert admin.count(stream) == 300


def _nothing_read(store: Store, index: str) -> bool:
    """Elasticsearch: what may not be read looks as if it were not there. OpenSearch says no."""
    try:
        return store.search(index, {"match_all": {}}, 9) == []
    except StoreRefused:
        return True


def test_who_finds_cannot_change_what_was_logged(
    engine: SecuredEngine, admin: Store, shipped: str, tmp_path: Path
) -> None:
    stream = names.access_stream("nginx.access", shipped)
    [backing] = streams(admin, stream)[stream]
    event = b'{"create":{"_id":"x"}}\n{"@timestamp":"2026-01-01T00:00:00Z"}\n'
    for user in ("detector", "alerts", "reader"):
        store = engine.store(user, tmp_path)
        assert store.count(stream) == 300, user
        assert store.bulk(stream, event).statuses == [403], user
        refused(lambda store=store: store.delete_index(backing))  # type: ignore[misc]
        store.close()


def test_a_reader_changes_nothing_and_sees_no_control_document(
    engine: SecuredEngine, admin: Store, as_user: As, shipped: str, tmp_path: Path
) -> None:
    assert as_user("detector", "detect", "--namespace", shipped).returncode == 0
    store = engine.store("reader", tmp_path)
    assert store.search(names.anomalies(shipped), {"match_all": {}}, 9)
    refused(lambda: store.write_documents(names.anomalies(shipped), [("x", {"@timestamp": "2026-01-01T00:00:00Z"})]))
    for hidden in (names.CONTROL, names.MODELS, names.POSITIONS):
        assert _nothing_read(store, hidden)
    store.close()


def test_the_housekeeper_rolls_over_deletes_and_erases(as_user: As, admin: Store, shipped: str) -> None:
    done = as_user("housekeeper", "housekeeping", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failed"] == []
    stream = names.access_stream("nginx.access", shipped)
    forgotten = as_user("housekeeper", "forget", "203.0.113.7", "--yes", "--json")
    assert forgotten.returncode == 0, forgotten.stderr
    assert json.loads(forgotten.stdout)["deleted"]["events"] >= 300
    assert admin.count(stream) == 0


def test_what_is_missing_is_named(as_user: As, shipped: str, tmp_path: Path) -> None:
    log = tmp_path / "more.log"
    log.write_text(LINE.format(NOW.strftime("%d/%b/%Y:%H:%M:%S +0000"), 1))
    done = as_user("reader", "ship", log, "--namespace", shipped)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "docs/shipping.md" in done.stderr
    assert ("indices:data/write" if OPENSEARCH else "create_doc") in done.stderr


def test_a_wrong_password_is_told(engine: SecuredEngine, run: Run, tmp_path: Path) -> None:
    url = engine.url.replace("https://", "https://shipper:wrong@")
    done = run("status", **engine.environment(tmp_path) | {"WWWATCH_URL": url})
    assert done.returncode == 1
    assert "does not accept our credentials" in done.stderr


@pytest.mark.skipif(not OPENSEARCH, reason="the test build of Elasticsearch cannot store users and keys")
def test_setup_makes_keys_once_in_private_files(
    engine: SecuredEngine, admin: Store, run: Run, namespace: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    variables = engine.environment(tmp_path) | {"WWWATCH_URL": engine.url_of(ADMIN)}
    done = run("setup", "--keys", keys, "--json", **variables)
    assert done.returncode == 0, done.stderr
    made = {each["name"]: each for each in json.loads(done.stdout)["credentials"]}
    assert set(made) == {"shipper", "service", "reader"}
    for each in made.values():
        file = Path(each["file"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text().strip() not in done.stdout + done.stderr
    log = tmp_path / "access.log"
    log.write_text(LINE.format(NOW.strftime("%d/%b/%Y:%H:%M:%S +0000"), 1))
    shipper = engine.environment(tmp_path / "web1") | made["shipper"]["variables"]
    assert "1 sent" in run("ship", log, "--namespace", namespace, **shipper).stdout
    assert write_credentials(admin, keys) == []


@pytest.mark.skipif(not OPENSEARCH, reason="the test build of Elasticsearch cannot delete a data stream")
def test_setup_is_taken_off_again(engine: SecuredEngine, admin: Store, shipped: str, run: Run, tmp_path: Path) -> None:
    """Last in its file, if not in time: the others set up again what they need."""
    admin.admin("PUT", f"/foreign-{shipped}")
    variables = engine.environment(tmp_path) | {"WWWATCH_URL": engine.url_of(ADMIN)}
    unsure = run("setup", "--remove", stdin="n\n", **variables)
    assert unsure.returncode == 130
    assert admin.count(names.access_index(shipped)) == 300
    done = run("setup", "--remove", "--yes", "--json", **variables)
    assert done.returncode == 0, done.stderr
    assert names.access_stream("nginx.access", shipped) in json.loads(done.stdout)["streams"]
    left = look(admin)
    assert (left.streams, left.indices, left.templates, left.components) == ([], [], [], [])
    assert admin.delete_index(f"foreign-{shipped}")
    assert remove(admin, left).streams == []
