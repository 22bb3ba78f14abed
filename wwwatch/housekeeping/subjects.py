"""Who is to be forgotten, and what of a document is about them. Pure."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

from wwwatch.addresses import as_address
from wwwatch.errors import UsageError

Document = dict[str, Any]

FORGOTTEN = "[forgotten]"
# What can be an address in a text: digits, letters of hexadecimals, dots and colons, and at least one of these two.
ADDRESS_LIKE = re.compile(r"(?<![\w.:])[0-9A-Fa-f:]*[.:][0-9A-Fa-f:.]*[0-9A-Fa-f:](?![\w])")
# The fields of texts that quote a log; elsewhere a user's name can only be a word of ours.
QUOTING = frozenset({"original", "reason", "note", "user", "members"})


@dataclass(frozen=True)
class Subject:
    """An address in its usual form, or a user's name as the log writes it."""

    kind: str
    value: str

    @classmethod
    def address(cls, text: str) -> "Subject":
        """Raise UsageError for what is no address."""
        found = as_address(text.strip())
        if found is None:
            raise UsageError(f"{text!r} is no address.", "For a user: wwwatch forget --user NAME")
        return cls("address", found)

    @classmethod
    def user(cls, name: str) -> "Subject":
        if not name.strip():
            raise UsageError("An empty name is no user.")
        return cls("user", name)

    def query(self) -> Document:
        """Events, roll-ups and labels of this subject, by fields that are indexed."""
        if self.kind == "user":
            return {"term": {"user.name": self.value}}
        fields = ("source.ip", "client.ip", "source.address", "network.peer.address", "wwwatch.entity.id")
        return {"bool": {"should": [{"term": {field: self.value}} for field in fields], "minimum_should_match": 1}}

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where a text names them: (start, end) of each place, in order."""
        if self.kind == "user":
            pattern = rf"(?<![\w.@-]){re.escape(self.value)}(?![\w.@-])"
            return [match.span() for match in re.finditer(pattern, text)]
        return [
            (match.start(), match.start() + len(named))
            for match in ADDRESS_LIKE.finditer(text)
            for named in [match[0].rstrip(".:") or match[0]]
            if self.value in {as_address(match[0]), as_address(named), as_address(named.rpartition(":")[0])}
        ]

    def names(self, text: str) -> bool:
        return bool(self.spans(text))


def without(document: Document, subject: Subject) -> Document | None:
    """A document of anomalies, incidents or control without the subject; None if all of it is about them.

    An item of a list that names them goes; in a text their name is replaced. The same document, if they are not in it.
    A mail that names them goes whole.
    """
    if (mime := document.get("wwwatch", {}).get("outbox", {}).get("mime")) and subject.names(_mail_text(mime)):
        return None
    own = document.get("wwwatch", {})
    keys = (own.get("entity", {}).get("id"), own.get("id"), document.get("entity_id"), document.get("network"))
    if subject.kind == "address" and subject.value in {_single(key) for key in keys if isinstance(key, str)}:
        return None
    everywhere = subject.kind == "address"
    return {name: _cleaned(value, subject, everywhere) for name, value in document.items()}


def _mail_text(mime: str) -> str:
    """What can be read in a mail, kept in base64: its headers and texts, decoded."""
    message = message_from_bytes(base64.b64decode(mime), policy=default)
    texts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(str(value) for value in message.values()), *texts])


def _single(text: str) -> str:
    """A network of one address as that address."""
    return text.removesuffix("/32").removesuffix("/128")


def _cleaned(value: Any, subject: Subject, quotes: bool) -> Any:
    if isinstance(value, Mapping):
        return {name: _cleaned(each, subject, quotes or name in QUOTING) for name, each in value.items()}
    if isinstance(value, list):
        kept = (each for each in value if not (quotes and isinstance(each, str) and subject.names(each)))
        return [_cleaned(each, subject, quotes) for each in kept]
    if quotes and isinstance(value, str):
        return _replaced(value, subject.spans)
    return value


def _replaced(text: str, spans: Callable[[str], list[tuple[int, int]]]) -> str:
    for start, end in reversed(spans(text)):
        text = text[:start] + FORGOTTEN + text[end:]
    return text
