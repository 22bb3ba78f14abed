"""Places, networks, browsers: from databases that may be replaced, broken, or not there at all."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ingest.enrichment.geo import Geo, city_of, country_of, network_of
from ingest.enrichment.packages import optional
from ingest.enrichment.user_agent import UserAgent
from tests.unit.enrichment_examples import enriched, line
from wwwatch.errors import SettingsError

CITY = {
    "country": {"iso_code": "DE"}, "city": {"names": {"en": 'Berlin "Mitte"'}}, "subdivisions": [{"iso_code": "BE"}],
    "location": {"latitude": 52.5, "longitude": 13.4},
}  # fmt: skip
ASN = {"autonomous_system_number": 64496, "autonomous_system_organization": 'OOO "Example" \\ Net'}


def database(path: Path, records: dict[str, dict[str, Any]]) -> Path:
    """A small database in MaxMind's format."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    # Moved into place, as those who publish such files advise.
    writer.to_db_file(str(path.with_suffix(".new")))
    path.with_suffix(".new").replace(path)
    return path


@pytest.fixture
def databases(tmp_path: Path) -> list[str]:
    places = database(tmp_path / "city.mmdb", {"203.0.113.0/24": CITY, "2001:db8::/32": CITY})
    networks = database(tmp_path / "asn.mmdb", {"203.0.113.0/24": ASN})
    return [str(places), str(networks)]


def test_country_and_network_of_a_client(databases: list[str]) -> None:
    known, other, name = enriched(
        line("203.0.113.7"), line("192.0.2.1"), line("host.example"), geo={"databases": databases}
    )
    assert known["source"]["geo"] == {"country_iso_code": "DE"}
    assert known["source"]["as"] == {"number": 64496, "organization": {"name": ASN["autonomous_system_organization"]}}
    assert "geo" not in other["source"]
    assert "as" not in other["source"]
    assert name["source"] == {"address": "host.example"}


def test_city_is_an_option(databases: list[str]) -> None:
    [document] = enriched(line("2001:db8::1"), geo={"databases": databases, "city": True})
    assert document["source"]["geo"] == {
        "country_iso_code": "DE", "region_iso_code": "DE-BE", "city_name": 'Berlin "Mitte"', "location": "52.5,13.4",
    }  # fmt: skip


def test_the_first_database_that_knows_is_believed(tmp_path: Path) -> None:
    first = database(tmp_path / "own.mmdb", {"203.0.113.0/25": {"country_code": "FR", "asn": "AS64500"}})
    second = database(tmp_path / "all.mmdb", {"203.0.113.0/24": CITY | ASN})
    low, high = enriched(line("203.0.113.7"), line("203.0.113.200"), geo={"databases": [str(first), str(second)]})
    assert (low["source"]["geo"]["country_iso_code"], low["source"]["as"]) == ("FR", {"number": 64500})
    assert (high["source"]["geo"]["country_iso_code"], high["source"]["as"]["number"]) == ("DE", 64496)


@pytest.mark.parametrize(
    ("record", "country", "network"),
    [
        ({"country": "US", "asn": "AS15169", "as_name": "Google"}, "US", (15169, "Google")),
        ({"country": "United States", "country_code": "US", "asn": "none"}, "US", (None, None)),
        ({"country": {"iso_code": "US"}, "autonomous_system_number": 1}, "US", (1, None)),
        ({"country": {}, "city": {}, "subdivisions": [], "location": {}}, None, (None, None)),
        ({"registered_country": {"iso_code": "US"}}, None, (None, None)),
    ],
)
def test_records_of_several_makers(record: dict[str, Any], country: str | None, network: tuple[Any, Any]) -> None:
    assert country_of(record) == country
    assert network_of(record) == network
    assert city_of(record)[0] is None


def test_a_replaced_database_is_opened_again(tmp_path: Path) -> None:
    path = database(tmp_path / "a.mmdb", {"203.0.113.0/24": CITY})
    told: list[str] = []
    step = Geo([path], city=False, registry=False, tell=told.append)
    assert countries(step) == ["DE"]
    database(path, {"203.0.113.0/24": CITY | {"country": {"iso_code": "AT"}}})
    assert countries(step) == ["AT"]
    path.with_suffix(".new").write_bytes(b"half a data")
    path.with_suffix(".new").replace(path)
    assert countries(step) == ["AT"]
    assert len(told) == 1
    assert str(path) in told[0]
    path.unlink()
    assert countries(step) == ["AT"]
    database(path, {"203.0.113.0/24": CITY})
    assert countries(step) == ["DE"]


def countries(step: Geo) -> list[str | None]:
    """What the step says of one client."""
    frame = pl.DataFrame({"source.ip": ["203.0.113.7"], "dirty": [False]})
    return step(frame)["source.geo.country_iso_code"].to_list()


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_database_that_is_none_is_told_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Geo([path], city=False, registry=False, tell=lambda _: None)
    assert str(path) in caught.value.message


def test_registries_know_countries_without_any_database() -> None:
    [document] = enriched(line("8.8.8.8"), geo={"registry": True})
    assert document["source"]["geo"] == {"country_iso_code": "US"}


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_browser_system_and_device() -> None:
    fields = ["name", "version", "os.name", "os.version", "device.name"]
    chrome, bot, curl, none = enriched(
        line(agent=CHROME), line(agent=GOOGLEBOT), line(agent="x/1"), line(agent="-"), user_agent=fields
    )
    assert chrome["user_agent"] == {
        "original": CHROME, "name": "Chrome", "version": "120.0.0", "os": {"name": "Windows", "version": "10"},
    }  # fmt: skip
    assert bot["user_agent"]["device"] == {"name": "Spider"}
    assert curl["user_agent"] == {"original": "x/1"}
    assert "user_agent" not in none


def test_only_the_wished_fields_are_made() -> None:
    [document] = enriched(line(agent=CHROME), user_agent=["os.name"])
    assert document["user_agent"] == {"original": CHROME, "os": {"name": "Windows"}}


def test_an_endless_agent_is_no_burden() -> None:
    [document] = enriched(line(agent="(" * 200_000), user_agent=["name"])
    assert len(document["user_agent"]["original"]) == 200_000


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(SettingsError) as caught:
        optional("no_such_package.module", "ingest.user_agent")
    assert "ingest.user_agent needs the package no_such_package" in caught.value.message
    assert "wwwatch[enrichment]" in caught.value.hint


def test_agents_step_leaves_logs_without_agents_alone() -> None:
    frame = pl.DataFrame({"source.ip": ["203.0.113.7"]})
    assert UserAgent(["name"])(frame).equals(frame)
