"""Files into the store as they grow, until told to stop.

Each turn is bounded, so that a long backlog of one file delays no other. Nothing here waits for the store: while it is
away, nothing is read.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.counts import Counts
from ingest.heartbeat import Gauges, Heartbeat
from ingest.keeping import Keeper
from ingest.landing import Landing
from ingest.outage import Outage
from ingest.positions import Held, Positions
from ingest.road import Road
from ingest.source import Source, Sources, Wishes
from ingest.survey import Inode, Input, Survey, survey
from ingest.tail import FOREVER, Leaving, Tail
from ingest.watching import Watch
from wwwatch.errors import InputError
from wwwatch.settings import Settings
from wwwatch.store import StoreBusy, StoreUnreachable

TURN_BYTES = 1 << 20


@dataclass(frozen=True)
class Pace:
    """How often things are done, in seconds.

    linger: between two readings, so that lines leave together. look: between two looks at all files, at least; more if
    looking takes long. keep, mirror: between two writings of positions, to disk and to the store. let_go: how long a
    file that no name leads to must have been quiet. rest: how long a file must not have changed to be closed.
    stop: how long the store may take for what is in flight at the end. away: how long it is silent before that is told.
    """

    linger: float = 0.25
    look: float = 1.0
    keep: float = 1.0
    mirror: float = 300.0
    retry: float = 2.0
    let_go: float = 300.0
    rest: float = 86_400.0
    stop: float = 10.0
    away: float = 3.0


LONGEST_ROUND_SECONDS = 1.0
LOOKING_SHARE = 1 / 200  # of the time, at most


class Follower:
    """Follows files down one road, into one namespace. tell: says a line to people. delivered: told how many bytes of
    each open file are delivered, it may remove some, and returns their paths. complete: whether nothing more will come,
    so that the end is reached as soon as all is delivered.
    """

    def __init__(
        self,
        road: Road,
        settings: Settings,
        wishes: Wishes,
        inputs: Sequence[Input],
        tell: Callable[[str], None],
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        delivered: Callable[[Mapping[str, int]], Sequence[str]] = lambda _: (),
        complete: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counts = Counts()
        self._delivered, self._complete = delivered, complete
        self._wishes, self._inputs, self._tell = wishes, inputs, tell
        self._pace, self._clock = pace or Pace(), clock
        self._watch = Watch()
        self._outage = Outage(tell, self._pace.away, road.title)
        self._delivery = road.deliverer(FOREVER)
        self._landing = Landing(self._delivery, wishes, self.counts, self._outage.landed, self._watch.wake)
        positions = Positions(settings.home, road.place, road.mirror, wishes.namespace, settings.host.name)
        self._sources = Sources(positions, wishes)
        self._keeper = Keeper(self._sources, tell, clock, self._pace.keep, self._pace.mirror)
        self._heartbeat = Heartbeat(road, wishes.namespace, settings.host.name, "ship", self.counts, self._gauges, tell)
        self._tails: dict[Inode, Tail] = {}
        self._hungry: dict[Inode, Tail] = {}  # whose turn it is, in this order
        self._leaving: list[Leaving] = []
        self._names: dict[str, Inode] = {}
        self._missing: set[str] = set()
        self._stopping = False
        self._next_look = self._linger_until = clock()

    def stop(self) -> None:
        """End soon: what is in flight lands, nothing more is read. For any thread, and for a signal handler."""
        self._stopping = True
        self._watch.wake()

    def run(self) -> None:
        """Follow until `stop` is called. Raise StoreError for what waiting does not mend."""
        try:
            while not self._stopping:
                self.step()
        finally:
            self._end()

    def step(self) -> None:
        """Look if it is time, let the files that have news have a turn, land what is done, wait for more."""
        now, complete = self._clock(), self._complete()
        if complete or now >= self._next_look:
            self._look(now)
        self._turns(now)
        self._landing.land_done()
        self._let_leave()
        self._outage.look(now, bool(self._landing), self._delivery.statistics())
        if now >= self._keeper.due:
            self._keep(now)
        self._heartbeat.tick(self._wishes.now())
        if complete and not (self._hungry or self._landing or self._leaving):
            self._stopping = True
        else:
            self._wait()

    # ---- looking

    def _look(self, now: float) -> None:
        """See what files there are, and which have changed."""
        found = survey(self._inputs)
        self._watch.directories(found.directories)
        self._names = found.names
        self._tell_missing(found)
        wall_ns = self._wishes.now().timestamp() * 1e9
        for inode, file in found.files.items():
            if inode not in self._tails:
                born = now - max(0.0, wall_ns - file.touched_ns) / 1e9
                self._tails[inode] = Tail(file, appeared_at=born, changed_at=born)
        for inode, tail in list(self._tails.items()):
            tail.look(found.files.get(inode), now)
            if tail.has_news(now):
                self._hungry.setdefault(inode, tail)
            elif tail.source:
                quiet, idle = now - tail.changed_at, (wall_ns - tail.now.modified_ns) / 1e9
                if quiet >= self._pace.let_go if tail.gone else idle >= self._pace.rest:
                    self._finish(tail)
            elif tail.gone:
                del self._tails[inode]
        self._next_look = now + max(self._pace.look, (self._clock() - now) / LOOKING_SHARE)

    def _tell_missing(self, found: Survey) -> None:
        for pattern in found.missing:
            if pattern not in self._missing:
                self._tell(f"Waiting for {pattern}: there is no such file.")
        self._missing = set(found.missing)

    def _finish(self, tail: Tail) -> None:
        """The file will not grow: deliver what is left of it, also a line that was never finished, and close it."""
        last = tail.source.reader.rest() if tail.source else None
        if tail.source and last:
            self._landing.add(tail.source, last)
        self._release(tail, whole=True)

    def _release(self, tail: Tail, whole: bool = False) -> None:
        leaving = tail.release(whole)
        if leaving:
            self._leaving.append(leaving)

    # ---- reading

    def _turns(self, began: float) -> None:
        """One turn for each file that has news, as long as there is room."""
        for inode, tail in list(self._hungry.items()):
            now = self._clock()
            if self._stopping or self._landing.full or now - began > LONGEST_ROUND_SECONDS:
                break
            del self._hungry[inode]
            try:
                if self._turn(tail, now):
                    self._hungry[inode] = tail  # behind all others
            except (StoreUnreachable, StoreBusy) as error:
                self._trouble(tail, f"{error.message} Waiting for it; nothing is lost.")
                break
            except InputError as error:
                self._trouble(tail, error.message)
            self._linger_until = max(began + self._pace.linger, 2 * self._clock() - began)

    def _turn(self, tail: Tail, now: float) -> bool:
        """Read on in one file. Whether there is more to read now."""
        at = tail.now
        source = tail.source or self._open(tail, now)
        if source is None:
            tail.seen = at
            return tail.opening
        if tail.rewritten():
            # Truncated: what was in it is delivered as far as it was read; what is in it now is another log.
            self._release(tail)
            return True
        chunk = source.read(TURN_BYTES if self._hungry else self._wishes.chunk_bytes)
        if chunk:
            self._landing.add(source, chunk)
        if not source.reader.at_end:
            return True
        source.reached_end()
        tail.seen, tail.trouble = at, ""
        if tail.compressed:
            self._finish(tail)
        return False

    def _open(self, tail: Tail, now: float) -> Source | None:
        try:
            source = tail.open(self._sources, now, frozenset())
        except Held as error:
            source = self._open_beside(tail, now, error)
        if source:
            self.counts.files += 1
        return source

    def _open_beside(self, tail: Tail, now: float, held: Held) -> Source | None:
        """Open a file that looks like one that is being delivered."""
        ours = {other.source.position.key: other for other in self._tails.values() if other.source}
        owner = ours.get(held.key)
        if owner and not owner.rewritten() and tail.now.size_bytes > owner.now.size_bytes:
            return tail.open(self._sources, now, frozenset(ours))
        # A copy of a file that we follow waits for that, and then adds nothing.
        if not owner and all(leaving.source.position.key != held.key for leaving in self._leaving):
            self._tell_once(tail, f"{held.message} Waiting until it ends.")
        tail.retry_at = now + max(self._pace.retry, (self._clock() - now) / LOOKING_SHARE)
        return None

    def _trouble(self, tail: Tail, message: str) -> None:
        """Say it once, and try again later; the other files go on."""
        self._tell_once(tail, message)
        self._release(tail)
        tail.seen = tail.now
        tail.retry_at = self._clock() + self._pace.retry

    def _tell_once(self, tail: Tail, message: str) -> None:
        if message != tail.trouble:
            self._tell(message)
        tail.trouble = message

    # ---- keeping

    def _let_leave(self) -> None:
        """Files that are done with, and of which nothing is in flight any more."""
        done = [item for item in self._leaving if not item.source.in_flight]
        if done:
            self._leaving = [item for item in self._leaving if item.source.in_flight]
            self._keeper.settle(done, mirror=not self._outage.on)

    def _keep(self, now: float) -> None:
        """Keep the positions that moved. Say what is delivered, and let go of what was removed since."""
        tails = {tail.origin.path: tail for tail in self._tails.values() if tail.source}
        self._keeper.keep([tail.source for tail in tails.values() if tail.source], now, mirror=not self._outage.on)
        for path in self._delivered({path: tail.delivered_bytes for path, tail in tails.items()}):
            self._release(tails[path])

    def _gauges(self) -> Gauges:
        """How it is, for the heartbeat."""
        tails = [tail for tail in self._tails.values() if tail.source]
        return Gauges.of(self._delivery.statistics(), len(tails), sum(tail.behind_bytes for tail in tails))

    # ---- waiting and ending

    def _wait(self) -> None:
        """Until there is something to do."""
        now = self._clock()
        due = min(self._next_look, self._keeper.due) if self._landing else self._next_look
        if self._hungry and not self._landing.full:
            changes = self._watch.wait(0, until_change=False)
        elif self._landing.full:
            changes = self._watch.wait(due - now, until_change=False)
        elif now < self._linger_until:
            changes = self._watch.wait(min(due, self._linger_until) - now, until_change=False)
        else:
            changes = self._watch.wait(due - now)
        for path in changes.modified:
            tail = self._tails.get(self._names.get(path, (0, 0)))
            if tail:
                self._hungry.setdefault(tail.inode, tail)
        if changes.moved:
            self._next_look = min(self._next_look, max(self._clock(), self._linger_until))

    def _end(self) -> None:
        """Land what is in flight while the store answers, put everything where it belongs."""
        deadline = self._clock() + self._pace.stop
        while self._landing and not self._outage.on and self._clock() < deadline:
            self._watch.wait(self._pace.keep, until_change=False)
            self._landing.land_done()
            self._outage.look(self._clock(), bool(self._landing), self._delivery.statistics())
        self._landing.abandon()
        self._keep(self._clock())
        for tail in self._tails.values():
            self._release(tail)
        self._keeper.settle(self._leaving, mirror=not self._outage.on)
        self._delivery.close()
        self._heartbeat.close(self._wishes.now())
        self._watch.close()
