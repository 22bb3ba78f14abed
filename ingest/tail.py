"""One file that is followed: an inode, whatever it is called meanwhile."""

import gzip
import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from ingest.positions import stamp
from ingest.reader import LogFile, opened
from ingest.source import Origin, Source, Sources
from ingest.survey import Found, Inode

QUIET_SECONDS = 5.0  # a file that is being compressed or copied grows more often than this
LONGEST_COPYING_SECONDS = 60.0
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

    def open(self, sources: Sources, clock: float, taken: frozenset[str]) -> Source | None:
        """Open it. None: it is not time yet.

        Raise InputError if it cannot be read, Held if somebody is at it, StoreError if the store cannot be asked for
        its position. taken: keys of positions that are not this file's.
        """
        self.retry_at = FOREVER
        if self.gone:
            return None  # its name leads elsewhere
        young = clock - self.changed_at < QUIET_SECONDS
        with ExitStack() as held:
            stream = held.enter_context(opened(self.origin.path))
            status = os.fstat(stream.fileno())
            if (status.st_dev, status.st_ino) != self.inode:
                self.retry_at = clock  # it was renamed just now; the next look finds it under its new name
                return None
            if young and isinstance(stream, gzip.GzipFile):
                self.retry_at = clock + QUIET_SECONDS
                return None
            # What starts like a file that is known may be a copy of it, under way.
            copying = young and clock - self.appeared_at < LONGEST_COPYING_SECONDS
            source = sources.open(self.origin, stream, held, growing=True, familiar=copying, taken=taken)
            if source:
                self.source, self._stream, self._held = source, stream, held.pop_all()
            elif copying:
                self.retry_at = clock + QUIET_SECONDS
            return source

    def rewritten(self) -> bool:
        """Whether what was read is not there any more: the file was truncated, and may have grown since."""
        if self.source is None or self._stream is None or self.compressed:
            return False
        descriptor, before, end = self._stream.fileno(), self.source.before, self.source.reader.offset
        if os.fstat(descriptor).st_size < self.source.reader.consumed:
            return True
        return os.pread(descriptor, len(before), end - len(before)) != before

    @property
    def behind_bytes(self) -> int:
        """What is in the file and not delivered; 0 where only unpacking would tell."""
        return 0 if self.source is None or self.compressed else self.now.size_bytes - self.source.position.offset

    def release(self, whole: bool) -> "Leaving | None":
        """Let go of the file. whole: it was read to its end."""
        if self.source is None or self._stream is None:
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
