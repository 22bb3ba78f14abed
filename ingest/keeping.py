"""Positions of the files that are followed: to disk once a second, to the store now and then, at a bounded cost."""

from collections.abc import Callable, Sequence

from ingest.source import Source, Sources
from ingest.tail import Leaving
from wwwatch.errors import InputError
from wwwatch.store import StoreBusy, StoreUnreachable

SHARE = 1 / 10  # of the time, at most


class Keeper:
    """tell: says a line to people. every_seconds: between two writings to disk; mirror_seconds: to the store.

    A position that could not be written stays an older one, which also says how far lines may have been sent: that
    costs looking lines up after a crash, and nothing else.
    """

    def __init__(
        self,
        sources: Sources,
        tell: Callable[[str], None],
        clock: Callable[[], float],
        every_seconds: float,
        mirror_seconds: float,
    ) -> None:
        self._sources, self._tell, self._clock = sources, tell, clock
        self._every_seconds, self._mirror_seconds = every_seconds, mirror_seconds
        self._told = ""
        self._next_mirror = clock() + mirror_seconds
        self.due = clock()

    def keep(self, sources: Sequence[Source], now: float, mirror: bool) -> None:
        """Write the positions that moved. mirror: whether the store can be written to."""
        try:
            self._sources.save(sources)
            if mirror and now >= self._next_mirror:
                self._next_mirror = now + self._mirror_seconds
                self._sources.mirror(sources)
            self._told = ""
        except (InputError, StoreUnreachable, StoreBusy) as error:
            self._tell_once(error.message)
        self.due = now + max(self._every_seconds, (self._clock() - now) / SHARE)

    def settle(self, leaving: Sequence[Leaving], mirror: bool) -> None:
        """The last position of files nothing is in flight of; then give them and their locks back."""
        try:
            for item in leaving:
                item.source.settle(item.whole)
            if mirror:
                self._sources.mirror([item.source for item in leaving])
        except (InputError, StoreUnreachable, StoreBusy) as error:
            self._tell_once(error.message)
        for item in leaving:
            item.held.close()

    def _tell_once(self, message: str) -> None:
        if message != self._told:
            self._tell(message)
        self._told = message
