"""The mail as a message, without a server."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache

import pytest

from alerts import mail
from alerts.digest import Digest, compose
from alerts.rendering import Site
from tests.unit.alerts_examples import HOSTILE, facts
from wwwatch.errors import SettingsError
from wwwatch.settings import MailSettings

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
RECIPIENTS = ("a@x.example", "B <b@x.example>")
SETTINGS = MailSettings(host="mail.example", sender="wwwatch <w@shop.example>", recipients=RECIPIENTS)
IDENTITY = ("shop", "2026-11-21", "2026-11-22")
ENVELOPE = mail.Envelope("digest", IDENTITY, "shop", RECIPIENTS)


@cache
def digest() -> Digest:
    return compose([facts()], Site("shop", "UTC"))


def built(**changed: str) -> EmailMessage:
    sent = mail.build(replace(digest(), **changed), ENVELOPE, SETTINGS, NOW)  # type: ignore[arg-type]
    parsed = message_from_bytes(sent.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_the_headers_say_who_what_when_and_that_a_machine_wrote() -> None:
    message = built()

    assert message["Subject"] == "[wwwatch] digest shop 2026-11-22: 1 critical, 1 high, 1 host silent"
    assert message["From"] == "wwwatch <w@shop.example>"
    assert message["To"] == "a@x.example, B <b@x.example>"
    assert message["Date"] == "Sun, 22 Nov 2026 14:05:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "wwwatch digest <shop.digest.wwwatch.shop.example>"


def test_the_same_digest_is_the_same_mail_byte_by_byte() -> None:
    one, other = (mail.build(digest(), ENVELOPE, SETTINGS, NOW) for _ in range(2))

    assert one["Message-ID"].endswith("@shop.example>")
    assert one.as_bytes() == other.as_bytes()
    another = replace(ENVELOPE, identity=("shop", "other"))
    assert mail.build(digest(), another, SETTINGS, NOW)["Message-ID"] != one["Message-ID"]


def test_the_parts_are_text_and_html_with_its_pictures() -> None:
    message = built()
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None

    assert text.get_content().replace("\r\n", "\n") == digest().text
    pictures = {part["Content-ID"].strip("<>") for part in message.walk() if part.get_content_type() == "image/png"}
    assert len(pictures) == 2
    assert all(f'src="cid:{picture}"' in page.get_content() for picture in pictures)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_subject_forges_no_header(text: str) -> None:
    message = built(subject=text)

    assert set(message.keys()) == set(built().keys())
    assert message["Bcc"] is None
    assert message["To"] == "a@x.example, B <b@x.example>"


def test_missing_settings_are_named_all_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        mail.require_settings(MailSettings())

    assert "mail.host" in caught.value.message
    assert "WWWATCH_MAIL__RECIPIENTS" in caught.value.message
    assert "--print" in caught.value.hint


@pytest.mark.parametrize(
    "address", ["nobody", "@x.example", "a@", "a@x.example\r\nBcc: b@y.example", "", "a b@x.example"]
)
def test_what_is_no_address_names_its_setting(address: str) -> None:
    with pytest.raises(SettingsError, match=r"mail\.recipients"):
        mail.require_settings(MailSettings(host="mail.example", recipients=(address,)))
