"""The table of jobs, and what a job is given when its turn comes. Rooms are imported by name, when a job first runs."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wwwatch import cron
from wwwatch.service.schedule import Job, State
from wwwatch.settings import Settings
from wwwatch.store import Store

Clock = Callable[[], datetime]
# Stands for all sites together, where a site's name stands else. No namespace can have this name.
WHOLE_STORE = "_store"


class StoppedError(Exception):
    """The service ends, or the site's lease is lost: leave the work where it is. What is half done is done again."""


@dataclass(frozen=True)
class Turn:
    """What a job is given.

    due_at: the time it is due for, the same again when it is repeated. before: the due time settled before, None for
    the first. holder: this instance's name; predecessor: of the one that died before it, or "". keep: raises
    StoppedError when it is time to leave; call it between pieces of work. memory: the job's own, from turn to turn.
    jobs: how all jobs of this site stand.
    """

    store: Store
    settings: Settings
    namespace: str
    due_at: datetime
    before: datetime | None
    holder: str
    predecessor: str
    clock: Clock
    keep: Callable[[], None]
    memory: dict[str, Any]
    jobs: Callable[[], Mapping[str, State]]


# What it did, in figures.
Work = Callable[[Turn], Mapping[str, Any]]


def table(settings: Settings) -> dict[str, Job]:
    """The jobs of these settings, by name. One whose time is empty is not there."""
    service = settings.service
    every = timedelta(seconds=service.detect_every_seconds)
    looks = timedelta(seconds=settings.selfwatch.every_seconds)
    tells = timedelta(seconds=service.alerts_every_seconds)
    jobs = [
        Job("detect", "judges what is due", "detector.jobs:detect", every),
        Job("alerts", "tells what is new of incidents", "alerts.jobs:alerts", tells),
        Job("selfwatch", "looks after the watch itself", "wwwatch.selfwatch.turn:selfwatch", looks),
    ]
    if service.daily_digest:
        at = cron.parse(service.daily_digest)
        jobs.append(Job("daily_digest", "sends the digest of a day", "alerts.jobs:daily", at, "made up", slow=True))
    if service.weekly_digest:
        at = cron.parse(service.weekly_digest)
        jobs.append(Job("weekly_digest", "sends the digest of a week", "alerts.jobs:weekly", at, "made up", slow=True))
    if service.train:
        jobs.append(Job("train", "trains a model", "detector.jobs:train", cron.parse(service.train), slow=True))
    if service.drift:
        jobs.append(Job("drift", "compares traffic and model", "detector.jobs:drift", cron.parse(service.drift)))
    if service.housekeeping:
        at, work = cron.parse(service.housekeeping), "wwwatch.housekeeping.turn:housekeeping"
        jobs.append(Job("housekeeping", "removes what is too old", work, at, slow=True, whole_store=True))
    return {job.name: job for job in jobs}


def work_of(job: Job) -> Work:
    """The function a job names."""
    module, _, function = job.work.partition(":")
    work: Work = getattr(importlib.import_module(module), function)
    return work
