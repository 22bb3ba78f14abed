"""Text from a log, made safe."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import safe
from tests.unit.alerts_examples import HOSTILE

# What mail programs make links of: a scheme with slashes, `www.`, or a name that ends in letters after a dot.
LINK = re.compile(r"\b(?:https?|ftp)://|\bwww\.|\b(?:javascript|data|mailto|file):", re.IGNORECASE)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_visible_short_and_no_link(text: str) -> None:
    shown = safe.told(text)

    assert len(shown) <= 200
    assert not {unicodedata.category(character) for character in shown} & safe.INVISIBLE
    assert not LINK.search(shown)
    shown.encode("utf-8")


@given(st.text())
def test_any_text_stays_visible_short_and_encodable(text: str) -> None:
    shown = safe.told(text, 50)

    assert len(shown) <= 50
    assert not {unicodedata.category(character) for character in shown} & safe.INVISIBLE
    assert not LINK.search(shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://evil.example/a.b", "hxxp://evil[.]example/a.b"),
        ("HTTPS://evil.example", "hxxpS://evil[.]example"),
        ("ftp://evil.example", "ftp[:]//evil[.]example"),
        ("www.evil.example", "www[.]evil[.]example"),
        ("www.10.0.0.1", "www[.]10.0.0.1"),
        ("a@evil.example", "a[@]evil[.]example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("evil.com/x?u=пример.рф", "evil[.]com/x?u=пример[.]рф"),
        ("evil.xn--p1ai", "evil[.]xn--p1ai"),
    ],
)
def test_addresses_are_written_so_that_they_are_no_links(text: str, shown: str) -> None:
    assert safe.defang(text) == shown


@pytest.mark.parametrize(
    "text", ["POST /wp-login.php HTTP/1.1", "/jquery.min.js", "203.0.113.7", "Mozilla/5.0 (X11)", "/.env", "curl/8.5.0"]
)
def test_ordinary_log_text_stays_as_it_is(text: str) -> None:
    assert safe.told(text) == text


def test_a_header_is_one_line() -> None:
    assert safe.header("a\r\nBcc: b@c.example\t\x00x") == "a Bcc: b@c.example \\x00x"


@pytest.mark.parametrize("text", ["evil.example", "$(reboot)", "203.0.113.7; reboot", "fe80::1%$(reboot)", ""])
def test_only_an_address_gets_into_a_command(text: str) -> None:
    assert safe.address_command(text, "default") is None


def test_the_command_names_address_and_namespace() -> None:
    assert safe.address_command("2001:DB8:0::7", "default") == "wwwatch ip 2001:db8::7"
    assert safe.address_command("203.0.113.7", "shop") == "wwwatch ip 203.0.113.7 --namespace shop"
