"""The alert mail's words, and that text of a log does nothing in any form an alert takes."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import alert, mail, webhook
from alerts.memory import Notice
from alerts.notices import CLOSED, ESCALATED
from tests.unit.alert_examples import ADDRESS, AT, BERLIN, ID, facts, hostile, incident
from tests.unit.alerts_examples import HOSTILE
from wwwatch.console import UNSAFE
from wwwatch.settings import MailSettings

RECIPIENTS = ("root@shop.example",)
MAIL = MailSettings(host="mail.example", sender="wwwatch <w@shop.example>", recipients=RECIPIENTS)
# More that a log may hold: forged headers, encoded words, look-alikes, long tokens, chat markup, deny-line breakers.
CORPUS = (
    *HOSTILE,
    "x\nSubject: forged\nX-Evil: 1",
    "\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n",
    "=?utf-8?B?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==?=",
    "=?utf-8?Q?=0D=0ABcc:_victim@evil.example?=",
    "pаypal.com and аррӏе.com",  # noqa: RUF001 - homographs are the point
    "\u2066\u202e\u2067gnp.1\u2069",
    "W" * 5000 + " " + "/" * 5000,
    "<!channel> <!here> <@U123> @channel @all <https://evil.example|click>",
    "`code` ``` *bold* [x](https://evil.example) ![](https://evil.example/a.png)",
    "]]> --> </style></script></td></table><h1>x",
    "1.2.3.4; } server { return 301 https://evil.example; }",
    "deny all;\nallow 0.0.0.0/0;",
    "\x00\x01\x08\x7f\x9b31m\u0085",
    "&#x3c;script&#x3e; &lt;b&gt;",
    "${jndi:ldap://evil.example/a} %s %n {0} {{config}}",
    "' or 1=1 -- \" $(id) ; | & > /etc/passwd",
)
LIVE = re.compile(
    r"\b(?:https?|ftp)://(?!kibana\.example\.org/)|\bwww\.|\b(?:javascript|data|mailto|file):", re.IGNORECASE
)
MENTION = re.compile(r"<!|<@|<#|(?<!\()@|<https?:")


class Tags(HTMLParser):
    """Names of tags, attributes, and the text outside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def mailed(message: alert.Message, event: str = "opened", thread: str = "opened:a") -> EmailMessage:
    envelope = mail.Envelope("alert", ("shop", f"{event}:a"), "shop", RECIPIENTS, ("shop", thread))
    parsed = message_from_bytes(mail.build(message, envelope, MAIL, AT).as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@cache
def made(text: str) -> alert.Message:
    return alert.compose(hostile(text), BERLIN)


ORDINARY = alert.compose(facts(), BERLIN)
TAGS = read(ORDINARY.page())
WITHOUT_PLOT = read(made("harmless").page())


def test_the_subject_says_it_all() -> None:
    assert ORDINARY.subject == (
        "[wwwatch] CRITICAL brute_force 203.0.113.7 on shop: 412 failed logins and 1 successful login"
    )


@pytest.mark.parametrize(
    ("changed", "ending"),
    [
        ({"event": ESCALATED}, ": graver now: 412 failed logins and 1 successful login"),
        ({"event": CLOSED}, ": over after 50 min, 431 requests"),
        ({"event": CLOSED, "withdrawn": True}, ": taken back"),
        ({"count": 10_000}, " 1 successful login (and 9,999 more)"),
    ],
)
def test_the_subject_says_how_it_stands(changed: Any, ending: str) -> None:
    assert alert.compose(facts(**changed), BERLIN).subject.endswith(ending)


@pytest.mark.parametrize("shown", [ORDINARY.text, TAGS.text])
@pytest.mark.parametrize(
    "told",
    [
        ADDRESS, "203.0.113.0/24", "NL", "Example Hosting B.V.", "is none: its address is not one of theirs",
        "T1110 Brute Force", "MITRE ATT&CK", "2026-11-22 11:02:11", "Europe/Berlin", "50 min", "412", "/wp-login.php",
        "Yes: 1 login succeeded.", "12 requests a minute at most", "POST /wp-login.php", "deny 203.0.113.7;",
        "saddr 203.0.113.7", "banip 203.0.113.7", f"wwwatch verdict {ID} false --namespace shop",
        "wwwatch ip 203.0.113.7", "login failures", "usual at most",
    ],
)  # fmt: skip
def test_text_and_page_tell_what_a_sysadmin_acts_on(shown: str, told: str) -> None:
    assert told.lower() in shown.lower()


def test_the_page_needs_nothing_from_elsewhere() -> None:
    sources = [value for name, value in TAGS.attributes if name in {"src", "background"}]
    links = [value for name, value in TAGS.attributes if name == "href"]

    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert links == [facts().link]
    assert not TAGS.tags & {"script", "link", "iframe", "object", "form", "svg", "style"}


def test_the_plot_has_its_figures_as_alternative_text() -> None:
    (alt,) = [value for name, value in TAGS.attributes if name == "alt"]

    assert "12 requests a minute at most; all others together usually 21" in alt


@pytest.mark.parametrize(
    ("changed", "by_status", "says"),
    [
        ({"reason": "40 failed logins in a minute on /login"}, {"4xx": 40}, "No successful login was seen."),
        ({"reason": "40 login attempts, successes and failures answered alike, in a minute"}, {}, "cannot tell"),
        ({"attack_class": "dos", "reason": "9,000 requests"}, {"2xx": 800, "5xx": 200}, "Yes, the server suffers"),
        ({"attack_class": "dos", "reason": "9,000 requests"}, {"2xx": 1000}, "The server keeps up"),
        ({"attack_class": "scan", "reason": "400 probes"}, {"4xx": 400}, "No: nothing it asked for was given"),
        ({"attack_class": "scan", "reason": "400 probes"}, {"2xx": 3, "4xx": 397}, "Look: 3 requests of 400"),
    ],
)
def test_it_says_whether_it_succeeded(changed: dict[str, object], by_status: dict[str, int], says: str) -> None:
    assert says in alert.compose(facts(incident(**changed), by_status=by_status), BERLIN).text


def test_alerts_on_one_incident_are_a_thread() -> None:
    opened = mailed(ORDINARY)
    closed = mailed(alert.compose(facts(event=CLOSED), BERLIN), "closed")

    assert opened["References"] is None
    assert closed["References"] == closed["In-Reply-To"] == opened["Message-ID"]
    assert opened["Message-ID"] != closed["Message-ID"]
    assert opened["List-Id"] == "wwwatch alert <shop.alert.wwwatch.shop.example>"
    assert opened["Auto-Submitted"] == "auto-generated"


def test_what_was_withheld_is_said_and_where_it_is_told() -> None:
    told = facts(count=10_000, others=(incident(entity_id="203.0.113.8"),), last="attack")
    text = alert.compose(told, BERLIN).text

    assert "and 9,998 more: wwwatch incidents --namespace shop" in text
    assert "counted, and told in the digest" in text


def test_a_self_incident_is_told_without_what_only_clients_have() -> None:
    broken = incident(
        attack_class="silent_host", title="A host went silent", entity_type="host", entity_id="web2", severity="high",
        reason="web2 sent nothing for 3 h; usually it is never silent for longer than 10 min", samples=(), technique="",
    )  # fmt: skip
    message = alert.compose(facts(broken, is_self=True, remedies={}, pages=(), by_status={}, link=""), BERLIN)

    assert message.subject == "[wwwatch] HIGH on shop: web2 sent nothing for 3 h"
    assert "SUCCEEDED" not in message.text
    assert "wwwatch verdict" not in message.text
    assert message.images == ()


# ---- hostile text


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_forges_no_header(text: str) -> None:
    message = mailed(made(text))

    assert set(message.keys()) == set(mailed(ORDINARY).keys())
    assert message["To"] == "root@shop.example"
    assert len(message["Subject"]) <= 165
    assert not UNSAFE.search(message["Subject"])
    assert not LIVE.search(message["Subject"])
    assert not message.defects
    assert all(not part.defects for part in message.walk())


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_is_text_in_the_page(text: str) -> None:
    page = made(text).page()
    tags = read(page)

    assert tags.tags == WITHOUT_PLOT.tags
    assert [value for name, value in tags.attributes if name == "href"] == [facts().link]
    assert {name for name, _ in tags.attributes} == {name for name, _ in WITHOUT_PLOT.attributes}
    assert not LIVE.search(tags.text)
    assert not UNSAFE.search(page.replace("\n", ""))
    assert len(page) < 400_000


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_does_nothing_in_the_text(text: str) -> None:
    shown = made(text).text

    assert not UNSAFE.search(shown.replace("\n", ""))
    assert not LIVE.search(shown)
    assert len(shown.encode()) < 30_000
    assert len(shown.splitlines()) == len(made("quite harmless").text.splitlines())


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_wakes_nobody_in_a_chat(text: str) -> None:
    payload = webhook.payload(made(text).document)
    strings = [payload["text"], payload["attachments"][0]["text"], payload["attachments"][0]["fallback"]]
    strings += [field["value"] for field in payload["attachments"][0]["fields"]]

    for shown in strings:
        assert not MENTION.search(shown)
        assert not LIVE.search(shown)
        assert not UNSAFE.search(shown)
        assert shown.count("`") % 2 == 0
        assert not re.search(r"\]\(|!\[", re.sub("`[^`]*`", "", shown)), "Markdown stays inside of code"
    assert len(orjson.dumps(payload)) < 10_000


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_does_nothing_in_the_document_for_commands(text: str) -> None:
    document = orjson.loads(orjson.dumps(made(text).document))

    for value in document.values():
        assert not UNSAFE.search(str(value))
    assert len(orjson.dumps(document)) < 20_000


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_gets_into_no_command_and_no_deny_line(text: str) -> None:
    message = made(text)

    assert message.document["verdict"] == "", "an id that is none of ours is not put into a command"
    assert message.document["remedies"] == ORDINARY.document["remedies"]
    for shown in message.text.splitlines():
        if shown.startswith(("nginx ", "apache ", "nftables ", "fail2ban ")):
            assert text[:20] not in shown


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_lines_do_nothing_in_a_summary(text: str) -> None:
    line = made(text).lines[0]
    message = alert.summary([line, text] * 40, "high", BERLIN, "shop")
    tags = read(message.page())

    assert "and 30 more" in message.text
    assert not LIVE.search(tags.text + message.text + message.subject)
    assert not UNSAFE.search(message.text.replace("\n", ""))
    assert not tags.tags & {"script", "img", "a", "h1"}
    assert not MENTION.search(webhook.payload(message.document)["attachments"][0]["text"])


@settings(max_examples=25)
@given(st.text(max_size=300))
def test_any_text_is_harmless(text: str) -> None:
    message = alert.compose(hostile(text), BERLIN)
    tags = read(message.html({"requests": "cid:x"}))

    assert tags.tags == WITHOUT_PLOT.tags
    assert not LIVE.search(message.text + message.subject)
    assert not UNSAFE.search((message.text + message.subject).replace("\n", ""))
    assert set(mailed(message).keys()) == set(mailed(ORDINARY).keys())


def test_the_same_facts_give_the_same_bytes() -> None:
    assert mailed(alert.compose(facts(), BERLIN)).as_bytes() == mailed(ORDINARY).as_bytes()


def test_a_notice_is_one_for_its_incident_event_and_severity() -> None:
    notice = Notice("opened", "a", ("a",), 1, 73, AT, AT)

    assert notice.id == Notice("opened", "a", ("a", "b"), 2, 73, AT + timedelta(hours=1), AT).id
    assert notice.id != Notice("escalated", "a", ("a",), 1, 99, AT, AT).id
