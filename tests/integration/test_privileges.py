"""What a shipper's key can and cannot do, on an Elasticsearch with security on. Started once, by `make
test-elasticsearch` only.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.road import StoreRoad
from ingest.ship import Shipper
from ingest.source import Wishes
from tests.conftest import Run
from tests.integration.secured_engine import ADMIN, SecuredEngine, secured_engine
from wwwatch.errors import StoreRefused
from wwwatch.store import Store, StoreError, names

LINE = '203.0.113.{} - - [10/Oct/2025:13:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'

pytestmark = pytest.mark.skipif(
    os.environ.get("WWWATCH_ENGINE__DISTRIBUTION") != "elasticsearch",
    reason="security is tested on Elasticsearch's own test build: make test-elasticsearch",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredEngine]:
    with secured_engine(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture
def admin(engine: SecuredEngine, tmp_path: Path) -> Iterator[Store]:
    store = engine.store(ADMIN, tmp_path)
    store.ensure_setup()
    yield store
    store.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(n % 250, n // 60 % 60, n % 60, n, n) + "\n" for n in range(3000)) + "junk\n")
    return path


def stored(admin: Store, namespace: str) -> int:
    index = names.access_index(namespace)
    admin.refresh(index)
    return admin.count(index)


@pytest.mark.parametrize("user", ["shipper", "bare", "exact"])
def test_a_key_that_may_only_create_ships_everything(
    engine: SecuredEngine, admin: Store, run: Run, log: Path, namespace: str, tmp_path: Path, user: str
) -> None:
    variables = engine.environment(tmp_path / user) | {"WWWATCH_URL": engine.url_of(user)}
    done = run("ship", log, "--namespace", namespace, **variables)
    assert done.returncode == 0, done.stderr
    assert "3,001 lines read: 3,000 sent, 0 duplicate, 1 rejected (format 1)" in done.stdout
    assert ("kept on this machine only" in done.stderr) == (user == "bare")
    assert stored(admin, namespace) == 3000
    again = run("ship", log, "--namespace", namespace, **variables)
    assert "0 sent, 3,001 duplicate" in again.stdout


def test_a_stolen_key_reads_no_log_and_deletes_nothing(
    engine: SecuredEngine, admin: Store, namespace: str, tmp_path: Path
) -> None:
    stream = names.access_stream("nginx.access", namespace)
    thief = engine.store("shipper", tmp_path)
    event = b'{"create":{"_id":"a"}}\n{"@timestamp":"2026-01-01T00:00:00Z"}\n'
    assert thief.bulk(stream, event).statuses == [201]
    [backing] = thief.backing_indices(stream)
    for attempt in (
        lambda: thief.held_ids(backing, ["a"]),
        lambda: thief.delete_index(backing),
        lambda: thief.admin("DELETE", "/_index_template/wwwatch-access-events"),
        lambda: thief.admin("POST", f"/{stream}/_rollover"),
    ):
        with pytest.raises(StoreRefused):
            attempt()
    for action in (b'{"delete":{"_id":"a"}}\n', b'{"index":{"_id":"a"}}\n{"@timestamp":"2026-01-01T00:00:00Z"}\n'):
        assert thief.bulk(backing, action).statuses[0] in {400, 403}
    assert stored(admin, namespace) == 1
    # What may not be read looks as if it were not there.
    assert thief.count(stream) == 0
    assert thief.search("logs-*", {"match_all": {}}, 9) == []
    thief.close()


class Dying:
    """Stores what it is sent; from some request on the connection is gone for good."""

    def __init__(self, store: Store, dies_at: int) -> None:
        self.store, self.requests, self.dies_at = store, 0, dies_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def bulk(self, index: str, body: bytes, tell_index: bool = False) -> Any:
        self.requests += 1
        result = self.store.bulk(index, body, tell_index)
        if self.requests >= self.dies_at:
            raise StoreError("killed")
        return result


@pytest.mark.parametrize(("user", "rolls"), [("shipper", False), ("shipper", True), ("exact", True), ("bare", False)])
def test_a_run_that_died_is_resumed_exactly_or_says_what_may_be_double(
    engine: SecuredEngine, admin: Store, log: Path, namespace: str, tmp_path: Path, user: str, rolls: bool
) -> None:
    settings, store = engine.settings(tmp_path / "home"), engine.store(user, tmp_path)
    wishes = Wishes(namespace, "auto", "nginx", lambda: datetime.now(UTC), chunk_bytes=60_000)
    dying = StoreRoad(Dying(store, 3))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="killed"), Shipper(dying, settings, wishes) as shipper:
        shipper.ship(str(log))
    before = stored(admin, namespace)
    assert 0 < before < 3000
    if rolls:
        admin.admin("POST", f"/{names.access_stream('nginx.access', namespace)}/_rollover")
    with Shipper(StoreRoad(store), settings, wishes) as shipper:
        shipper.ship(str(log))
    store.close()
    double = stored(admin, namespace) - 3000
    if (user, rolls) == ("shipper", True):
        assert 0 < double <= shipper.counts.possible_duplicates <= 3000
        assert "possibly stored twice" in shipper.counts.as_text(1)
    else:
        assert (double, shipper.counts.possible_duplicates) == (0, 0)


def test_what_is_missing_is_named(engine: SecuredEngine, admin: Store, run: Run, log: Path, tmp_path: Path) -> None:
    variables = engine.environment(tmp_path / "home")
    unable = run("ship", log, **variables | {"WWWATCH_URL": engine.url_of("unable")})
    assert unable.returncode == 1
    assert "create_doc" in unable.stderr
    assert "docs/shipping.md" in unable.stderr
    blind = run("ship", log, **variables | {"WWWATCH_URL": engine.url_of("blind")})
    assert "monitor" in blind.stderr
    key = run(
        "ship", log, **variables | {"WWWATCH_API_KEY": "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="}
    )
    assert "does not accept our credentials" in key.stderr
    assert "WWWATCH_API_KEY" in key.stderr
    for done in (unable, blind, key):
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
