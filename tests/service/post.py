"""A mail server that stays for a block, and what its mails are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller

from tests.integration.mailbox import Mailbox, free_port, parsed


@contextmanager
def post_office() -> Iterator[tuple[Mailbox, int]]:
    """A mailbox, and the port of the server that fills it."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield mailbox, int(controller.port)
    finally:
        controller.stop()


def mails(mailbox: Mailbox) -> list[EmailMessage]:
    """What arrived, in order."""
    return [parsed(content) for content in list(mailbox.mails)]


def is_digest(mail: EmailMessage) -> bool:
    """Whether it is a digest; else it is an alert."""
    return "digest" in str(mail["List-Id"])


def repeated(found: list[EmailMessage]) -> int:
    """Deliveries beyond the first of a Message-ID."""
    counts = Counter(str(mail["Message-ID"]) for mail in found)
    return sum(counts.values()) - len(counts)
