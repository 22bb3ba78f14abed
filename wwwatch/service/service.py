"""The service: every site's jobs at their times, one scheduler that only ticks, and an end within seconds."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event, Thread

from wwwatch.errors import StoreError
from wwwatch.service.health import SiteView, View
from wwwatch.service.jobs import WHOLE_STORE, Clock, Work, table, work_of
from wwwatch.service.leadership import RENEWED_EVERY_SECONDS, Leadership
from wwwatch.service.schedule import Job
from wwwatch.service.site import Site
from wwwatch.service.workers import Task, Workers
from wwwatch.settings import Settings
from wwwatch.store import Store

TICK_SECONDS = 1.0
QUICK_WORKERS = 4
LEASE_WORKERS = 4
SLOW_WORKERS = 1  # what takes minutes, one after the other: it shares the machine with the store
# How long jobs at work may take to leave; systemd's patience is 90 s, a container's 10.
STOP_SECONDS = 8.0
RELEASE_SECONDS = 3.0
LOOK_SECONDS = 0.05


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class Service:
    """`wwwatch run` for some sites of one store. clock, monotonic, resolve: given by tests, as workers are."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        holder: str,
        tell: Callable[[str], None],
        namespaces: Sequence[str] = (),
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        resolve: Callable[[Job], Work] = work_of,
        submit: Callable[[Job, Task], None] | None = None,
    ) -> None:
        self.stopped = Event()
        self.clock, self._tell, self._store = clock, tell, store
        self._started_at = self._ticked_at = clock()
        self._away_since: datetime | None = None
        self._job_failures = settings.selfwatch.job_failures
        self.away: dict[str, str] = {}  # why the store cannot be asked at present, by site
        self._renewing: set[str] = set()
        jobs, submit_job = table(settings).values(), submit or _workers()
        self._submit_renewal = (lambda task: task()) if submit else Workers("lease", LEASE_WORKERS)
        wanted = {
            namespace: {job.name: job for job in jobs if job.whole_store == (namespace == WHOLE_STORE)}
            for namespace in (*(namespaces or settings.service.namespaces), WHOLE_STORE)
        }
        self.sites = [
            Site(
                store, settings, namespace, Leadership(store, namespace, holder, monotonic, clock), own, clock,
                self.stopped, submit_job, tell, holder, resolve,
            )
            for namespace, own in wanted.items()
        ]  # fmt: skip

    def tick(self) -> None:
        """Begin what is due, for every site."""
        self._ticked_at = now = self.clock()
        for site in self.sites:
            site.tick(now)

    def view(self) -> View:
        """How it is, for `health`."""
        sites = [SiteView(s.called, s.leadership.held, s.leadership.other, s.states()) for s in self.sites]
        away = next(iter(self.away.values()), "")
        since = self._away_since if away else None
        return View(self.clock(), self._started_at, self._ticked_at, since, away, sites, self._job_failures)

    def renew(self) -> None:
        """Have the leases kept or taken, each by a thread of its own: a store that hangs delays nothing else."""
        for site in self.sites:
            if site.namespace not in self._renewing:
                self._renewing.add(site.namespace)
                self._submit_renewal(lambda site=site: self._renew(site))  # type: ignore[misc]

    def _renew(self, site: Site) -> None:
        """Once for a site. A store that is away is told once, and waited for."""
        try:
            site.renew()
        except StoreError as error:
            if not self.away:
                self._away_since = self.clock()
                self._tell(f"Waiting for the store: {error.message}")
            self.away[site.namespace] = error.message
        else:
            if self.away.pop(site.namespace, None) and not self.away:
                self._tell("The store answers again.")
        finally:
            self._renewing.discard(site.namespace)

    def run(self, scheduler: Callable[["Service"], Callable[[], None]] | None = None) -> None:
        """Work until `stopped` is set; then let the jobs at work leave, and give the leases back."""
        end = (scheduler or scheduled)(self)
        self.stopped.wait()
        end()
        self.finish()

    def finish(self) -> None:
        """Wait for the jobs at work, a few seconds at most, and give the leases back: a successor need not wait."""
        last = time.monotonic() + STOP_SECONDS
        while time.monotonic() < last and any(site.working for site in self.sites):
            time.sleep(LOOK_SECONDS)
        for site in self.sites:
            if site.working:
                self._tell(f"{site.called}: left in the middle, to be done again: {', '.join(site.working)}.")
        released = Thread(target=self._release, name="release", daemon=True)
        released.start()
        released.join(RELEASE_SECONDS)

    def _release(self) -> None:
        try:
            for site in self.sites:
                site.release()
        except StoreError as error:
            self._tell(f"The leases run out by themselves, as the store does not answer: {error.message}")


def scheduled(service: Service) -> Callable[[], None]:
    """Have APScheduler tick and renew. Return what ends that.

    It has no clock to inject and gives up a call that is a second late: so it decides nothing, it only calls, late or
    not, what takes no time.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415 - a shipper's host has no APScheduler
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(service.renew, "interval", seconds=RENEWED_EVERY_SECONDS, next_run_time=utc_now())
    scheduler.add_job(service.tick, "interval", seconds=TICK_SECONDS, next_run_time=utc_now())
    scheduler.start()
    return lambda: scheduler.shutdown(wait=False)


def _workers() -> Callable[[Job, Task], None]:
    quick, slow = Workers("quick", QUICK_WORKERS), Workers("slow", SLOW_WORKERS)
    return lambda job, task: (slow if job.slow else quick)(task)
