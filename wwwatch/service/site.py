"""One site of the service: its lease, the states of its jobs, and the jobs at work."""

import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any
from zoneinfo import ZoneInfo

from wwwatch.errors import StoreUnreachable, WwwatchError
from wwwatch.selfwatch.facts import Facts
from wwwatch.service import schedule
from wwwatch.service.jobs import WHOLE_STORE, Clock, StoppedError, Turn, Work, work_of
from wwwatch.service.leadership import Leadership
from wwwatch.service.schedule import Job, State
from wwwatch.service.workers import Task
from wwwatch.settings import Settings
from wwwatch.store import Store, StoreBusy

Submit = Callable[[Job, Task], None]


class Site:
    """Ticks for one namespace. submit: hands work to the threads. tell: says a line to people."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        namespace: str,
        leadership: Leadership,
        jobs: Mapping[str, Job],
        clock: Clock,
        stopped: Event,
        submit: Submit,
        tell: Callable[[str], None],
        holder: str,
        resolve: Callable[[Job], Work] = work_of,
    ) -> None:
        self.namespace, self.leadership, self.jobs = namespace, leadership, jobs
        self._store, self._settings, self._clock, self._stopped = store, settings, clock, stopped
        self._submit, self._tell, self._holder, self._resolve = submit, tell, holder, resolve
        self._zone = ZoneInfo(settings.site.timezone)
        self._states: dict[str, State] = {}
        self._memory: dict[str, dict[str, Any]] = {}
        self._working: set[str] = set()
        self._term = 0  # counts how often the lease became ours: work of an earlier term books nothing
        self._guard = Lock()
        # Since this process began, for metrics: (job, result) -> count, (job, what) -> sum.
        self.runs: Counter[tuple[str, str]] = Counter()
        self.work: Counter[tuple[str, str]] = Counter()

    def states(self) -> dict[str, State]:
        """The jobs' states, as they are now."""
        with self._guard:
            return dict(self._states)

    def outcome(self, job: str) -> Mapping[str, Any]:
        """What a job said last; {} if it never ran here."""
        return self.states().get(job, State()).outcome

    @property
    def facts(self) -> Facts:
        """What the self-watch knows; nothing unless this instance works for the site."""
        with self._guard:
            memory = self._memory.get("selfwatch", {}).get("facts")
        return memory.latest if memory and self.leadership.held else Facts()

    @property
    def called(self) -> str:
        """How people are told of it."""
        return "the whole store" if self.namespace == WHOLE_STORE else self.namespace

    @property
    def working(self) -> list[str]:
        """Names of the jobs at work."""
        with self._guard:
            return sorted(self._working)

    def renew(self) -> None:
        """Keep the lease, or take it when it can be had. Raise StoreError if the store does not answer."""
        had = self.leadership.held
        taken = self.leadership.renew(self.states)
        if taken is not None:
            with self._guard:
                self._states, self._memory = taken, {}
                self._term += 1
            after = f", {self.leadership.predecessor} being gone" if self.leadership.predecessor else ""
            self._tell(f"{self.called}: this instance works here{after}.")
        elif had and not self.leadership.held:
            self._tell(f"{self.called}: another instance took over: {self.leadership.other or 'not yet known'}.")

    def tick(self, now: datetime) -> None:
        """Begin every job that is due. Nothing begins while the lease is not ours, or while the service ends."""
        if self._stopped.is_set() or not self.leadership.held:
            return
        begun = []
        with self._guard:
            for name, job in self.jobs.items():
                if name in self._working:
                    continue
                decided = schedule.due(job, self._states.get(name, State()), now, self._zone)
                self._states[name] = decided.state
                if decided.at:
                    self._states[name] = schedule.started(decided.state, now)
                    self._working.add(name)
                    begun.append((job, decided.at, self._term))
        for job, at, term in begun:
            self._submit(job, lambda job=job, at=at, term=term: self._do(job, at, term))  # type: ignore[misc]

    def release(self) -> None:
        """Give the lease back, with how the jobs stand."""
        self.leadership.release(self.states)

    def _do(self, job: Job, at: datetime, term: int) -> None:
        """In a worker: do a job and book what became of it."""
        with self._guard:
            before = self._states.get(job.name, State())
            memory = self._memory.setdefault(job.name, {})
        try:
            outcome = self._resolve(job)(self._turn(at, before.done_for, term, memory))
            after = schedule.succeeded(before, at, self._clock(), outcome)
        except StoppedError:
            after = before
        except (StoreUnreachable, StoreBusy) as error:
            after = schedule.postponed(job, before, self._clock(), error.message)
        except WwwatchError as error:
            after = self._failed(job, before, error.message)
        except Exception as error:  # noqa: BLE001 - a bug in one job must not end the others: it is told and counted
            self._tell(traceback.format_exc().rstrip())
            after = self._failed(job, before, f"{type(error).__name__}: {error}")
        self._count(job, before, after)
        self._book(job, after, term, at_once=after.done_for != before.done_for)

    def _count(self, job: Job, before: State, after: State) -> None:
        result = (
            "failed" if after.failures > before.failures else "ok" if after.outcome is not before.outcome else "put off"
        )
        self.runs[job.name, result] += 1
        if result == "ok":
            figures = {what: value for what, value in after.outcome.items() if type(value) is int}
            self.work.update({(job.name, what): value for what, value in figures.items()})

    def _turn(self, at: datetime, before: datetime | None, term: int, memory: dict[str, Any]) -> Turn:
        def keep() -> None:
            if self._stopped.is_set() or term != self._term or not self.leadership.held:
                raise StoppedError

        return Turn(
            self._store, self._settings, self.namespace, at, before, self._holder, self.leadership.predecessor,
            self._clock, keep, memory, self.states,
        )  # fmt: skip

    def _failed(self, job: Job, before: State, reason: str) -> State:
        after = schedule.failed(job, before, self._clock(), reason)
        again = f"{after.retry_at:%H:%M:%S} UTC" if after.retry_at else "its next time"
        self._tell(f"{self.called}: {job.name} failed ({after.failures} in a row): {reason} Again at {again}.")
        return after

    def _book(self, job: Job, after: State, term: int, at_once: bool) -> None:
        """Note what became of a job, in the store at once if it was one on the clock: it must not be done twice."""
        with self._guard:
            self._working.discard(job.name)
            if term != self._term:
                return
            self._states[job.name] = after
        if at_once and not isinstance(job.when, timedelta):
            try:
                self.renew()
            except WwwatchError as error:
                self._tell(f"{self.called}: {job.name} is done, and booked when the store answers: {error.message}")
