"""A mail server for tests: keeps what arrives, refuses whom it is told to."""

import socket
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

Serve = Callable[..., int]


class Mailbox:
    """Keeps what arrives. Refuses recipients whose name begins with `nobody`, and for now those that are greylisted.

    answer: to a mail that was sent.
    """

    def __init__(self) -> None:
        self.greylisted = {"later@x.example"}
        self.answer = "250 OK"
        self.mails: list[bytes] = []
        self.recipients: list[str] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 5.1.1 no such user \x1b[31m"
        if address in self.greylisted:
            return "450 4.2.0 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return self.answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())
