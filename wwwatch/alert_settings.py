"""The settings of alerts: from what severity on, to whom, how many, and when not."""

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from wwwatch.section import Section

HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
SeverityName = Literal["medium", "high", "critical"]


def parse_hours(text: str) -> tuple[time, time] | None:
    """`22:00-07:00` as two times of the day, None for nothing. Raise ValueError for anything else."""
    if not text.strip():
        return None
    match = HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no span of hours; write 22:00-07:00")
    try:
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except ValueError as error:
        raise ValueError(f"{text!r} names no time of the day: {error}") from error
    if start == end:
        raise ValueError(f"{text!r} begins when it ends; leave it empty for none")
    return start, end


def _hours(text: str) -> str:
    parse_hours(text)
    return text.strip()


def _http(secret: SecretStr) -> SecretStr:
    if (text := secret.get_secret_value()) and not text.startswith(("https://", "http://")):
        raise ValueError("write https://... as the chat server gives it")
    return secret


class AlertRecipients(Section):
    """Who is told of what; empty: mail.recipients."""

    critical: tuple[str, ...] = Field((), description="addresses for critical incidents")
    high: tuple[str, ...] = Field((), description="addresses for high incidents")
    medium: tuple[str, ...] = Field((), description="addresses for medium incidents")


class AlertSettings(Section):
    """Which incidents are told at once, by mail, to a chat and to a command. All share one budget."""

    severity: SeverityName = Field("medium", description="from this severity on; low ones are in the digest only")
    mails_an_hour: int = Field(
        6, ge=1, description="at most so many alerts an hour and site; a third of them is kept for critical ones"
    )
    mails_an_attack: int = Field(
        3, ge=1, description="at most so many alerts a day on one attack, however many join it"
    )
    quiet_hours: Annotated[str, AfterValidator(_hours)] = Field(
        "", description="22:00-07:00 in site.timezone: alerts wait until then and come as one; empty: never"
    )
    quiet_severity: SeverityName = Field("critical", description="from this severity on quiet hours do not count")
    recipients: AlertRecipients = Field(default_factory=AlertRecipients)
    webhook_url: Annotated[SecretStr, AfterValidator(_http)] = Field(
        SecretStr(""), description="incoming webhook of Slack or Mattermost; better in WWWATCH_ALERTS__WEBHOOK_URL_FILE"
    )
    command: tuple[str, ...] = Field(
        (),
        description='program and arguments, run without a shell, the alert as JSON on stdin: ["/usr/local/bin/page"]',
    )
    timeout_seconds: float = Field(30, gt=0, le=60, description="how long webhook or command may take")
