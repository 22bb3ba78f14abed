"""The ways out: mail, webhook, command. Each takes a letter and says, for each of its targets, what became of it."""

import subprocess
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import urllib3

from alerts import smtp, webhook
from alerts.mail import parse_address
from alerts.outbox import FAILED, PENDING, SENT, Letter, Target
from wwwatch.console import plain
from wwwatch.errors import WwwatchError
from wwwatch.settings import MailSettings, Settings

MAIL, WEBHOOK, COMMAND = "mail", "webhook", "command"
# A command that still fails after so many attempts, some two hours, is not tried again.
MOST_ATTEMPTS = 12
# Answers of a chat server that may be another tomorrow.
AGAIN = frozenset({408, 425, 429})


class ChannelDown(WwwatchError):  # noqa: N818 - reads as the condition it names
    """A way out is closed for everything, not for one letter: tried again later, by the next letter."""


@dataclass(frozen=True)
class Channel:
    """A way out. send: the targets after an attempt; raises ChannelDown."""

    name: str
    send: Callable[[Letter, Sequence[Target], Callable[[], bool]], list[Target]]


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """The ways out that are configured, by name."""
    found = []
    if settings.mail.host:
        found.append(Channel(MAIL, lambda letter, targets, mine: _mail(letter, targets, mine, settings)))
    if settings.alerts.webhook_url.get_secret_value():
        found.append(Channel(WEBHOOK, lambda letter, targets, _: _webhook(letter, targets, settings)))
    if settings.alerts.command:
        found.append(Channel(COMMAND, lambda letter, targets, _: _command(letter, targets, settings)))
    return {channel.name: channel for channel in found}


def sent(target: Target) -> Target:
    """It got there."""
    return replace(target, status=SENT, attempts=target.attempts + 1, error="")


def failed(target: Target, error: str, *, lasting: bool) -> Target:
    """It did not, for now or for ever."""
    return replace(target, status=FAILED if lasting else PENDING, attempts=target.attempts + 1, error=error)


def _mail(letter: Letter, targets: Sequence[Target], mine: Callable[[], bool], settings: Settings) -> list[Target]:
    """One transaction for all recipients."""
    sender = parse_address("mail.sender", settings.mail.sender).addr_spec
    recipients = [parse_address("mail.recipients", target.address).addr_spec for target in targets]
    try:
        refusals = smtp.hand_over(b64decode(letter.mime), sender, recipients, settings.mail, mine)
    except smtp.MailError as error:
        raise ChannelDown(error.message, error.hint) from error
    refused = {refusal.recipient: refusal for refusal in refusals}
    return [
        failed(target, refusal.reason, lasting=refusal.lasting) if (refusal := refused.get(recipient)) else sent(target)
        for target, recipient in zip(targets, recipients, strict=True)
    ]


def _webhook(letter: Letter, targets: Sequence[Target], settings: Settings) -> list[Target]:
    """POST to the chat server. Its address is a secret and is in no message."""
    body = orjson.dumps(webhook.payload(letter.message or {}))
    timeout = urllib3.Timeout(total=settings.alerts.timeout_seconds)
    url = settings.alerts.webhook_url.get_secret_value()
    headers = {"content-type": "application/json"}
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "POST", url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False
            )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ChannelDown(
            f"The webhook did not answer: {type(error).__name__}.", "Correct alerts.webhook_url."
        ) from error
    if answer.status in AGAIN or answer.status >= 500:
        raise ChannelDown(f"The webhook answered {answer.status}.", "Tried again later.")
    if answer.status >= 300:
        words = plain(f"{answer.status} {answer.data[:120].decode('utf-8', 'replace')}")
        return [failed(target, words, lasting=True) for target in targets]
    return [sent(target) for target in targets]


def _command(letter: Letter, targets: Sequence[Target], settings: Settings) -> list[Target]:
    """Run the program with its arguments as they are set: nothing of an alert is ever on a command line."""
    document: Mapping[str, Any] = letter.message or {}
    try:
        done = subprocess.run(  # noqa: S603 - the sysadmin's own program, without a shell
            settings.alerts.command,
            input=orjson.dumps(document),
            capture_output=True,
            timeout=settings.alerts.timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        error = f"no end in {settings.alerts.timeout_seconds:g} s"
    except OSError as problem:
        error = f"cannot be run: {problem.strerror}"
    else:
        if done.returncode == 0:
            return [sent(target) for target in targets]
        said = done.stderr[-200:].decode("utf-8", "replace").strip()
        error = plain(f"exit code {done.returncode}{': ' if said else ''}{said}")
    return [failed(target, error, lasting=target.attempts + 1 >= MOST_ATTEMPTS) for target in targets]


def not_sent_error(status: str, targets: Sequence[Target], settings: MailSettings) -> smtp.MailError:
    """What to raise when somebody did not get a mail: who, why, and whether it is tried again."""
    left = [target for target in targets if target.status != SENT]
    causes = "; ".join(dict.fromkeys(target.error for target in left if target.error))
    if len(left) == len(targets) and status == PENDING:
        return smtp.MailError(
            f"{causes or 'It is not sent yet'}. It waits in the outbox.",
            "wwwatch alerts, or wwwatch run, tries again. Settings: wwwatch config show",
        )
    told = "; ".join(f"{target.address}: {target.error}" for target in left)
    others = len(targets) - len(left)
    return smtp.MailError(
        f"The mail server {settings.host}:{settings.port} refused {len(left)} of {len(targets)} recipients: {told}",
        f"Correct mail.recipients (WWWATCH_MAIL__RECIPIENTS). {others} got the mail."
        if others
        else smtp.RECIPIENTS_HINT,
    )
