"""A message as a mail, and its way to the mail server. Headers hold nothing of a log but what `safe.header` left."""

import hashlib
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.digest import Digest, Image
from alerts.safe import header
from wwwatch.console import plain
from wwwatch.errors import SettingsError, WwwatchError
from wwwatch.settings import MailSettings

RECIPIENTS_HINT = "Correct mail.recipients or mail.sender (WWWATCH_MAIL__RECIPIENTS, WWWATCH_MAIL__SENDER)."
SERVER_HINT = "Correct mail.host, mail.port or mail.security (WWWATCH_MAIL__HOST, ...)."


class MailError(WwwatchError):
    """A mail could not be handed to the mail server, or not for everyone."""


@dataclass(frozen=True)
class Refusal:
    """A recipient the mail server would not take, and its words."""

    recipient: str
    reason: str


def require_settings(settings: MailSettings) -> None:
    """Raise SettingsError unless a mail could be sent: which settings are missing, which addresses are none."""
    missing = [
        f"mail.{name} (WWWATCH_MAIL__{name.upper()})"
        for name, value in (("host", settings.host), ("recipients", settings.recipients))
        if not value
    ]
    if missing:
        raise SettingsError(
            f"No mail can be sent: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "Set it, or use --print or --html FILE.",
        )
    parse_address("mail.sender", settings.sender)
    for recipient in settings.recipients:
        parse_address("mail.recipients", recipient)


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


def build(
    digest: Digest, identity: Sequence[str], list_name: str, settings: MailSettings, now: datetime
) -> EmailMessage:
    """A mail of text, HTML and inline pictures.

    identity: what makes this mail this mail, for its Message-ID. list_name: the namespace, for List-Id and filters.
    now: the Date. Raise SettingsError if an address of the settings is none.
    """
    sender = parse_address("mail.sender", settings.sender)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = header(digest.subject)
    mail["From"] = sender
    mail["To"] = [parse_address("mail.recipients", recipient) for recipient in settings.recipients]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id("digest", identity, sender)
    mail["List-Id"] = f"wwwatch digest <{list_name}.digest.wwwatch.{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(digest.text)
    sources = {image.name: f"cid:{_content_id(image, identity, sender)}" for image in digest.images}
    mail.add_alternative(digest.html(sources), subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)  # noqa: S101 - the alternative just added
    for image in digest.images:
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


def send(mail: EmailMessage, settings: MailSettings) -> list[Refusal]:
    """Hand a mail to the mail server. Return the recipients it refused, while others were taken.

    Raise MailError, naming host, port, cause and setting, if it could not be handed over for anyone.
    """
    with _failures(settings), _connect(settings) as server:
        if settings.username:
            server.login(settings.username, settings.password.get_secret_value())
        refused = server.send_message(mail)
    return _refusals(refused)


def _connect(settings: MailSettings) -> smtplib.SMTP:
    # create_default_context checks the certificate and the host's name.
    if settings.security == "none":
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_seconds, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _refusals(refused: Mapping[str, tuple[int, bytes | str]]) -> list[Refusal]:
    return [Refusal(recipient, _answer(*answer)) for recipient, answer in refused.items()]


def _answer(code: int, words: bytes | str) -> str:
    told = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return plain(f"{code} {' '.join(told.split())}")


def refusal_error(refusals: Sequence[Refusal], settings: MailSettings) -> MailError:
    """What to raise when some of the recipients were refused."""
    told = "; ".join(f"{refusal.recipient}: {refusal.reason}" for refusal in refusals)
    others = len(settings.recipients) - len(refusals)
    return MailError(
        f"The mail server {settings.host}:{settings.port} refused {len(refusals)} of {len(settings.recipients)} "
        f"recipients: {told}",
        f"Correct mail.recipients (WWWATCH_MAIL__RECIPIENTS). {others} got the mail." if others else RECIPIENTS_HINT,
    )


@contextmanager
def _failures(settings: MailSettings) -> Iterator[None]:
    """Turn what smtplib, ssl and the network raise into a MailError that says what to correct."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise refusal_error(_refusals(error.recipients), settings) from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        cause, hint = _cause(error, settings)
        raise MailError(
            f"The mail server {settings.host}:{settings.port} did not take the mail: {cause}", hint
        ) from error


def _cause(error: Exception, settings: MailSettings) -> tuple[str, str]:
    """What went wrong in words, and the setting it hangs on."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _answer(error.smtp_code, error.smtp_error), "Correct mail.username and mail.password."
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _answer(error.smtp_code, error.smtp_error), "Correct mail.sender (WWWATCH_MAIL__SENDER)."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return plain(error), "Correct mail.security: the server does not offer what was asked for."
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error), "See the mail server's log."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})", "Correct mail.ca_file or mail.host."
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({plain(error.reason or error)})", "Correct mail.security and mail.port."
    if isinstance(error, FileNotFoundError | PermissionError) and settings.ca_file:
        return f"cannot read {settings.ca_file}: {error.strerror}", "Correct mail.ca_file (WWWATCH_MAIL__CA_FILE)."
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"no answer in {settings.timeout_seconds:g} s", f"{SERVER_HINT} Or raise mail.timeout_seconds."
    return plain(getattr(error, "strerror", None) or error), SERVER_HINT
