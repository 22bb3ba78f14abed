"""One site's jobs through failures, outages and lost leases, without threads or a store: workers are called by hand."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from wwwatch import cron
from wwwatch.errors import InputError, StoreUnreachable
from wwwatch.service import health
from wwwatch.service.health import SiteView, View
from wwwatch.service.jobs import WHOLE_STORE, Turn, Work, table, work_of
from wwwatch.service.leadership import HOLDS_SECONDS, Leadership
from wwwatch.service.schedule import Job, State
from wwwatch.service.site import Site
from wwwatch.settings import Settings, load
from wwwatch.store import Store, Versioned

NOW = datetime(2026, 3, 2, 5, 59, 58, tzinfo=UTC)
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


class OneDocument(Store):
    """A store that holds the lease and nothing else, compared and swapped like a real one."""

    def __init__(self) -> None:
        self.found: Versioned | None = None
        self.away = False

    def versioned_document(self, index: str, id_: str) -> Versioned | None:  # noqa: ARG002
        if self.away:
            raise StoreUnreachable("no answer")
        return self.found

    def replace_document(self, index: str, id_: str, document: dict[str, Any], before: Versioned | None) -> bool:  # noqa: ARG002
        if self.away:
            raise StoreUnreachable("no answer")
        if self.found != before:
            return False
        self.found = Versioned(document, before.seq_no + 1 if before else 0, 1)
        return True


class World:
    """An instance with one digest a day at six, its clock, and the tasks its workers have not taken yet."""

    def __init__(self, store: OneDocument, holder: str, work: Work, when: str | timedelta = "0 6 * * *") -> None:
        self.now, self.seconds, self.tasks, self.told = NOW, 1000.0, list[Callable[[], None]](), list[str]()
        job = Job("digest", "", "", cron.parse(when) if isinstance(when, str) else when, "made up")
        leadership = Leadership(store, "shop", holder, lambda: self.seconds, lambda: self.now)
        self.stopped = Event()
        self.site = Site(
            store, load(environ={}), "shop", leadership, {"digest": job}, lambda: self.now, self.stopped,
            lambda _, task: self.tasks.append(task), self.told.append, holder, lambda _: work,
        )  # fmt: skip

    def pass_by(self, length: timedelta, renew: bool = True) -> None:
        """Time goes on; the lease is renewed and the site ticks."""
        self.now += length
        self.seconds += length.total_seconds()
        if renew:
            self.site.renew()
        self.site.tick(self.now)

    def work(self) -> None:
        """The workers take what waits."""
        while self.tasks:
            self.tasks.pop(0)()


def done(turn: Turn) -> Mapping[str, Any]:
    return {"mails": 1}


def test_a_job_runs_at_its_time_once_and_is_booked_in_the_lease() -> None:
    store, given = OneDocument(), list[tuple[datetime, datetime | None]]()

    def work(turn: Turn) -> Mapping[str, Any]:
        given.append((turn.due_at, turn.before))
        return done(turn)

    world = World(store, "a", work)
    for _ in range(5):
        world.pass_by(SECOND)
    assert len(world.tasks) == 1  # at work: not begun again
    world.work()
    world.pass_by(HOUR)
    world.work()
    assert given == [(SIX, SIX - SECOND)]
    assert store.found is not None
    assert store.found.document["wwwatch"]["jobs"]["digest"]["done_for"] == "2026-03-02T06:00:00.000Z"
    assert world.site.work == {("digest", "mails"): 1}


def test_a_successor_waits_until_the_lease_stood_still_and_repeats_nothing() -> None:
    store, sent = OneDocument(), list[str]()

    def by(name: str) -> Work:
        def work(turn: Turn) -> Mapping[str, Any]:
            sent.append(f"{name} {turn.due_at:%d}")
            return {}

        return work

    first, second = World(store, "a", by("a")), World(store, "b", by("b"))
    first.pass_by(SECOND)
    first.pass_by(SECOND)
    first.work()
    second.seconds = 5.0  # its clock began elsewhere
    waited = 0
    while not second.site.leadership.held:
        second.pass_by(3 * SECOND)
        waited += 3
    assert waited <= 30
    assert second.site.leadership.predecessor == "a"
    second.pass_by(HOUR)
    second.work()
    assert sent == ["a 02"]
    second.now += timedelta(days=1)
    second.pass_by(SECOND)
    second.work()
    assert sent == ["a 02", "b 03"]


def test_an_instance_that_cannot_renew_begins_nothing_and_books_nothing_once_it_is_succeeded() -> None:
    store = OneDocument()
    first, second = World(store, "a", done), World(store, "b", done)
    first.pass_by(SECOND)
    first.pass_by(SECOND)  # six o'clock: the job is with the workers
    first.seconds += HOLDS_SECONDS
    assert not first.site.leadership.held
    for _ in range(9):
        second.pass_by(3 * SECOND)
    assert second.site.leadership.held
    first.work()
    first.site.renew()
    assert store.found is not None
    assert store.found.document["wwwatch"]["holder"] == "b"
    assert first.site.leadership.other == "b"


def test_a_store_away_for_an_hour_is_waited_for() -> None:
    store, answers = OneDocument(), [StoreUnreachable("no answer"), None]

    def work(turn: Turn) -> Mapping[str, Any]:
        if (error := answers.pop(0)) is not None:
            raise error
        return done(turn)

    world = World(store, "a", work)
    world.pass_by(SECOND)
    world.pass_by(SECOND)
    world.work()
    assert world.site.states()["digest"].failures == 0
    store.away = True
    with pytest.raises(StoreUnreachable):
        world.pass_by(HOUR)
    world.site.tick(world.now)
    assert world.tasks == []
    store.away = False
    world.pass_by(SECOND)
    world.work()
    assert world.site.states()["digest"].done_for == SIX
    assert answers == []


@pytest.mark.parametrize("error", [InputError("no such file"), ZeroDivisionError("a bug")])
def test_a_job_that_fails_is_told_counted_and_tried_again(error: Exception) -> None:
    def work(turn: Turn) -> Mapping[str, Any]:
        raise error

    world = World(OneDocument(), "a", work)
    world.pass_by(SECOND)
    for length in (SECOND, timedelta(minutes=1, seconds=1), timedelta(minutes=2, seconds=1)):
        world.pass_by(length)
        world.work()
    assert world.site.states()["digest"].failures == 3
    assert "3 in a row" in world.told[-1]
    assert world.site.runs == {("digest", "failed"): 3}


def test_work_is_left_when_the_service_ends() -> None:
    store = OneDocument()

    def work(turn: Turn) -> Mapping[str, Any]:
        world.stopped.set()
        turn.keep()
        raise AssertionError("not reached")

    world = World(store, "a", work)
    world.pass_by(SECOND)
    before = world.site.states()["digest"].done_for
    world.pass_by(SECOND)
    world.work()
    assert world.site.states()["digest"].done_for == before
    assert world.site.working == []
    world.site.release()
    successor = World(store, "b", done)
    successor.pass_by(SECOND)
    assert successor.site.leadership.held


def test_every_job_of_the_table_can_be_imported() -> None:
    jobs = table(Settings())
    assert {"detect", "selfwatch", "train", "drift", "housekeeping"} <= jobs.keys()
    for job in jobs.values():
        assert callable(work_of(job))
    assert WHOLE_STORE.startswith("_")
    never = load(environ={}).model_copy(update={"service": Settings().service.model_copy(update={"train": ""})})
    assert "train" not in table(never)


# ---- health


def view(**changes: Any) -> View:
    site = SiteView("shop", leads=True, other="", states={"train": State()})
    given = {"now": NOW + HOUR, "started_at": NOW, "ticked_at": NOW + HOUR, "away_since": None, "away": "",
             "sites": [site], "job_failures": 3}  # fmt: skip
    return View(**given | changes)


def test_well() -> None:
    assert health.ready(view()).well
    assert health.alive(view()).well


def test_a_process_that_hangs_is_neither_alive_nor_ready() -> None:
    hangs = view(ticked_at=NOW + HOUR - timedelta(seconds=31))
    assert not health.alive(hangs).well
    assert health.ready(hangs).reasons == ("no tick for 31 s",)


def test_a_store_that_is_away_makes_it_unready_not_dead() -> None:
    away = view(away_since=NOW, away="no route")
    assert health.alive(away).well
    assert "no route" in health.ready(away).reasons[0]
    assert health.ready(view(away_since=NOW + HOUR - 30 * SECOND, away="restarts")).well


def test_standing_by_is_ready_but_nobody_at_all_is_not() -> None:
    standby = SiteView("shop", leads=False, other="host:1:a", states={"train": State(failures=9)})
    assert health.ready(view(sites=[standby])).well
    nobody = SiteView("shop", leads=False, other="", states={})
    assert health.ready(view(sites=[nobody])).reasons == ("nobody works for shop",)
    assert health.ready(view(sites=[nobody], started_at=NOW + HOUR - 30 * SECOND)).well


def test_a_job_that_fails_again_and_again_is_the_reason() -> None:
    failing = SiteView("shop", leads=True, other="", states={"train": State(failures=3, reason="no memory")})
    assert health.ready(view(sites=[failing])).reasons == ("shop: train failed 3 times in a row: no memory",)
