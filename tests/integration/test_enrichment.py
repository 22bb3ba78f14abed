"""Enrichment, from the settings file into a real store and back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.unit.enrichment_examples import KEY, line
from tests.unit.test_ingest_places import ASN, CITY, database
from wwwatch.store import Store, names

CLIENTS = [f"203.0.113.{number}" for number in range(101, 131)] + ["2001:db8:7777::77", "host.customer.example"]
LINES = [
    *(line(client, f"/page?ip={client}", user="jeanne.doe", referrer=f"http://x/?from={client}") for client in CLIENTS),
    "junk 203.0.113.101 jeanne.doe",
    line("203.0.113.101", agent='quo"ted 203.0.113.101') + ' "203.0.113.102, 203.0.113.103"',
]
PSEUDONYMS = f'[ingest.pseudonyms]\naddresses = true\nusers = true\nkey = "{KEY}"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(text + "\n" for text in LINES))
    return path


def settings_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "wwwatch.toml"
    path.write_text(text)
    return path


def everything(store: Store, namespace: str) -> dict[str, dict[str, Any]]:
    """All documents of a namespace, events and rejects, by id."""
    indices = f"{names.access_index(namespace)},{names.rejects_stream(namespace)}"
    store.refresh(indices)
    return dict(store.documents(indices))


def test_pseudonyms_leave_no_trace_and_networks_group(
    run: Run, store: Store, namespace: str, log: Path, tmp_path: Path
) -> None:
    config = settings_file(tmp_path, PSEUDONYMS)
    shipped = run("--config", config, "ship", log, "--namespace", namespace)
    assert shipped.returncode == 0, shipped.stderr
    documents = everything(store, namespace)
    assert len(documents) == len(LINES)
    written = json.dumps(documents).lower()
    originals = [*CLIENTS, "7777::77", "customer", "jeanne", "203.0.113"]
    assert [original for original in originals if original in written] == []
    nets = store.aggregate(
        names.access_index(namespace), {"match_all": {}}, {"nets": {"terms": {"field": "wwwatch.net"}}}
    )
    assert sorted(bucket["doc_count"] for bucket in nets["nets"]["buckets"]) == [1, 31]
    # Whoever has the key finds the way there and back.
    told = run("--config", config, "pseudonym", CLIENTS[0], "2001:db8:7777::77").stdout.split()
    assert {document.get("source", {}).get("address") for document in documents.values()} >= set(told)
    back = run("--config", config, "pseudonym", "--original", *told)
    assert back.stdout.split() == [CLIENTS[0], "2001:db8:7777::77"]
    # The ids are the lines' own still: nothing is sent twice, and every line is found.
    again = run("--config", config, "ship", log, "--namespace", namespace, "--from-start", "--json")
    assert json.loads(again.stdout)["duplicate"] == len(LINES)
    checked = run("--config", config, "check", log, "--namespace", namespace, "--json")
    assert json.loads(checked.stdout)["complete"], checked.stderr


def test_rejects_with_replaced_addresses_are_replayed_as_what_they_would_have_been(
    run: Run, store: Store, namespace: str, log: Path, tmp_path: Path
) -> None:
    config = settings_file(tmp_path, PSEUDONYMS + 'rejects = "replaced"\n')
    run("--config", config, "ship", log, "--namespace", namespace, "--format", "common")
    before = everything(store, namespace)
    assert {document["event"]["kind"] for document in before.values()} == {"pipeline_error"}
    assert "203.0.113" not in json.dumps(before)
    replayed = run("--config", config, "rejects", "replay", "--format", "combined", "--namespace", namespace)
    assert replayed.returncode == 0, replayed.stderr
    shipped = tmp_path / "shipped.log"
    shipped.write_bytes(log.read_bytes())
    other = f"{namespace}-b"
    run("--config", config, "ship", shipped, "--namespace", other)
    expected, found = everything(store, other), everything(store, namespace)
    assert expected.keys() == found.keys()
    for id_, document in expected.items():
        for name in ("source", "user", "url", "wwwatch"):
            assert found[id_].get(name) == document.get(name)


def test_dropped_lines_are_counted_and_the_file_adds_up(
    run: Run, store: Store, namespace: str, log: Path, tmp_path: Path
) -> None:
    config = settings_file(tmp_path, '[[ingest.drop]]\nsource.ip = { cidr = "203.0.113.112/28" }\n')
    shipped = run("--config", config, "ship", log, "--namespace", namespace, "--json")
    counts = json.loads(shipped.stdout)
    assert (counts["read"], counts["sent"], counts["dropped"]) == (34, 17, 16), shipped.stderr
    assert counts["undelivered"] == 0
    assert len(everything(store, namespace)) == 18
    report = json.loads(run("--config", config, "check", log, "--namespace", namespace, "--json").stdout)
    assert report["complete"]
    assert (report["lines"], report["documents"], report["dropped"], report["unsent"]) == (34, 17, 16, 0)


def test_what_is_added_can_be_searched(run: Run, store: Store, namespace: str, tmp_path: Path) -> None:
    places = database(tmp_path / "places.mmdb", {"203.0.113.0/24": CITY | ASN})
    config = settings_file(
        tmp_path,
        'ingest.user_agent = ["name", "version", "os.name", "os.version", "device.name"]\n'
        f'[ingest.geo]\ndatabases = ["{places}"]\ncity = true\n'
        '[ingest.fields]\nlabels.team = "shop"\ntags = ["prod"]\n',
    )
    log = tmp_path / "access.log"
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1 Version/17.1 Mobile/15E Safari/604.1"
    )
    log.write_text(line(agent=agent) + "\n")
    shipped = run("--config", config, "ship", log, "--namespace", namespace)
    assert shipped.returncode == 0, shipped.stderr
    index = names.access_index(namespace)
    terms = {
        "source.geo.country_iso_code": "DE", "source.geo.region_iso_code": "DE-BE",
        "source.geo.city_name": 'Berlin "Mitte"',
        "source.as.number": 64496, "source.as.organization.name": ASN["autonomous_system_organization"],
        "user_agent.name": "Mobile Safari", "user_agent.version": "17.1", "user_agent.os.name": "iOS",
        "user_agent.os.version": "17.1", "user_agent.device.name": "iPhone", "labels.team": "shop", "tags": "prod",
    }  # fmt: skip
    assert [name for name, value in terms.items() if store.count(index, {"term": {name: value}}) != 1] == []
    near = {"geo_distance": {"distance": "10km", "source.geo.location": {"lat": 52.5, "lon": 13.4}}}
    assert store.count(index, near) == 1
    # `parse` prints what was stored.
    [printed] = map(json.loads, run("--config", config, "parse", log, "--namespace", namespace).stdout.splitlines())
    [stored] = everything(store, namespace).values()
    for document in (printed, stored):
        document["event"].pop("ingested")
    assert printed == stored
