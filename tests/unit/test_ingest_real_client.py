"""Who asked, behind proxies: trusted entries are walked from the right, and nothing left of the client is believed."""

from ipaddress import ip_address

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.enrichment.networks import Networks
from ingest.enrichment.real_client import MOST_CLAIMS, SPOOFED, Found, RealClient, node_of, split_forwarded, walk
from tests.unit.enrichment_examples import frame_of_peers

PROXIES = ("10.0.0.0/8", "198.51.100.0/24", "2001:db8:ffff::/48", "unix:")
TRUSTED = Networks(PROXIES)


@pytest.mark.parametrize(
    ("peer", "header", "client", "spoofed"),
    [
        # A peer that is no proxy of ours is the client, whatever it says.
        ("203.0.113.7", "8.8.8.8", None, False),
        ("203.0.113.7", "127.0.0.1", None, True),
        # One proxy, two, and a socket of the same machine.
        ("10.0.0.1", "203.0.113.7", "203.0.113.7", False),
        ("10.0.0.1", "203.0.113.7, 198.51.100.9", "203.0.113.7", False),
        ("unix:", "203.0.113.7", "203.0.113.7", False),
        # What the client claims is not believed; a company's proxy adds private addresses, and Squid `unknown`.
        ("10.0.0.1", "8.8.8.8, 203.0.113.7", "203.0.113.7", False),
        ("10.0.0.1", "192.168.1.5, 203.0.113.7", "203.0.113.7", False),
        ("10.0.0.1", "10.9.9.9, 203.0.113.7", "203.0.113.7", False),
        ("10.0.0.1", "unknown, 203.0.113.7", "203.0.113.7", False),
        ("10.0.0.1", "192.168.1.5, 127.0.0.1, 203.0.113.7", "203.0.113.7", False),
        # To be the server itself, a proxy of ours on the open net, nobody, or an attack, is made up.
        ("10.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", "::1, 203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", "0.0.0.0, 203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", "' OR 1=1--, 203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", ",".join(["8.8.8.8"] * (MOST_CLAIMS + 1)) + ",203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", ",".join(["8.8.8.8"] * MOST_CLAIMS) + ",203.0.113.7", "203.0.113.7", False),
        # What is no address ends the walk at the nearest that is known.
        ("10.0.0.1", "garbage", None, True),
        ("10.0.0.1", "unknown", None, False),
        ("10.0.0.1", "203.0.113.7, garbage, 10.0.0.2", "10.0.0.2", True),
        ("10.0.0.1", "", None, False),
        # All of them ours: the leftmost asked.
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", False),
        # Ports, brackets, IPv6, IPv4 inside IPv6.
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7", False),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7", False),
        ("2001:db8:ffff::1", "2001:DB8:0::7", "2001:db8::7", False),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7", False),
    ],
)
def test_walk(peer: str, header: str, client: str | None, spoofed: bool) -> None:
    assert walk(peer, header.split(","), TRUSTED) == Found(client, spoofed)


def test_a_public_address_of_a_proxy_is_not_to_be_claimed() -> None:
    """A content delivery network's addresses are public; a client cannot have come through one and not have."""
    trusted = Networks(["173.245.48.0/20"])
    assert walk("173.245.48.1", ["173.245.49.9", "203.0.113.7"], trusted) == Found("203.0.113.7", True)


@pytest.mark.parametrize(
    ("header", "entries"),
    [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]),
        ('For="[2001:db8:cafe::17]:4711"', ["[2001:db8:cafe::17]:4711"]),
        ("for=192.0.2.43, for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]),
        ('for="_gazonk"', ["_gazonk"]),
        ("proto=https;by=203.0.113.43, for=unknown", ["", "unknown"]),
        ('for=192.0.2.43;host="a,b;for=6.6.6.6", for=198.51.100.17', ["192.0.2.43", "198.51.100.17"]),
    ],
)
def test_forwarded_is_read_as_rfc_7239_says(header: str, entries: list[str]) -> None:
    assert split_forwarded(header) == entries


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
ours = st.sampled_from(["10.0.0.1", "10.255.0.9", "198.51.100.77", "2001:db8:ffff::5"])
noise = st.sampled_from(["unknown", "", " ", "_x", "1.2.3", "::1::", "127.0.0.1", "<script>", "8.8.8.8:99999999"])
entries = st.lists(st.one_of(ours, addresses, noise), max_size=14)


def naive(peer: str, header: list[str]) -> str:
    """The client by the plainest reading of the rule, one hop after the other."""
    nearest = peer
    for entry in reversed(header):
        if not TRUSTED.holds(nearest):
            return nearest
        try:
            address = ip_address(node_of(entry))
        except ValueError:
            return nearest
        nearest = str((address.version == 6 and address.ipv4_mapped) or address)
    return nearest


@settings(deadline=None)
@given(st.one_of(ours, addresses), entries)
def test_walk_finds_what_the_plainest_reading_finds(peer: str, header: list[str]) -> None:
    assert (walk(peer, header, TRUSTED).client or peer) == naive(peer, header)


@settings(deadline=None)
@given(st.one_of(ours, addresses), entries, entries)
def test_nothing_left_of_an_untrusted_address_has_a_say(peer: str, claims: list[str], header: list[str]) -> None:
    """Whatever stands before an address that is no proxy of ours, the client stays the same."""
    alone = walk(peer, ["203.0.113.7", *header], TRUSTED)
    assert walk(peer, [*claims, "203.0.113.7", *header], TRUSTED).client == alone.client


def test_source_follows_the_client_and_the_peer_is_kept() -> None:
    peers = ["10.0.0.1", "203.0.113.9", "10.0.0.1", "10.0.0.1"]
    headers = ["127.0.0.1, 2001:db8::7", "8.8.8.8", None, "-"]
    found = RealClient(PROXIES, "x-forwarded-for")(frame_of_peers(peers, "forwarded_for", headers))
    assert found["source.address"].to_list() == ["2001:db8::7", "203.0.113.9", "10.0.0.1", "10.0.0.1"]
    assert found["source.ip"].to_list() == found["source.address"].to_list()
    assert found["wwwatch.net"][0] == "2001:db8::/64"
    assert found["client.ip"].to_list() == ["2001:db8::7", None, None, None]
    assert found["network.peer.address"].to_list() == ["10.0.0.1", None, None, None]
    assert found["tags"].to_list() == [f'["{SPOOFED}"]', None, None, None]


def test_only_the_named_header_is_believed() -> None:
    frame = frame_of_peers(["10.0.0.1"], "forwarded", ["for=203.0.113.7"])
    assert RealClient(PROXIES, "x-forwarded-for")(frame).equals(frame)
    assert RealClient(PROXIES, "forwarded")(frame)["source.ip"].to_list() == ["203.0.113.7"]
    single = frame_of_peers(["10.0.0.1"], "real_ip", ["203.0.113.8"])
    assert RealClient(PROXIES, "x-real-ip")(single)["client.ip"].to_list() == ["203.0.113.8"]


def test_a_peer_the_server_has_logged_itself_is_kept() -> None:
    """mod_remoteip and realip find the client themselves; behind their proxy may be one more of ours."""
    frame = frame_of_peers(["10.0.0.2", "203.0.113.9"], "forwarded_for", ["203.0.113.7", "1.1.1.1"])
    known = frame.with_columns(pl.Series("network.peer.address", ["10.0.0.1", "10.0.0.1"]))
    found = RealClient(PROXIES, "x-forwarded-for")(known)
    assert found["source.ip"].to_list() == ["203.0.113.7", "203.0.113.9"]
    assert found["network.peer.address"].to_list() == ["10.0.0.1", "10.0.0.1"]
