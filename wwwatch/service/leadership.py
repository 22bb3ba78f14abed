"""Which of several instances works for a site: a document in wwwatch-control, renewed every few seconds.

One lease a site, not one for the service: instances may watch different sites of one store, and a site whose requests
are slow delays no other. The states of the site's jobs are kept in the lease itself, so that only who holds it can
book that a digest was sent.

No clocks are compared. A candidate takes over when the document has not changed for LASTS by its own clock, as
Kubernetes' leader election does it; a leader that could not renew for HOLDS by its own clock, which is less, begins
nothing more. One that slept in the middle of its work (SIGSTOP, a frozen machine) may go on for moments beside its
successor: what it writes has ids that make it the same documents, and mails are claimed one by one.
"""

import os
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from wwwatch.moments import iso
from wwwatch.service.schedule import State
from wwwatch.store import Store, Versioned, names

RENEWED_EVERY_SECONDS = 3.0
LASTS_SECONDS = 15.0
# Less than LASTS by more than a renewal's own time: the leader has stopped before anybody takes over.
HOLDS_SECONDS = 11.0

States = dict[str, State]


@dataclass(frozen=True)
class Seen:
    """A version of the lease, and when (monotonic seconds) this instance saw it first."""

    version: tuple[int, int]
    at: float


def new_holder() -> str:
    """A name for this process that no other has: `web1:4711:3f9c2a`."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


def lease_id(namespace: str) -> str:
    """The id of a site's lease in wwwatch-control."""
    return f"service:{namespace}"


def may_take(found: Versioned | None, holder: str, seen: Seen | None, now: float) -> bool:
    """Whether the lease is ours, free, or was not renewed for LASTS since we saw it first."""
    if found is None or found.document["wwwatch"]["holder"] in {"", holder}:
        return True
    unchanged = seen is not None and seen.version == (found.seq_no, found.primary_term)
    return unchanged and seen is not None and now - seen.at >= LASTS_SECONDS


class Leadership:
    """One site's lease, as this instance sees it. monotonic: seconds that only ever grow; clock: the time of day.

    renew may be called from any thread.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        holder: str,
        monotonic: Callable[[], float],
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._namespace, self._holder = store, namespace, holder
        self._monotonic, self._clock = monotonic, clock
        self._seen: Seen | None = None
        self._renewed_at: float | None = None
        self._guard = Lock()
        self.other = ""  # who has it, if not we
        self.predecessor = ""  # who had it before us and did not give it back

    @property
    def held(self) -> bool:
        """Whether work may begin: renewed so lately that nobody can have taken it over."""
        renewed_at = self._renewed_at
        return renewed_at is not None and self._monotonic() - renewed_at < HOLDS_SECONDS

    def renew(self, states: Callable[[], Mapping[str, State]]) -> States | None:
        """Take the lease if it may be taken, or renew it. states: asked for only while it is ours.

        Result: the states of the jobs as they were stored, when the lease has just become ours; else None. Raise
        StoreError if the store does not answer: the lease then lasts as long as it was renewed for.
        """
        with self._guard:
            began = self._monotonic()
            found = self._store.versioned_document(names.CONTROL, lease_id(self._namespace))
            mine = found is not None and found.document["wwwatch"]["holder"] == self._holder
            if mine and self._renewed_at is not None:
                self._write(found, self._holder, states(), began)
                return None
            self._notice(found, began)
            if not may_take(found, self._holder, self._seen, began):
                self._renewed_at, self.other = None, found.document["wwwatch"]["holder"] if found else ""
                return None
            return self._take(found, began)

    def _take(self, found: Versioned | None, began: float) -> States | None:
        stored = {} if found is None else found.document["wwwatch"].get("jobs", {})
        states = {name: State.read(document) for name, document in stored.items()}
        before = found.document["wwwatch"]["holder"] if found else ""
        if not self._write(found, self._holder, states, began):
            return None
        self.other, self.predecessor = "", before if before != self._holder else ""
        return states

    def release(self, states: Callable[[], Mapping[str, State]]) -> None:
        """Let another instance in at once, if it is ours."""
        with self._guard:
            found = self._store.versioned_document(names.CONTROL, lease_id(self._namespace))
            if found is not None and found.document["wwwatch"]["holder"] == self._holder:
                self._write(found, "", states(), self._monotonic())
            self._renewed_at = None

    def _notice(self, found: Versioned | None, now: float) -> None:
        version = (found.seq_no, found.primary_term) if found else None
        if version and (self._seen is None or self._seen.version != version):
            self._seen = Seen(version, now)

    def _write(self, found: Versioned | None, holder: str, states: Mapping[str, State], began: float) -> bool:
        own = {
            "namespace": self._namespace,
            "kind": "service",
            "holder": holder,
            "jobs": {name: state.stored() for name, state in states.items()},
        }
        document = {"@timestamp": iso(self._clock()), "wwwatch": own}
        written = self._store.replace_document(names.CONTROL, lease_id(self._namespace), document, found)
        self._renewed_at = began if written else None
        return written


def stored(store: Store, namespace: str) -> dict[str, Any] | None:
    """The lease as it is stored, for people: {holder, renewed_at, jobs: name -> state}; None before the first."""
    document = store.get_document(names.CONTROL, lease_id(namespace))
    return None if document is None else document["wwwatch"] | {"renewed_at": document["@timestamp"]}
