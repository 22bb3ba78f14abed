"""The settings of the dead-man's alarms: from when on something is wrong with the watch itself."""

from pydantic import Field

from wwwatch.section import Section


class SelfwatchSettings(Section):
    """When something is wrong with the watch itself: each becomes an incident, mailed like any other."""

    every_seconds: float = Field(60, ge=10, le=3600, description="how often it is looked at")
    ignored_hosts: tuple[str, ...] = Field(
        (), description="hosts that may be silent: names or patterns such as test-*; those taken out of service"
    )
    silent_minutes: float = Field(
        15, ge=5, description="no logs from a host for this long, and for longer than it is used to at that hour"
    )
    heartbeat_minutes: float = Field(5, ge=1, description="no sign of a shipper that did not say it ended")
    lag_minutes: float = Field(10, ge=1, description="a shipper has been behind its files for this long")
    rejects_percent: float = Field(
        1, gt=0, le=100, description="share of an hour's lines no format takes, and four times what is usual there"
    )
    behind_minutes: float = Field(15, ge=2, description="events have waited to be judged for this long")
    model_days: float = Field(60, ge=1, description="the active model was trained this long ago")
    mail_minutes: float = Field(30, ge=1, description="a mail has failed to leave for this long")
    job_failures: int = Field(3, ge=1, description="a job of the service has failed this often in a row")
