"""One detector at work in a namespace: a document in wwwatch-control, taken and kept by compare-and-swap.

Several detectors may share namespaces. A lease that is not renewed runs out, so a detector that died holds nobody up
for longer than LEASE; what it left half done is judged again, by id, without harm. Clocks of the detectors' hosts
should agree to within a minute.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from wwwatch.errors import WwwatchError
from wwwatch.moments import iso
from wwwatch.store import Store, Versioned, names

LEASE = timedelta(minutes=5)
RENEWED_AFTER = timedelta(minutes=1)

Clock = Callable[[], datetime]


class LeaseLostError(WwwatchError):
    """Another detector took the namespace over: this one was silent for too long."""


@dataclass(frozen=True)
class Taken:
    """Somebody else's lease, for people."""

    holder: str
    expires_at: datetime


def standing(held: Versioned | None, holder: str, now: datetime, predecessor: str = "") -> Taken | None:
    """The lease somebody else holds at this time; None if it is free, has run out, is our own or our predecessor's.

    predecessor: whom we took the whole service over from, because it was silent; nobody waits for it any more.
    """
    if held is None:
        return None
    lease = held.document["wwwatch"]
    expires_at = datetime.fromisoformat(lease["expires_at"])
    free = lease["holder"] in {holder, predecessor} or expires_at <= now
    return None if free else Taken(lease["holder"], expires_at)


class Lease:
    """A namespace held by this process. Call `keep` between pieces of work."""

    def __init__(self, store: Store, namespace: str, holder: str, clock: Clock, predecessor: str = "") -> None:
        self._store, self._namespace, self._holder, self._clock = store, namespace, holder, clock
        self._predecessor = predecessor
        self._renewed_at: datetime | None = None

    def take(self) -> Taken | None:
        """Take the lease, or say who has it."""
        now = self._clock()
        held = self._store.versioned_document(names.CONTROL, self._id)
        if taken := standing(held, self._holder, now, self._predecessor):
            return taken
        if self._write(held, now, now + LEASE):
            return None
        held = self._store.versioned_document(names.CONTROL, self._id)  # somebody was faster, or our answer got lost
        if held is not None and held.document["wwwatch"]["holder"] == self._holder:
            return None
        return standing(held, self._holder, now) or Taken("another detector", now)

    def keep(self) -> None:
        """Renew the lease when it is time. Raise LeaseLostError if somebody else has it."""
        now = self._clock()
        if self._renewed_at and now - self._renewed_at < RENEWED_AFTER:
            return
        held = self._store.versioned_document(names.CONTROL, self._id)
        mine = held is not None and held.document["wwwatch"]["holder"] == self._holder
        if not mine or not self._write(held, now, now + LEASE):
            raise LeaseLostError(
                f"Another detector took over namespace {self._namespace}: this one was silent for longer than "
                f"{LEASE.total_seconds() / 60:.0f} minutes. What it wrote stays; the rest is judged by the other.",
                "Nothing needs to be done. If it happens often, give the store more room.",
            )

    def release(self) -> None:
        """Let others in at once. If it is somebody else's by now, it stays theirs."""
        held = self._store.versioned_document(names.CONTROL, self._id)
        if held is not None and held.document["wwwatch"]["holder"] == self._holder:
            now = self._clock()
            self._write(held, now, now)

    @property
    def _id(self) -> str:
        return f"lease:{self._namespace}"

    def _write(self, held: Versioned | None, now: datetime, expires_at: datetime) -> bool:
        lease = {"namespace": self._namespace, "kind": "lease", "holder": self._holder, "expires_at": iso(expires_at)}
        written = self._store.replace_document(
            names.CONTROL, self._id, {"@timestamp": iso(now), "wwwatch": lease}, held
        )
        if written:
            self._renewed_at = now
        return written


@contextmanager
def held(lease: Lease) -> Iterator[Taken | None]:
    """Hold a lease for a block of work; yields who has it if it is not ours to take."""
    taken = lease.take()
    try:
        yield taken
    finally:
        if taken is None:
            lease.release()
