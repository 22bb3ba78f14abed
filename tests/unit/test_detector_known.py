"""Known good and feedback: who is not raised, why, and what a name is worth."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pandas as pd
import pytest

from detector.classes import Severity
from detector.crawlers import CRAWLERS, FAKE, UNKNOWN, VERIFIED, Resolver, claimed, confirmed, read_lists
from detector.groups.findings import GroupFinding
from detector.known import ALLOWED, DISMISSED, SILENCED, Known, is_own
from detector.labels import COPIES, by_verdict
from detector.model import NORMAL
from detector.scoring import Finding
from detector.windows import Span
from wwwatch.control import Allowed, ControlError, Silence, Verdict, as_network
from wwwatch.errors import SettingsError
from wwwatch.moments import iso

START = datetime(2026, 5, 4, 10, tzinfo=UTC)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ADDRESS = "66.249.66.1"
CRAWLER = next(crawler for crawler in CRAWLERS if crawler.name == "Googlebot")


def finding(address: str = "198.51.100.7", name: str = "scraping") -> Finding:
    start = int(START.timestamp())
    return Finding("ip", address, start, 600, start + 5.0, start + 590.0, name, 0.9, 0.9, Severity.MEDIUM, {})


class Names(Resolver):
    """A resolver that knows what it is told: name by address, addresses by name; or it does not answer."""

    def __init__(self, name: str | None, addresses: set[str], answers: bool = True) -> None:
        super().__init__()
        self._names, self._addresses, self._answers = {ADDRESS: name}, {name: addresses}, answers

    def name_of(self, address: str) -> str | None:
        if not self._answers:
            raise TimeoutError
        return self._names[address]

    def addresses_of(self, name: str) -> set[str]:
        return self._addresses[name]


@pytest.mark.parametrize(
    ("name", "addresses", "answers", "result"),
    [
        ("crawl-66.googlebot.com", {"66.249.66.1"}, True, VERIFIED),
        ("crawl-66.googlebot.com", {"203.0.113.1"}, True, FAKE),  # the name does not lead back
        ("googlebot.com.attacker.example", {"66.249.66.1"}, True, FAKE),
        ("evilgooglebot.com", {"66.249.66.1"}, True, FAKE),
        (None, set(), True, FAKE),
        ("", set(), False, UNKNOWN),
    ],
)
def test_a_crawler_is_one_if_name_and_address_confirm_each_other(
    name: str | None, addresses: set[str], answers: bool, result: str
) -> None:
    assert confirmed(CRAWLER, ADDRESS, Names(name, addresses, answers)) == result


def test_a_slow_resolver_is_not_waited_for() -> None:
    resolver = Resolver(timeout_seconds=0.01)
    with pytest.raises(TimeoutError):
        resolver._asked(lambda: Event().wait(5))


def test_a_name_alone_is_worth_nothing() -> None:
    results: dict[str, Callable[..., str]] = {result: lambda *_, r=result: r for result in (VERIFIED, FAKE, UNKNOWN)}
    told = {result: Known(verify=verify).standing(finding(), [GOOGLEBOT]) for result, verify in results.items()}
    assert told[VERIFIED].status == ALLOWED
    assert (told[FAKE].status, "not one of theirs" in told[FAKE].why) == (None, True)
    assert (told[UNKNOWN].status, told[UNKNOWN].why) == (None, "")


def test_a_verified_crawler_that_follows_hostile_links_is_told() -> None:
    known = Known(verify=lambda *_: VERIFIED)
    assert known.standing(finding(name="injection"), [GOOGLEBOT]).status is None


def test_agents_of_people_claim_nothing() -> None:
    assert claimed(["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"]) is None
    assert claimed([GOOGLEBOT]) == CRAWLER


def test_the_allow_list_holds_for_networks_until_it_expires() -> None:
    entry = Allowed(as_network("198.51.100.0/24"), "our office", iso(START), iso(START + timedelta(hours=1)))
    assert Known(allowed=[entry]).standing(finding(), []).status == ALLOWED
    assert Known(allowed=[entry]).standing(finding("198.51.101.7"), []).status is None
    assert Known(allowed=[entry]).standing(finding("office.example"), []).status is None
    assert not entry.holds("198.51.100.7", START + timedelta(hours=2))


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "198.51.100.7/24", "office.example", "", "1.2.3.4; drop"])
def test_what_cannot_be_allowed(text: str) -> None:
    with pytest.raises(ControlError):
        as_network(text)


def test_the_server_itself_may_be_loud_but_not_hostile() -> None:
    assert is_own("127.0.0.1")
    assert is_own("::1")
    assert Known().standing(finding("::1"), []).status == ALLOWED
    assert Known().standing(finding("::1", "brute_force"), []).status is None


def test_maintenance_silences_windows_that_touch_it() -> None:
    during = Silence("1", iso(START + timedelta(minutes=5)), iso(START + timedelta(hours=1)), "load test")
    before = Silence("2", iso(START - timedelta(hours=1)), iso(START), "move")
    assert Known(silences=[before, during]).standing(finding(), []) == Known(silences=[during]).standing(finding(), [])
    assert Known(silences=[during]).standing(finding(), []).status == SILENCED
    assert Known(silences=[before]).standing(finding(), []).status is None


def verdict(hostile: bool, who: str = "198.51.100.7") -> Verdict:
    return Verdict("id", hostile, "", "scraping", "ip", who, (who,), iso(START), iso(START + timedelta(minutes=5)))


def test_a_false_verdict_dismisses_the_like_of_its_entity() -> None:
    known = Known(verdicts=[verdict(False)])
    assert known.standing(finding(), []).status == DISMISSED
    assert known.standing(finding(name="scan"), []).status is None
    assert known.standing(finding("198.51.100.8"), []).status is None
    assert Known(verdicts=[verdict(True)]).standing(finding(), []).status is None


def test_verdicts_are_labels() -> None:
    start = int(START.timestamp())
    history = pd.DataFrame(
        {
            "entity": ["198.51.100.7", "198.51.100.7", "203.0.113.1"],
            "window_start": [start, start + 7200, start],
            "window_seconds": [600, 600, 600],
        }
    )
    told = by_verdict(history, [verdict(False), verdict(True, "203.0.113.1")])
    assert list(told.rest["window_start"]) == [start + 7200]
    assert told.rows.labels.value_counts().to_dict() == {NORMAL: COPIES, "scraping": COPIES}
    assert told.rows.groups.is_unique


def test_published_lists_are_read_and_wrong_ones_refused(tmp_path: Path) -> None:
    good = tmp_path / "googlebot.json"
    good.write_text(json.dumps({"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}, {"ipv6Prefix": "2001:4860::/64"}]}))
    assert [str(network) for network in read_lists([good])["googlebot"]] == ["66.249.64.0/27", "2001:4860::/64"]
    for name, text in (("bingbot.json", "[]"), ("somebody.json", "{}"), ("applebot.json", '{"prefixes": [{}]}')):
        (tmp_path / name).write_text(text)
        with pytest.raises(SettingsError):
            read_lists([tmp_path / name])


def group(kind: str, id_: str, *members: str) -> GroupFinding:
    start = int(START.timestamp())
    return GroupFinding(
        kind, id_, start, 600, start + 5.0, start + 590.0, "credential_stuffing", 0.9, 0.9, Severity.HIGH, {},
        members, len(members), "", {}, "/login",
    )  # fmt: skip


def said_false(kind: str, id_: str, *members: str, name: str = "credential_stuffing") -> Verdict:
    return Verdict("1", False, "", name, kind, id_, members, iso(START), iso(START + timedelta(hours=1)))


def test_a_verdict_on_a_login_page_holds_for_the_clients_it_was_given_on() -> None:
    known = Known(verdicts=[said_false("login", "/login", "192.0.2.1", "192.0.2.2", "192.0.2.3")])
    assert known.standing(group("login", "/login", "192.0.2.1", "192.0.2.3", "192.0.2.9"), []).status == DISMISSED
    assert known.standing(group("login", "/login", "198.51.100.1", "198.51.100.2", "192.0.2.1"), []).status is None
    own_network = Known(verdicts=[said_false("net", "192.0.2.0/24", "192.0.2.1")])
    assert own_network.standing(group("net", "192.0.2.0/24", "192.0.2.8", "192.0.2.9"), []).status == DISMISSED


def test_who_is_allowed_or_judged_harmless_makes_no_group() -> None:
    allowed = Allowed(as_network("198.51.100.0/24"), "load test", iso(START), iso(START + timedelta(days=1)))
    known = Known(allowed=[allowed], verdicts=[said_false("ip", "192.0.2.1", "192.0.2.1", name="brute_force")])
    clients = ["198.51.100.7", "192.0.2.1", "127.0.0.1", "203.0.113.5"]
    begins = int(START.timestamp())
    assert known.spared(clients, Span(begins, begins + 600)) == {"198.51.100.7", "192.0.2.1", "127.0.0.1"}
    later = begins + 2 * 86400
    assert known.spared(clients, Span(later, later + 600)) == {"192.0.2.1", "127.0.0.1"}
    assert known.spared(clients, Span(begins - 7200, begins - 3600)) == {"198.51.100.7", "127.0.0.1"}
