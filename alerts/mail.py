"""A message as a mail. Headers hold nothing of a log but what `safe.header` left."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from alerts.rendering import Image
from alerts.safe import header
from wwwatch.alert_settings import AlertRecipients
from wwwatch.console import plain
from wwwatch.errors import SettingsError
from wwwatch.settings import MailSettings

# Seven bits: no mail server on the way needs to be able to do more.
POLICY = SMTP.clone(cte_type="7bit")


def require_settings(settings: MailSettings, alerts: AlertRecipients | None = None) -> None:
    """Raise SettingsError unless a mail could be sent: which settings are missing, which addresses are none.

    alerts: who is told of incidents, where that is what is to be mailed; without them, mail.recipients are.
    """
    chosen = {f"alerts.recipients.{name}": list(value) for name, value in alerts or ()}
    enough = bool(chosen) and all(chosen.values())
    missing = [
        f"mail.{name} (WWWATCH_MAIL__{name.upper()})"
        for name, value in (("host", settings.host), ("recipients", settings.recipients or enough))
        if not value
    ]
    if missing:
        raise SettingsError(
            f"No mail can be sent: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "Set it, or use --print or --html FILE." if alerts is None else "Set it.",
        )
    parse_address("mail.sender", settings.sender)
    for name, recipients in {"mail.recipients": list(settings.recipients), **chosen}.items():
        for recipient in recipients:
            parse_address(name, recipient)


def parse_address(setting: str, text: str) -> Address:
    """`name@host` or `Name <name@host>`. Raise SettingsError, naming the setting, for anything else."""
    name, _, rest = text.rpartition("<") if text.rstrip().endswith(">") else ("", "", text)
    try:
        address = Address(name.strip().strip('"'), addr_spec=rest.strip().removesuffix(">"))
    except (ValueError, IndexError, MessageError) as error:
        address = Address()
        cause: Exception | None = error
    else:
        cause = None
    if not address.username or not address.domain or header(text, len(text) + 1) != " ".join(text.split()):
        variable = f"WWWATCH_{setting.upper().replace('.', '__')}"
        raise SettingsError(
            f"{setting} ({variable}) holds {plain(text)!r}, which is no mail address.", "Write name@host."
        ) from cause
    return address


def message_id(kind: str, parts: Sequence[str], sender: Address) -> str:
    """The same for the same parts, so that a mail sent twice can be seen to be one."""
    digest = hashlib.sha256("\0".join((kind, *parts)).encode()).hexdigest()[:32]
    return f"<{kind}.{digest}@{sender.domain}>"


class Message(Protocol):
    """What can be a mail: a subject, text, and HTML with pictures."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def images(self) -> Sequence[Image]: ...
    def html(self, sources: Mapping[str, str]) -> str:
        """sources: image name -> its `cid:`."""
        ...


@dataclass(frozen=True)
class Envelope:
    """What makes a mail this mail.

    kind: digest or alert, for its Message-ID and List-Id. identity: of this very mail. list_name: the namespace.
    thread: the identity of the mail it belongs to, which may never have been sent; None for one of its own.
    """

    kind: str
    identity: Sequence[str]
    list_name: str
    recipients: Sequence[str]
    thread: Sequence[str] | None = None


def build(message: Message, envelope: Envelope, settings: MailSettings, now: datetime) -> EmailMessage:
    """A mail of text, HTML and inline pictures.

    now: the Date. Raise SettingsError if an address of the settings is none.
    """
    sender = parse_address("mail.sender", settings.sender)
    identity = envelope.identity
    mail = EmailMessage(policy=POLICY)
    mail["Subject"] = header(message.subject)
    mail["From"] = sender
    mail["To"] = [parse_address("mail.recipients", recipient) for recipient in envelope.recipients]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(envelope.kind, identity, sender)
    if envelope.thread is not None and envelope.thread != identity:
        root = message_id(envelope.kind, envelope.thread, sender)
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["List-Id"] = f"wwwatch {envelope.kind} <{envelope.list_name}.{envelope.kind}.wwwatch.{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text)
    sources = {image.name: f"cid:{_content_id(image, identity, sender)}" for image in message.images}
    mail.add_alternative(message.html(sources), subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)  # noqa: S101 - the alternative just added
    for image in message.images:
        page.add_related(
            image.png,
            "image",
            "png",
            cid=f"<{_content_id(image, identity, sender)}>",
            filename=f"{image.name}.png",
            disposition="inline",
        )
    _fix_boundaries(mail, identity)
    return mail


def _content_id(image: Image, identity: Sequence[str], sender: Address) -> str:
    return message_id(image.name, identity, sender)[1:-1]


def _fix_boundaries(mail: EmailMessage, identity: Sequence[str]) -> None:
    """Name the boundaries after the mail, not at random: the same facts give the same bytes."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        key = hashlib.sha256("\0".join((str(number), *identity)).encode()).hexdigest()[:40]
        part.set_boundary(f"==wwwatch-{key}==")
