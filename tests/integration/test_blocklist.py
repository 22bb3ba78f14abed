"""A blocklist from a real store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from tests.conftest import Run
from tests.integration.site_examples import alert
from wwwatch import control
from wwwatch.store import Store, names

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AS_OF = ("--until", "2026-03-02T12:00:00Z")


@pytest.fixture
def site(store: Store, namespace: str) -> str:
    """Incidents of the last hours: grave, medium, one judged, one old, a network, a group."""
    start = NOW - timedelta(hours=3)
    incidents = {
        "grave": alert(start, 60, 99, "brute_force", "203.0.113.7"),
        "medium": alert(start, 60, 47, "scan", "203.0.113.8"),
        "confirmed": alert(start, 60, 47, "scan", "203.0.113.9", verdict={"hostile": True, "note": ""}),
        "dismissed": alert(start, 60, 99, "scan", "203.0.113.10", verdict={"hostile": False, "note": ""}),
        "old": alert(start - timedelta(days=3), 60, 99, "scan", "203.0.113.11"),
        "crawler": alert(start, 60, 73, "injection", "192.0.2.66"),
        "group": alert(start, 60, 73, "dos", namespace, background=True, related=["2001:db8::5", "10.0.0.1"]),
    }
    network = alert(start, 60, 73, "scraping", namespace, background=True, related=["198.51.100.1"])
    network["wwwatch"]["entity"] = {"type": "net", "id": "198.51.100.0/24"}
    for id_, document in {**incidents, "network": network}.items():
        document["wwwatch"]["incident_id"] = id_
    store.write_documents(names.incidents(namespace), {**incidents, "network": network}.items())
    control.allow(store, namespace, control.as_network("198.51.100.0/25"), "the office", None, datetime.now(UTC))
    return namespace


@pytest.fixture
def crawler(store: Store) -> Iterator[None]:
    """192.0.2.66 is a verified crawler, for all sites."""
    expires = (datetime(2100, 1, 1, tzinfo=UTC)).isoformat()
    own = {"kind": "crawler", "id": "192.0.2.66", "status": "verified", "expires_at": expires}
    id_ = "crawler:googlebot:192.0.2.66"
    store.write_documents(names.CONTROL, [(id_, {"wwwatch": own})])
    yield
    store.delete_documents(names.CONTROL, [id_])


@pytest.mark.usefixtures("crawler")
def test_the_list_holds_who_is_grave_or_confirmed_and_spares_the_rest(site: str, run: Run) -> None:
    done = run("blocklist", "--namespace", site, *AS_OF, "--json")

    assert done.returncode == 0, done.stderr
    entries = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [entry["network"] for entry in entries] == [
        "198.51.100.128/25", "203.0.113.7", "203.0.113.9", "2001:db8::5",
    ]  # fmt: skip
    assert entries[1]["incident_ids"] == ["grave"]
    assert entries[1]["expires_at"] == "2026-03-03T10:00:00.000Z"


def test_options_widen_and_narrow_it(site: str, run: Run) -> None:
    def listed(*options: str) -> list[str]:
        done = run(
            "blocklist", "--namespace", site, *AS_OF, *options, WWWATCH_BLOCKLIST__NEVER="203.0.113.9,192.0.2.66"
        )
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if not line.startswith("#")]

    assert listed("--min-severity", "critical", "--expire", "7d") == ["203.0.113.7", "203.0.113.11"]
    assert listed("--expire", "1h") == []


def test_a_file_is_replaced_whole_and_stays_where_the_store_is_away(site: str, run: Run, tmp_path: Path) -> None:
    output = tmp_path / "blocklist.conf"
    output.write_text("before")
    failed = run("blocklist", "--output", output, WWWATCH_URL="http://127.0.0.1:1")
    kept = output.read_text()
    done = run("blocklist", "--namespace", site, *AS_OF, "--format", "nginx", "--output", output)

    assert (failed.returncode, kept) == (1, "before")
    assert (done.returncode, done.stdout) == (0, "")
    assert "deny 203.0.113.7;\n" in output.read_text()
    assert output.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.glob(".blocklist*")) == []


def test_pseudonyms_are_not_blocked(run: Run) -> None:
    done = run("blocklist", WWWATCH_INGEST__PSEUDONYMS__ADDRESSES="true")

    assert (done.returncode, done.stdout) == (2, "")
    assert "keep strangers out" in done.stderr
