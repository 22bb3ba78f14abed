"""The settings of `wwwatch run`: for which sites, what is done when, and where its health is told."""

from typing import Annotated

from pydantic import AfterValidator, Field

from wwwatch import cron
from wwwatch.namespaces import DEFAULT, VALID
from wwwatch.section import Section


def _cron(text: str) -> str:
    """A cron expression; never, which an environment can say as well, becomes nothing."""
    return "" if text.strip().lower() in {"", "never"} else str(cron.parse(text))


def _namespace(text: str) -> str:
    if not VALID.fullmatch(text):
        raise ValueError("a namespace is made of a-z, 0-9, '.', '_' and '-', at most 100")
    return text


def _address(text: str) -> str:
    """`host:port`, or nothing."""
    host, _, port = text.rpartition(":")
    if text and not (host and port.isdigit() and int(port) < 65536):
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8273")
    return text


CronText = Annotated[str, AfterValidator(_cron)]


class ServiceSettings(Section):
    """What `wwwatch run` does when. Times are cron expressions in site.timezone, or never."""

    namespaces: tuple[Annotated[str, AfterValidator(_namespace)], ...] = Field(
        (DEFAULT,), min_length=1, description="the sites it watches"
    )
    detect_every_seconds: float = Field(5, ge=1, le=3600, description="how often it looks for events to judge")
    alerts_every_seconds: float = Field(5, ge=1, le=3600, description="how often it looks for incidents to mail")
    daily_digest: CronText = Field("0 6 * * *", description="when the digest of a day is sent")
    weekly_digest: CronText = Field("0 7 * * mon", description="when the digest of a week is sent")
    train: CronText = Field("0 3 * * sun", description="when a model is trained")
    drift: CronText = Field("30 5 * * *", description="when it is told how far traffic drifted from the model")
    housekeeping: CronText = Field("0 4 * * *", description="when what is older than its retention is deleted")
    health_address: Annotated[str, AfterValidator(_address)] = Field(
        "", description="HOST:PORT of /healthz and /metrics, such as 127.0.0.1:8273; empty: not served"
    )
