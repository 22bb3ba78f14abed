"""What of a document is about somebody, and what is left of it without them."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from wwwatch.errors import UsageError
from wwwatch.housekeeping.subjects import FORGOTTEN, Subject, without

HER = Subject.address("203.0.113.7")
SIX = Subject.address("2001:DB8:0::1")
ALICE = Subject.user("alice")
LINE = '{} - {} [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'


@pytest.mark.parametrize(
    ("subject", "text", "named"),
    [
        (HER, LINE.format("203.0.113.7", "-"), True),
        (HER, LINE.format("203.0.113.77", "-"), False),
        (HER, LINE.format("1203.0.113.7", "-"), False),
        (HER, "203.0.113.7, 198.51.100.1", True),
        (HER, "deny 203.0.113.7;", True),
        (HER, "It was 203.0.113.7.", True),
        (HER, "203.0.113.7:51312", True),
        (HER, "203.0.113.0/24", False),
        (HER, "10:00:00 1.2.3", False),
        (SIX, "[2001:db8::1]:443", True),
        (SIX, "2001:0DB8:0000::0001", True),
        (SIX, "2001:db8::12", False),
        (ALICE, LINE.format("198.51.100.9", "alice"), True),
        (ALICE, LINE.format("198.51.100.9", "alice.b"), False),
        (ALICE, "malice", False),
        (Subject.user("a.b"), "axb", False),
    ],
)
def test_a_text_names_them_in_any_spelling_and_nobody_else(subject: Subject, text: str, named: bool) -> None:
    assert subject.names(text) is named


def test_the_place_of_an_address_with_a_port_is_that_of_the_address() -> None:
    document = {"event": {"reason": "from 203.0.113.7:80 and 198.51.100.1"}}
    assert FORGOTTEN in without(document, HER)["event"]["reason"]  # type: ignore[index]
    assert "203.0.113.7" not in str(without(document, HER))


def anomaly(kind: str, who: str, **more: Any) -> dict[str, Any]:
    return {"wwwatch": {"entity": {"type": kind, "id": who}, "class": "scan"}, **more}


def test_a_document_about_them_goes_whole() -> None:
    assert without(anomaly("ip", "203.0.113.7"), HER) is None
    assert without({"wwwatch": {"kind": "crawler", "id": "203.0.113.7"}}, HER) is None
    assert without({"wwwatch": {"kind": "allow", "id": "203.0.113.7/32"}}, HER) is None
    assert without({"wwwatch": {"kind": "verdict", "id": "x"}, "entity_id": "203.0.113.7"}, HER) is None


def test_a_group_stays_without_its_member() -> None:
    group = anomaly(
        "login",
        "/login",
        related={"ip": ["203.0.113.7", "203.0.113.77"]},
        event={
            "original": [LINE.format("203.0.113.7", "-"), LINE.format("203.0.113.77", "-")],
            "reason": "203.0.113.7",
        },
        remedies={"nginx": ["deny 203.0.113.7;", "deny 203.0.113.77;"]},
    )
    assert without(group, HER) == anomaly(
        "login",
        "/login",
        related={"ip": ["203.0.113.77"]},
        event={"original": [LINE.format("203.0.113.77", "-")], "reason": FORGOTTEN},
        remedies={"nginx": ["deny 203.0.113.77;"]},
    )


def test_what_is_about_somebody_else_stays_as_it_is() -> None:
    other = anomaly("ip", "203.0.113.77", event={"original": [LINE.format("203.0.113.77", "bob")]})
    assert without(other, HER) == other == without(other, ALICE)


def test_a_users_name_never_meets_a_word_of_ours() -> None:
    user = Subject.user("scan")
    document = anomaly("ip", "203.0.113.7", event={"original": [LINE.format("203.0.113.7", "scan")]})
    assert without(document, user) == anomaly("ip", "203.0.113.7", event={"original": []})


def test_what_nobody_can_be_called() -> None:
    for text in ("203.0.113.0/24", "www", "", "203.0.113"):
        with pytest.raises(UsageError):
            Subject.address(text)
    with pytest.raises(UsageError):
        Subject.user(" ")


def test_a_mail_that_names_them_goes_whole_however_it_is_written() -> None:
    mail = EmailMessage()
    mail["Subject"] = "[wwwatch] scan"
    mail.set_content("Seen: " + "x" * 70 + " 203.0.113.7, grüße", cte="quoted-printable")
    mail.add_alternative("<p>Seen: 203.0.113.7</p>", subtype="html", cte="base64")
    kept = {"kind": "outbox", "outbox": {"mime": base64.b64encode(mail.as_bytes()).decode(), "lines": ["a scan"]}}
    assert without({"wwwatch": kept}, HER) is None
    assert without({"wwwatch": kept}, SIX) == {"wwwatch": kept}
