"""Pseudonyms: the published map for addresses, networks that stay networks, and no trace of what was hidden."""

import base64
from ipaddress import ip_address
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.enrichment.hiding import LEFT_OUT
from ingest.enrichment.networks import parsed
from ingest.enrichment.pseudonyms import Pseudonyms, key_of
from ingest.enrichment.scrub import replace_addresses, word
from ingest.parse import frame_of
from ingest.reader import Chunk
from tests.unit.enrichment_examples import KEY, enriched, enrichment_of, frame_of_peers, line
from wwwatch.errors import SettingsError

# Key and addresses of the sample trace that comes with the authors' Crypto-PAn.
SAMPLE_KEY = bytes.fromhex("1522178d33a4cf80130a5b1649907d10d8988f8379796527" + "62574c2d2a842202")
SAMPLE = {
    "128.11.68.132": "135.242.180.132", "129.118.74.4": "134.136.186.123", "130.132.252.244": "133.68.164.234",
    "141.223.7.43": "141.167.8.160", "141.233.145.108": "141.129.237.235", "152.163.225.39": "151.140.114.167",
    "156.29.3.236": "147.225.12.42", "165.247.96.84": "162.9.99.234", "166.107.77.190": "160.132.178.185",
    "192.102.249.13": "252.138.62.131", "192.215.32.125": "252.43.47.189", "192.233.80.103": "252.25.108.8",
    # IPv6, as the implementations in Go, Rust and Node agree.
    "::1": "78ff:f001:9fc0:20df:8380:b1f1:704:ed", "2001:db8::1": "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e",
}  # fmt: skip
HIDDEN = {"pseudonyms": {"addresses": True, "users": True, "key": KEY}}


def test_addresses_are_mapped_as_published() -> None:
    assert Pseudonyms(SAMPLE_KEY).of_clients(list(SAMPLE)) == list(SAMPLE.values())
    assert [Pseudonyms(SAMPLE_KEY).of_address(text) for text in SAMPLE] == list(SAMPLE.values())


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
@settings(deadline=None)  # the first call loads a library
def test_the_key_leads_back(address: Any) -> None:
    pseudonyms = Pseudonyms(SAMPLE_KEY)
    assert pseudonyms.original(pseudonyms.of_clients([str(address)])[0]) == str(parsed(str(address)))
    assert pseudonyms.original("user-0123456789abcdef") is None


def shared_bits(one: str, two: str) -> int:
    """How many bits two addresses have in common from their start."""
    first, second = ip_address(one), ip_address(two)
    return first.max_prefixlen - (int(first) ^ int(second)).bit_length()


@settings(deadline=None)  # the first call loads a library
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 127), st.integers(0, 2**128))
def test_addresses_share_exactly_as_many_bits_as_before(address: Any, turned: int, rest: int) -> None:
    size = address.max_prefixlen
    other = type(address)(int(address) ^ ((1 << turned % size) | rest % (1 << turned % size)))
    one, two = Pseudonyms(SAMPLE_KEY).of_clients([str(address), str(other)])
    # An IPv4 address inside an IPv6 one counts as itself.
    if ip_address(one).version == ip_address(two).version == address.version:
        assert shared_bits(one, two) == shared_bits(str(address), str(other))


@pytest.mark.parametrize("key", ["", "!", base64.b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_says_how_to_make_one(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        key_of(key)
    assert "openssl rand -base64 32" in caught.value.hint


PLACES = [
    line("203.0.113.77"),
    line("203.0.113.77", "/whois?ip=203.0.113.77&x=203.0.113.77"),
    line("203.0.113.77", "/u?next=http%3A%2F%2F203.0.113.77%2F", referrer="http://203.0.113.77:8080/"),
    line("203.0.113.77", "/203.0.113.77", agent=r"probe/1 \x22203.0.113.77\x22"),
    line("203.0.113.77", "http://203.0.113.77/"),
    line("203.0.113.77", r"/a\xe9", agent="203.0.113.77"),
    line("203.0.113.77") + ' "203.0.113.77, 10.0.0.1"',
    line("2001:db8:7777::77"),
    line("2001:db8:7777::77", "/?ip=2001:db8:7777::77&t=2001%3Adb8%3A7777%3A%3A77", referrer="http://[2001:db8:7777::77]/"),
    line("host.customer.example", "/?h=host.customer.example"),
    line("203.0.113.77", "/home/jeanne.doe?user=jeanne.doe", user="jeanne.doe"),
    line("203.0.113.77", "/?u=Jeanne%20Doe%40x", user="jeanne doe@x"),
    line("203.0.113.77", "/?u=a b/203.0.113.77", agent="Serf/1.1.0 mod_pagespeed/1.9.32.3-4448 x/203.0.113.77"),
]  # fmt: skip
TRACES = ("203.0.113.77", "7777::77", "7777%3A%3A77", "customer", "jeanne", "doe")


@pytest.mark.parametrize("text", PLACES)
def test_no_document_holds_a_trace_of_what_was_hidden(text: str) -> None:
    [document] = enriched(text, **HIDDEN)
    written = orjson.dumps(document).decode().lower()
    assert document["source"]["address"]
    assert [trace for trace in TRACES if trace in written] == []


@pytest.mark.parametrize(
    ("written", "name"),
    [(r"j\xC3\xBCrgen", "jürgen"), (r"o\x22brien", 'o"brien'), (r"o\"brien", 'o"brien'), ("jürgen", "jürgen")],
)
def test_names_are_found_as_servers_escape_them(written: str, name: str) -> None:
    [plain], [hidden] = enriched(line(user=written)), enriched(line(user=written), **HIDDEN)
    assert plain["user"]["name"] == name
    assert hidden["user"]["name"] == Pseudonyms(base64.b64decode(KEY)).of_user(name)
    assert hidden["event"]["original"].startswith(f"{hidden['source']['address']} - {hidden['user']['name']} [")


def test_a_line_that_writes_its_name_in_an_unknown_way_is_left_out() -> None:
    frame = frame_of_peers(["203.0.113.77"], "forwarded_for", [None]).with_columns(
        pl.lit("203.0.113.77 wuser").alias("line"), pl.lit(1, dtype=pl.UInt32).alias("check"),
        pl.lit("user").alias("user.name"),
    )  # fmt: skip
    assert enrichment_of(**HIDDEN).apply(frame)["line"].to_list() == [LEFT_OUT]


def test_fields_line_and_texts_agree() -> None:
    [document] = enriched(line("203.0.113.77", "/?ip=203.0.113.77", user="ann"), **HIDDEN)
    address, user = document["source"]["address"], document["user"]["name"]
    assert document["source"]["ip"] == address
    assert document["wwwatch"]["net"] == address.rpartition(".")[0] + ".0/24"
    assert document["url"]["query"] == f"ip={address}"
    assert document["event"]["original"] == line(address, f"/?ip={address}", user=user)
    assert user.startswith("user-")


def test_the_rest_of_a_document_is_as_it_was() -> None:
    """Browsers' versions look like addresses, and times a little like IPv6."""
    agent = "Mozilla/5.0 (X11) Chrome/120.0.0.0 Edg/120.0.0.0 mod_pagespeed/1.9.32.3-4448"
    text = line("203.0.113.77", "/10:20:30/Foo::Bar/1.2.3/x.php", agent=agent)
    [plain], [hidden] = enriched(text), enriched(text, **HIDDEN)
    address = hidden["source"]["address"]
    for name in ("url", "user_agent", "http", "@timestamp", "log"):
        assert hidden[name] == plain[name]
    assert hidden["event"]["original"] == plain["event"]["original"].replace("203.0.113.77", address)


def test_another_address_that_holds_the_clients_as_text_is_another() -> None:
    [document] = enriched(line("1.2.3.4", "/?a=11.2.3.45&b=1.2.3.44"), **HIDDEN)
    hidden = Pseudonyms(base64.b64decode(KEY)).of_address
    assert document["url"]["query"] == f"a={hidden('11.2.3.45')}&b={hidden('1.2.3.44')}"


def test_networks_still_group() -> None:
    hidden = enriched(*(line(f"203.0.113.{last}") for last in range(5)), **HIDDEN)
    assert len({document["wwwatch"]["net"] for document in hidden}) == 1
    assert len({document["source"]["ip"] for document in hidden}) == 5


def test_users_alone_leave_addresses() -> None:
    [document] = enriched(line(user="ann"), pseudonyms={"users": True, "key": KEY})
    assert document["source"]["address"] == "203.0.113.7"
    assert "ann" not in orjson.dumps(document).decode()


def test_headers_and_the_peer_are_hidden_too() -> None:
    frame = frame_of_peers(["10.1.2.3"], "forwarded_for", ["6.6.6.6, 203.0.113.77"]).with_columns(
        pl.lit('10.1.2.3 "6.6.6.6, 203.0.113.77"').alias("line"), pl.lit(1, dtype=pl.UInt32).alias("check")
    )
    wish = {"real_client": {"trusted_proxies": ["10.0.0.0/8"]}, "pseudonyms": {"addresses": True, "key": KEY}}
    found = enrichment_of(**wish).apply(frame)
    hidden = Pseudonyms(base64.b64decode(KEY)).of_address
    [row] = found.to_dicts()
    assert row["source.address"] == row["client.ip"] == hidden("203.0.113.77")
    assert row["network.peer.address"] == hidden("10.1.2.3")
    assert row["line"] == f'{hidden("10.1.2.3")} "{hidden("6.6.6.6")}, {hidden("203.0.113.77")}"'


def test_the_check_in_the_id_cannot_be_tried_out() -> None:
    """A plain CRC of the raw line would tell the address to anyone who has the rest of the line."""
    lines = frame_of(Chunk(0, 0, [b"203.0.113.7 x", b"203.0.113.8 x"], b""))
    one, two = (enrichment_of(pseudonyms={"addresses": True, "key": key}).checked(lines)["check"] for key in (KEY, KEY))
    other = base64.b64encode(bytes(32)).decode()
    three = enrichment_of(pseudonyms={"addresses": True, "key": other}).checked(lines)["check"]
    assert one.equals(two)
    assert not set(one) & set(three)
    assert not set(one) & set(lines["check"])
    assert len(set(one)) == 2


@pytest.mark.parametrize("wish", ["omitted", "replaced"])
def test_rejects_are_left_out_or_replaced(wish: str) -> None:
    [reject] = enriched(
        "no line of a log 203.0.113.77, 2001:db8:7777::77",
        pseudonyms={"addresses": True, "users": True, "key": KEY, "rejects": wish},
    )
    hidden = Pseudonyms(base64.b64decode(KEY)).of_address
    expected = "" if wish == "omitted" else f"no line of a log {hidden('203.0.113.77')}, {hidden('2001:db8:7777::77')}"
    assert reject["event"]["original"] == expected
    assert reject["wwwatch"]["length_bytes"] == len(expected or "no line of a log 203.0.113.77, 2001:db8:7777::77")


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("1.2.3.4", "<1.2.3.4>"),
        ("a=1.2.3.4,b=[1.2.3.4]:80", "a=<1.2.3.4>,b=[<1.2.3.4>]:80"),
        ("ip:1.2.3.4 face:1.2.3.4", "ip:<1.2.3.4> face:<1.2.3.4>"),
        ("%221.2.3.4%22", "%22<1.2.3.4>%22"),
        (r"\x221.2.3.4\x22", r"\x22<1.2.3.4>\x22"),
        ("::ffff:1.2.3.4", "<::ffff:1.2.3.4>"),
        ("src:2001:db8::1!", "src:<2001:db8::1>!"),
        ("2001%3adb8%3A%3a1", "<2001:db8::1>"),
        # No addresses.
        ("1.2.3.4.5 v1.2.3.4 1.2.3.400 11.2.3", "1.2.3.4.5 v1.2.3.4 1.2.3.400 11.2.3"),
        ("[10/Oct/2026:13:55:36 +0000] std::map", "[10/Oct/2026:13:55:36 +0000] std::map"),
        ("00:11:22:33:44:55", "00:11:22:33:44:55"),
        ("Chrome/120.0.0.0", "Chrome/120.0.0.0"),
    ],
)  # fmt: skip
def test_addresses_are_recognised_wherever_they_stand(text: str, replaced: str) -> None:
    marked = replace_addresses(text, lambda found: f"<{found}>" if parsed(found) else None).replace("%3A", ":")
    assert marked == replaced


DELIMITERS = st.sampled_from([" ", "/", "=", "&", "?", "%22", "%2F", ",", ":", "-", "(", "'", "|", "a/b=", "[", "]"])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(DELIMITERS, st.sampled_from(["203.0.113.77", "2001:db8:7777::77", "x", "10"])), max_size=6))
def test_no_trace_whatever_stands_around(pieces: list[tuple[str, str]]) -> None:
    text = "/" + "".join(delimiter + piece for delimiter, piece in pieces) + "/"
    found = replace_addresses(text, Pseudonyms(SAMPLE_KEY).of_address, ("203.0.113.77", "2001:db8:7777::77"))
    assert "203.0.113.77" not in found
    assert "7777::77" not in found


def test_names_are_words_of_their_own() -> None:
    found = word("ann").sub("X", "ann anna joann /ann/ ?u=ann&v=%20ann ann.example Ann")
    assert found == "X anna joann /X/ ?u=X&v=%20X ann.example X"
