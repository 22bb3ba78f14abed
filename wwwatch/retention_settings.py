"""How long what is stored is kept. The job that keeps to it is `wwwatch.housekeeping`."""

from datetime import timedelta

from pydantic import Field

from wwwatch.section import Section

FOR_EVER = 0


def _days(default: int, what: str) -> int:
    days: int = Field(default, ge=FOR_EVER, description=f"days {what} are kept; 0: for ever")
    return days


class RetentionSettings(Section):
    """How long what is stored is kept, and when a stream begins its next index."""

    events_days: int = _days(90, "access events, counted from when they were stored,")
    rejects_days: int = _days(30, "lines that no format took")
    metrics_days: int = _days(30, "wwwatch's own figures")
    rollups_days: int = Field(90, ge=43, description="days the memory of noticed clients is kept; it looks back 42")
    alerts_days: int = _days(400, "anomalies, incidents, verdicts and past maintenance")
    labels_days: int = _days(90, "the simulator's labels")
    positions_days: int = _days(180, "positions of files that are gone")
    models: int = Field(10, ge=2, description="model versions kept of a site, beside the ones in use")
    rollover_days: int = Field(7, ge=1, description="age at which a stream begins its next index")
    rollover_gb: float = Field(30, gt=0, description="size at which it does, GB")
    engine_lifecycle: bool = Field(
        True, description="setup leaves rollover and deletion of streams to the engine's ILM or ISM, where it has one"
    )


def kept_for(days: int) -> timedelta | None:
    """A setting of this section as a length of time; None: for ever."""
    return None if days == FOR_EVER else timedelta(days=days)
