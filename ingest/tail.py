"""One file that is followed: an inode, whatever it is called meanwhile."""

import gzip
import os
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from ingest.positions import stamp
from ingest.reader import LogFile, opened
from ingest.source import Origin, Source, Sources
from ingest.survey import Found, Inode

QUIET_SECONDS = 5.0  # a file that is being compressed or copied grows more often than this
LONGEST_COPYING_SECONDS = 60.0
STEPS_A_TURN = 8
FOREVER = float("inf")


@dataclass(eq=False)
class Tail:
    """source: None while the file is not open: it is empty, is not whole yet, cannot be read, or is done with.

    now: what it was at the last look; seen: when it was last read to its end. changed_at: when it was found changed,
    appeared_at: when it was found at all, as the follower's clock goes. gone: no name that is followed leads to it any
    more. retry_at: when to try again to open it, though it did not change. trouble: what was said of it last.
    """

    now: Found
    appeared_at: float
    changed_at: float
    seen: Found | None = None
    source: Source | None = None
    gone: bool = False
    retry_at: float = FOREVER
    trouble: str = ""
    _stream: LogFile | None = None
    _held: ExitStack = field(default_factory=ExitStack)
    _steps: Generator[None, None, Source | None] | None = None

    @property
    def inode(self) -> Inode:
        """What is followed."""
        return self.now.inode

    @property
    def origin(self) -> Origin:
        """Under which name."""
        return self.now.origin

    @property
    def compressed(self) -> bool:
        """Whether it is open, and need not be followed: it does not grow."""
        return isinstance(self._stream, gzip.GzipFile)

    def look(self, found: Found | None, clock: float) -> None:
        """found: what was found of it; None if no name leads to it any more, then an open file is asked itself."""
        if self.gone and found is not None:
            self.retry_at = clock  # it was being renamed while we looked
        self.gone = found is None
        if found is None and self._stream:
            status = os.fstat(self._stream.fileno())
            found = replace(self.now, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
        if found is not None:
            if (found.size_bytes, found.modified_ns) != (self.now.size_bytes, self.now.modified_ns):
                self.changed_at = clock
            if self.source and found.origin != self.now.origin:
                self.source.position = replace(self.source.position, path=found.origin.shown)
                self.source.dirty = True
            self.now = found

    def has_news(self, clock: float) -> bool:
        """Whether a turn is due."""
        seen, now = self.seen, self.now
        changed = seen is None or (seen.size_bytes, seen.modified_ns) != (now.size_bytes, now.modified_ns)
        return changed or (self.source is None and clock >= self.retry_at)

    @property
    def opening(self) -> bool:
        """Whether `open` has more to do: what a compressed file holds is compared with what is delivered."""
        return self._steps is not None

    def open(self, sources: Sources, clock: float, taken: frozenset[str]) -> Source | None:
        """Open it, or go on with that. None: not yet.

        Raise InputError if it cannot be read, Held if somebody is at it, StoreError if the store cannot be asked for
        its position. taken: keys of positions that are not this file's.
        """
        try:
            if self._steps is None and not self._begin(sources, clock, taken):
                return None
            for _ in range(STEPS_A_TURN):
                next(self._steps)  # type: ignore[arg-type] # begun above
        except StopIteration as done:
            self._steps, self.source = None, done.value
            if self.source is None:
                self._close()
        except BaseException:
            self._close()
            raise
        return self.source

    def _begin(self, sources: Sources, clock: float, taken: frozenset[str]) -> bool:
        """Whether it is time to open it, and it still is under its name."""
        self.retry_at = FOREVER
        if self.gone:
            return False  # its name leads elsewhere
        self._stream = self._held.enter_context(opened(self.origin.path))
        status = os.fstat(self._stream.fileno())
        young = clock - self.changed_at < QUIET_SECONDS
        # What starts like a file that is known may be a copy of it, under way.
        copying = young and clock - self.appeared_at < LONGEST_COPYING_SECONDS
        if copying or (young and self.compressed):
            self.retry_at = clock + QUIET_SECONDS
        renamed = (status.st_dev, status.st_ino) != self.inode
        if renamed:
            self.retry_at = clock  # just now; the next look finds it under its new name
        if renamed or (young and self.compressed):
            self._close()
            return False
        self._steps = sources.opening(
            self.origin, self._stream, self._held, growing=True, familiar=copying, taken=taken
        )
        return True

    def _close(self) -> None:
        held, self._held, self._stream, self._steps = self._held, ExitStack(), None, None
        held.close()

    def rewritten(self) -> bool:
        """Whether what was read is not there any more: the file was truncated, and may have grown since."""
        if self.source is None or self._stream is None or self.compressed:
            return False
        descriptor, before, end = self._stream.fileno(), self.source.before, self.source.reader.offset
        if os.fstat(descriptor).st_size < self.source.reader.consumed:
            return True
        return os.pread(descriptor, len(before), end - len(before)) != before

    @property
    def delivered_bytes(self) -> int:
        """What of the unpacked file is in the store; -1 while something is on its way."""
        return -1 if self.source is None or self.source.in_flight else self.source.position.offset

    @property
    def behind_bytes(self) -> int:
        """What is in the file and not delivered; 0 where only unpacking would tell."""
        return 0 if self.source is None or self.compressed else self.now.size_bytes - self.source.position.offset

    def release(self, whole: bool) -> "Leaving | None":
        """Let go of the file. whole: it was read to its end."""
        self.retry_at = FOREVER
        if self.source is None or self._stream is None:
            self._close()
            return None
        done = stamp(os.fstat(self._stream.fileno())) if whole and self.compressed else ""
        leaving = Leaving(self.source, self._held, done)
        self.source, self._stream, self._held = None, None, ExitStack()
        return leaving


@dataclass(eq=False)
class Leaving:
    """A source whose last lines are on their way. held: its file and lock. whole: the stamp of a file that is done."""

    source: Source
    held: ExitStack
    whole: str
