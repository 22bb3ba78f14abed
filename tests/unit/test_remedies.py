"""Lines that keep a client out: right for each program, and never anything but an address in them."""

from typing import Any

import pytest

from wwwatch.remedies import MOST_NETWORKS, remedies


def alert(kind: str, who: str, *members: str) -> dict[str, Any]:
    return {"wwwatch": {"entity": {"type": kind, "id": who}}, "related": {"ip": list(members)}}


def test_one_address() -> None:
    lines = remedies(alert("ip", "203.0.113.7"))
    assert lines["nginx"] == ["deny 203.0.113.7;"]
    assert "  Require not ip 203.0.113.7" in lines["apache"]
    assert lines["nftables"] == ["nft add rule inet filter input ip saddr 203.0.113.7 tcp dport '{ 80, 443 }' drop"]
    assert lines["fail2ban"] == ["fail2ban-client set wwwatch banip 203.0.113.7"]
    assert lines["nginx_rate_limit"][0] == "geo $wwwatch_limited { default 0; 203.0.113.7 1; }"


def test_a_network_and_the_other_family() -> None:
    assert remedies(alert("net", "2001:db8:0:1::/64"))["nftables"][0].startswith(
        "nft add rule inet filter input ip6 saddr 2001:db8:0:1::/64 "
    )


def test_members_of_a_group_but_not_of_a_botnet() -> None:
    assert remedies(alert("login", "/login", "203.0.113.9", "203.0.113.8"))["nginx"] == [
        "deny 203.0.113.8;", "deny 203.0.113.9;",
    ]  # fmt: skip
    many = [f"198.51.{number // 256}.{number % 256}" for number in range(MOST_NETWORKS + 1)]
    assert remedies(alert("site", "shop", *many)) == {}


@pytest.mark.parametrize(
    "who",
    ["203.0.113.7; reboot", "$(reboot)", "evil.example", "", "127.0.0.1", "::1", "0.0.0.0/0", "203.0.113.7\ndeny"],
)
def test_nothing_but_an_address_gets_into_a_line(who: str) -> None:
    assert remedies(alert("ip", who)) == {}
