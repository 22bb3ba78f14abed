"""Who is on a blocklist, and that nothing of a log gets out of its comment."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwwatch import deny
from wwwatch.blocklist.entries import Blocklist, Entry, blocklist, guarded
from wwwatch.blocklist.formats import FORMATS, Head
from wwwatch.deny import Network
from wwwatch.moments import iso

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HIGH = 73
HEAD = Head("shop", NOW)


def incident(
    entity: str = "203.0.113.7",
    kind: str = "ip",
    *,
    severity: int = HIGH,
    ended: timedelta = HOUR,
    members: tuple[str, ...] = (),
    id_: str = "0123456789abcdef",
    **own: Any,
) -> dict[str, Any]:
    """An incident that ended some time before NOW."""
    return {
        "event": {"end": iso(NOW - ended), "severity": severity, "reason": "412 failed logins on /wp-login.php"},
        "related": {"ip": list(members)},
        "wwwatch": {
            "entity": {"type": kind, "id": entity},
            "class": "brute_force",
            "incident_id": id_,
            "status": "open",
        }
        | own,
    }


def listed(*incidents: dict[str, Any], never: Mapping[Network, str] = {}) -> list[str]:
    return [deny.shown(entry.network) for entry in made(*incidents, never=never).entries]


def made(*incidents: dict[str, Any], never: Mapping[Network, str] = {}) -> Blocklist:
    return blocklist(incidents, HIGH, DAY, NOW, never)


def test_grave_incidents_are_listed_until_a_day_after_their_end() -> None:
    (entry,) = made(incident(), incident("203.0.113.8", severity=47), incident("203.0.113.9", ended=DAY)).entries

    assert deny.shown(entry.network) == "203.0.113.7"
    assert entry.expires_at == NOW - HOUR + DAY


@pytest.mark.parametrize(
    ("severity", "own", "expected"),
    [
        (21, {"verdict": {"hostile": True}}, ["203.0.113.7"]),
        (99, {"verdict": {"hostile": False}, "status": "closed"}, []),
        (99, {"status": "withdrawn"}, []),
        (99, {"status": "withdrawn", "verdict": {"hostile": True}}, []),
        (99, {"status": "closed"}, ["203.0.113.7"]),
    ],
)
def test_what_people_said_goes_before_severity(severity: int, own: dict[str, Any], expected: list[str]) -> None:
    assert listed(incident(severity=severity, **own)) == expected


def test_a_network_is_listed_only_where_it_is_the_evidence() -> None:
    members = ("198.51.100.9", "198.51.100.8", "2001:db8::1")

    assert listed(incident("198.51.100.0/24", "net", members=members)) == ["198.51.100.0/24"]
    assert listed(incident("/login", "login", members=members)) == ["198.51.100.8", "198.51.100.9", "2001:db8::1"]


def test_what_lies_in_a_listed_network_is_not_listed_again() -> None:
    inside = incident("198.51.100.9", id_="other")

    assert listed(inside, incident("198.51.100.0/24", "net")) == ["198.51.100.0/24"]


def test_one_address_of_two_incidents_has_the_later_end_and_the_graver_reason() -> None:
    (entry,) = made(incident(id_="b", ended=2 * HOUR, severity=99), incident(id_="a")).entries

    assert (entry.incident_ids, entry.severity, entry.expires_at) == (("b", "a"), 99, NOW - HOUR + DAY)


def test_allowed_addresses_are_cut_out_of_a_listed_network() -> None:
    office = guarded(["198.51.100.0/26", "198.51.100.128"], "allowed: the office")
    found = made(incident("198.51.100.0/24", "net"), never=office)

    blocked = [entry.network for entry in found.entries]
    assert sum(network.num_addresses for network in blocked) == 256 - 64 - 1
    assert not any(network.overlaps(kept) for network in blocked for kept in office)
    assert set(map(deny.shown, found.spared)) == {"198.51.100.0/26", "198.51.100.128"}


def test_an_address_in_an_allowed_network_is_spared_and_told() -> None:
    found = made(incident(), never=guarded(["203.0.113.0/24"], "allowed: the office"))

    assert found.entries == ()
    assert found.spared == {ip_network("203.0.113.7/32"): "allowed: the office"}


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "100.64.1.1", "fd00::1", "fe80::1", "::ffff:8.8.8.8"])
def test_private_ranges_are_never_listed(address: str) -> None:
    assert listed(incident(address)) == []


@pytest.mark.parametrize("entity", ["crawler.example", "127.0.0.1", "fe80::1%$(reboot)", "203.0.113.7; reboot", ""])
def test_what_is_no_address_is_counted_and_not_listed(entity: str) -> None:
    found = made(incident(entity))

    assert (found.entries, found.nameless) == ((), 1)


@given(st.permutations([f"198.51.{n // 8}.{n % 8}" for n in range(24)] + ["2001:db8::1", "198.51.1.0/29"]))
def test_the_order_is_that_of_the_networks_whatever_came_first(entities: list[str]) -> None:
    found = listed(*(incident(entity, "net" if "/" in entity else "ip") for entity in entities))

    assert found == [f"198.51.0.{n}" for n in range(8)] + ["198.51.1.0/29"] + [
        f"198.51.2.{n}" for n in range(8)
    ] + ["2001:db8::1"]  # fmt: skip


def hostile(text: str) -> Blocklist:
    networks = ("203.0.113.7/32", "198.51.100.0/24", "2001:db8::7/128", "2001:db8:1::/48")
    entries = (Entry(ip_network(n), NOW + DAY, HIGH, text, (text, text), text) for n in networks)
    return Blocklist(tuple(entries), {})


@given(
    st.text()
    | st.sampled_from(['";}\ndeny all;', "\\", "x" * 1_000_000, "# \r\nadd wwwatch4 0.0.0.0/1", "</RequireAll>"])
)
@pytest.mark.parametrize("name", FORMATS)
def test_a_hostile_reason_changes_nothing_but_its_comment(name: str, text: str) -> None:
    lines, harmless = (FORMATS[name](HEAD, hostile(each)).splitlines() for each in (text, "x"))

    def bare(line: str) -> str:
        return re.sub(r'comment "[^"\\\n]{0,120}"', "comment", line) if not line.lstrip().startswith("#") else "#"

    assert list(map(bare, lines)) == list(map(bare, harmless))
    assert all(line.isascii() and line.isprintable() and not line.endswith("\\") for line in lines)


def test_the_formats() -> None:
    found = made(incident(), incident("2001:db8:1::/48", "net"))

    assert "\ndeny 203.0.113.7;\n# 01234567 high brute_force until 2026-11-23T11:00Z: 412 failed" in FORMATS["nginx"](
        HEAD, found
    )
    assert "  Require not ip 2001:db8:1::/48\n</RequireAll>\n" in FORMATS["apache"](HEAD, found)
    assert '203.0.113.7 timeout 82800s comment "01234567 high' in FORMATS["nftables"](HEAD, found)
    assert "add wwwatch6-new 2001:db8:1::/48 timeout 82800 comment " in FORMATS["ipset"](HEAD, found)
    assert [line for line in FORMATS["plain"](HEAD, found).splitlines() if not line.startswith("#")] == [
        "203.0.113.7",
        "2001:db8:1::/48",
    ]
