"""What is sent to a real server for a planned request, and from where."""

import ipaddress
from dataclasses import replace

import pytest

from simulator import credentials, live
from simulator.accounts import Accounts
from simulator.driving import clients
from simulator.driving.messages import Messages
from simulator.planning import spread_often
from simulator.request import Answer, Client, Request
from simulator.site import Site
from wwwatch.errors import UsageError

SEED = 5
SITE = Site.shop(SEED)
ACCOUNTS = Accounts(SITE.host, SEED)
PERSON = Client("198.51.100.7", "browser", "ann", "person")


def planned(method: str = "GET", target: str = "/", status: int = 200, size: int = 10, user: str = "") -> Request:
    return PERSON.request(1000.0, method, target, Answer(status, size), "https://r/", user)


def sent(request: Request) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers by lower-case name, body."""
    head, _, body = (
        Messages(SITE, ACCOUNTS).encoded(request, {"X-Forwarded-For": request.address}, "a=b").partition(b"\r\n\r\n")
    )
    line, *rest = head.decode("utf-8", "surrogateescape").split("\r\n")
    return line, {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}, body


def test_a_page_is_asked_for_as_planned() -> None:
    line, headers, body = sent(planned(target="/c/chairs?x=%00"))

    assert line == "GET /c/chairs?x=%00 HTTP/1.1"
    assert headers == {
        "host": SITE.host, "user-agent": "browser", "referer": "https://r/", "x-forwarded-for": "198.51.100.7",
        "cookie": "a=b", "connection": "close",
    }  # fmt: skip
    assert body == b""


def test_bytes_that_are_no_text_are_sent_as_they_are() -> None:
    target = b"/caf\xe9".decode("utf-8", "surrogateescape")

    assert Messages(SITE, ACCOUNTS).encoded(planned(target=target), {}, "").startswith(b"GET /caf\xe9 HTTP/1.1\r\n")


def test_a_planned_success_brings_the_right_password_and_a_failure_a_wrong_one() -> None:
    login = SITE.login_for("form")
    right = planned("POST", login.path, login.success.status, login.success.response_bytes)
    wrong = planned("POST", login.path, login.failure.status, login.failure.response_bytes)

    pairs = [credentials.read(login, headers, body) for _, headers, body in (sent(right), sent(wrong))]

    assert all(pairs)
    assert [ACCOUNTS.check(*pair) for pair in pairs if pair] == [True, False]


def test_guesses_differ() -> None:
    login, messages = SITE.login_for("form"), Messages(SITE, ACCOUNTS)
    guess = replace(
        planned("POST", login.path, login.failure.status, login.failure.response_bytes), label="credential_stuffing"
    )

    assert len({messages.encoded(guess, {}, "") for _ in range(5)}) == 5


def test_what_is_cached_and_what_comes_in_pieces() -> None:
    assert "if-modified-since" in sent(planned(target="/favicon.ico", status=304))[1]
    assert sent(planned(target="/files/assembly.pdf", status=206))[1]["range"].startswith("bytes=0-")


def test_noise_is_sent_raw() -> None:
    noise = replace(planned(), method="", target="\x16\x03\x01")

    assert Messages(SITE, ACCOUNTS).encoded(noise, {}, "") == b"\x16\x03\x01\r\n\r\n"
    assert clients.way(clients.FORWARDED, noise) is None


def test_addresses_of_loopback_are_distinct_stable_and_keep_their_neighbours() -> None:
    found = {clients.loopback(f"81.2.{net}.{host}") for net in range(40) for host in (1, 7)}

    assert len(found) == 80
    assert all(ipaddress.ip_address(one).is_loopback for one in found)
    assert clients.loopback("81.2.69.1").rpartition(".")[0] == clients.loopback("81.2.69.7").rpartition(".")[0]
    assert clients.loopback("2a01:5:6:7::9").startswith("127.")
    assert clients.way(clients.LOOPBACK, planned()) == clients.Way(
        clients.loopback("198.51.100.7"), clients.loopback("198.51.100.7"), {}
    )


@pytest.mark.parametrize(
    "text",
    ["http://198.51.100.7", "http://10.0.0.1:8080", "https://127.0.0.1", "http://", "127.0.0.1:99999", "http://[::1"],
)
def test_nothing_but_this_machine_is_a_target(text: str) -> None:
    with pytest.raises(UsageError):
        live.address(text, 80)


def test_addresses_of_this_machine() -> None:
    assert live.address("http://127.0.0.1:8080/", 80) == ("127.0.0.1", 8080)
    assert live.address("127.0.0.1:0", 8081) == ("127.0.0.1", 0)
    assert live.address("http://[::1]", 80) == ("::1", 80)


def test_rounds_bring_each_style_once_in_each_part() -> None:
    plans = spread_often(["scan_users", "brute_force_json"], 0, 9000, 1, None, 3)

    for part in range(3):
        assert sorted(plan.style for plan in plans if part * 3000 <= plan.start < (part + 1) * 3000) == [
            "brute_force_json", "scan_users",
        ]  # fmt: skip
