"""Waiting for files to change: the kernel tells (inotify), where it does; the follower also looks for itself.

Network file systems and some containers' mounts tell nothing, so being told only makes things faster.
"""

import os
import select
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

if sys.platform == "linux":
    from inotify_simple import INotify, flags


@dataclass
class Changes:
    """modified: paths that were written to. moved: files came, went or were renamed, or more happened than was told."""

    modified: set[str] = field(default_factory=set)
    moved: bool = False


class Watch:
    """Directories that are watched. `wait` is for one thread; `wake` is for any, and for a signal handler."""

    def __init__(self) -> None:
        self._awake, self._waker = os.pipe()
        for end in (self._awake, self._waker):
            os.set_blocking(end, False)
        self._inotify = _inotify()
        self._directories: dict[str, int] = {}
        self._poll = select.poll()
        self._poll.register(self._awake, select.POLLIN)

    def directories(self, wanted: Iterable[str]) -> None:
        """Watch these, and no others. Those that cannot be watched are left to be looked at."""
        if self._inotify is None:
            return
        wanted = set(wanted)
        for gone in self._directories.keys() - wanted:
            with suppress(OSError):  # it went with the directory
                self._inotify.rm_watch(self._directories.pop(gone))
        for new in wanted - self._directories.keys():
            try:
                self._directories[new] = self._inotify.add_watch(new, _MASK)
            except OSError:
                continue  # not there, not ours to read, or the kernel's limit of watches is reached

    def wait(self, seconds: float, until_change: bool = True) -> Changes:
        """Sleep until a directory changes (unless not until_change), somebody calls `wake`, or time is up.

        Return what was told since the last call, without waiting for it if not until_change.
        """
        if self._inotify and until_change:
            self._poll.register(self._inotify.fileno(), select.POLLIN)
        self._poll.poll(max(0.0, seconds) * 1000)
        if self._inotify and until_change:
            self._poll.unregister(self._inotify.fileno())
        with suppress(BlockingIOError):  # nobody called, or that was all
            while os.read(self._awake, 4096):
                pass
        return self._told()

    def wake(self) -> None:
        """End a `wait` under way, or the next one."""
        with suppress(OSError):  # it is full of calls already, or closed
            os.write(self._waker, b"\0")

    def close(self) -> None:
        """Give everything back."""
        if self._inotify:
            self._inotify.close()
        os.close(self._awake)
        os.close(self._waker)

    def _told(self) -> Changes:
        changes = Changes()
        if self._inotify is None:
            return changes
        paths = {watch: path for path, watch in self._directories.items()}
        for event in self._inotify.read(timeout=0):
            directory = paths.get(event.wd)
            if event.mask & flags.IGNORED and directory:
                del self._directories[directory]  # the directory is gone
            if event.mask & flags.MODIFY and directory:
                changes.modified.add(str(Path(directory, event.name)))
            else:
                changes.moved = True
        return changes


def _inotify() -> "INotify | None":
    """None where the kernel cannot tell, or has no more to give (fs.inotify.max_user_instances)."""
    if sys.platform != "linux":
        return None
    try:
        return INotify()
    except OSError:
        return None


if sys.platform == "linux":
    _MASK = (
        flags.MODIFY | flags.CREATE | flags.MOVED_FROM | flags.MOVED_TO | flags.DELETE | flags.ATTRIB | flags.ONLYDIR
    )
