"""The way of a mail to the mail server. What is refused for ever is told from what may be taken later.

A mail server that cannot be talked to, a refused password or sender are no fault of a mail: it is tried again until
somebody corrects them. A recipient or a content refused with 5xx is refused for ever (RFC 5321, 4.2.1).
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from wwwatch.console import plain
from wwwatch.errors import WwwatchError
from wwwatch.settings import MailSettings

RECIPIENTS_HINT = "Correct mail.recipients or mail.sender (WWWATCH_MAIL__RECIPIENTS, WWWATCH_MAIL__SENDER)."
SERVER_HINT = "Correct mail.host, mail.port or mail.security (WWWATCH_MAIL__HOST, ...)."
# A server may look long at a mail before it says yes; who hangs up before sends it twice (RFC 1047).
LEAST_DATA_TIMEOUT_SECONDS = 120.0
TAKEN = {250, 251}


class MailError(WwwatchError):
    """A mail could not be handed to the mail server, or not for everyone."""


@dataclass(frozen=True)
class Refusal:
    """A recipient the mail server would not take, and its words. lasting: for ever, not for now."""

    recipient: str
    reason: str
    lasting: bool


def _always() -> bool:
    return True


def hand_over(
    mail: bytes,
    sender: str,
    recipients: Sequence[str],
    settings: MailSettings,
    may_send: Callable[[], bool] = _always,
) -> list[Refusal]:
    """Hand a mail to the mail server, in one transaction. Return the recipients that do not get it.

    sender, recipients: bare addresses. may_send: asked when all is ready, before the mail itself; if it says no,
    nothing is sent and all are refused for now. Raise MailError, naming host, port, cause and setting, if the server
    could not be talked to or takes nothing from us: nobody got the mail, and trying again later may help.
    """
    with _failures(settings), _connected(settings) as server:
        if settings.username:
            server.login(settings.username, settings.password.get_secret_value())
        server.ehlo_or_helo_if_needed()
        utf8 = server.has_extn("smtputf8") and not all(map(str.isascii, (sender, *recipients)))
        code, words = server.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else [])
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, words, sender)
        refused = [refusal for recipient in recipients if (refusal := _recipient(server, recipient))]
        names = {refusal.recipient for refusal in refused}
        taken = [recipient for recipient in recipients if recipient not in names]
        if not taken or not may_send():
            return refused + [Refusal(recipient, "not sent in time", lasting=False) for recipient in taken]
        if server.sock is not None:
            server.sock.settimeout(max(settings.timeout_seconds, LEAST_DATA_TIMEOUT_SECONDS))
        code, answer = _data(server, mail)
        return refused + [Refusal(recipient, answer, lasting=code >= 500) for recipient in taken if code != 250]


def _data(server: smtplib.SMTP, mail: bytes) -> tuple[int, str]:
    """The server's last word on a mail."""
    try:
        code, words = server.data(mail)
    except smtplib.SMTPDataError as error:
        return error.smtp_code, _answer(error.smtp_code, error.smtp_error)
    return code, _answer(code, words)


def _recipient(server: smtplib.SMTP, recipient: str) -> Refusal | None:
    if not recipient.isascii() and server.command_encoding == "ascii":
        return Refusal(recipient, "the server takes ASCII addresses only", lasting=True)
    code, words = server.rcpt(recipient)
    return None if code in TAKEN else Refusal(recipient, _answer(code, words), lasting=code >= 500)


@contextmanager
def _connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """A connection, ended politely. How it ends changes nothing in what was handed over before."""
    server = _connect(settings)
    try:
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        server.close()


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


def _answer(code: int, words: bytes | str) -> str:
    told = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return plain(f"{code} {' '.join(told.split())}")


@contextmanager
def _failures(settings: MailSettings) -> Iterator[None]:
    """Turn what smtplib, ssl and the network raise into a MailError that says what to correct."""
    try:
        yield
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
