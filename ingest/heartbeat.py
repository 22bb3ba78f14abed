"""The shipper's own watch: what it did since the last heartbeat, and how it is, as documents in the store.

A heartbeat never stops shipping: it is written by a thread of its own, and one that the store does not take is kept,
sent again with the next one, and said once.
"""

import os
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Any

import orjson

from ingest import usage
from ingest.counts import Counts
from ingest.delivery import Statistics
from ingest.documents import ECS_VERSION
from ingest.road import Road
from wwwatch import __version__
from wwwatch.moments import iso
from wwwatch.store import StoreError, names

EVERY_SECONDS = 10.0
KEPT = 360  # heartbeats the store has not taken yet: an hour of them
LAST_WORDS_SECONDS = 5.0
DATASET = "wwwatch.pipeline"
RUNNING, ENDED = "running", "ended"
CREATED, EXISTS = 201, 409


@dataclass(frozen=True)
class Gauges:
    """How a component is at one moment; None where it does not know.

    bytes_behind: written to the files and not delivered.
    in_flight: requests, in_flight_bytes: what they carry. batch_bytes: how large a batch is made at present.
    batch_latency_ms: of the last request that was answered. retries: requests sent again, since the start.
    """

    files_open: int | None = None
    bytes_behind: int | None = None
    in_flight: int | None = None
    in_flight_bytes: int | None = None
    batch_bytes: int | None = None
    batch_latency_ms: float | None = None
    retries: int = 0

    @classmethod
    def of(cls, delivery: Statistics, files_open: int | None = None, bytes_behind: int | None = None) -> "Gauges":
        """How a delivery is, and the files it is fed from."""
        return cls(
            files_open, bytes_behind, delivery.in_flight, delivery.in_flight_bytes, delivery.batch_bytes,
            delivery.latency_ms, delivery.retries,
        )  # fmt: skip


class Heartbeat:
    """Writes to `metrics-wwwatch.pipeline-NS`, at most every `every_seconds`, also when there is nothing to do.

    component: `ship`, ... counts: the tally it reports; only read here. gauges: asked at each heartbeat. tell: says a
    line to people.
    """

    def __init__(
        self,
        road: Road,
        namespace: str,
        host: str,
        component: str,
        counts: Counts,
        gauges: Callable[[], Gauges],
        tell: Callable[[str], None],
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._road, self._namespace, self._host, self._component = road, namespace, host, component
        self._counts, self._gauges, self._tell = counts, gauges, tell
        self._every = timedelta(seconds=every_seconds)
        self._run = uuid.uuid4().hex[:12]
        self._number = 0
        self._last: datetime | None = None
        self._before, self._retries_before, self._cpu_before = Counts(), 0, 0.0
        self._kept: deque[bytes] = deque()
        self._guard = Lock()  # of what is kept: the writing thread takes away, the ticking one adds
        self._writer: Thread | None = None
        self._told = False
        self.failed = 0  # writes the store did not take
        self.lost = 0  # heartbeats given up: the store was away for too long

    def tick(self, now: datetime) -> None:
        """Call it as often as you like. The first call only starts the clock."""
        if self._last is None:
            self._last = now
        elif now - self._last >= self._every:
            self._beat(now, RUNNING)

    def close(self, now: datetime) -> None:
        """The last heartbeat: what was done is told, and that the end is no accident. Waits for it a few seconds."""
        self._join()
        self._beat(now, ENDED)
        self._join()

    def _beat(self, now: datetime, status: str) -> None:
        self._keep(self._document(now, status))
        self._last = now
        if self._writer is None or not self._writer.is_alive():
            # A daemon: a store that hangs must not keep the process from ending.
            self._writer = Thread(target=self._write, name="heartbeat", daemon=True)
            self._writer.start()

    def _join(self) -> None:
        if self._writer:
            self._writer.join(LAST_WORDS_SECONDS)

    def _keep(self, document: dict[str, Any]) -> None:
        """Ready to be sent, as many times as it takes: its id makes it one document."""
        self._number += 1
        action = {"create": {"_id": f"{self._host}-{self._component}-{self._run}-{self._number}"}}
        with self._guard:
            self._kept.append(orjson.dumps(action) + b"\n" + orjson.dumps(document) + b"\n")
            while len(self._kept) > KEPT:
                self._kept.popleft()
                self.lost += 1

    def _write(self) -> None:
        """In the thread. What is appended meanwhile waits for the next heartbeat."""
        with self._guard:
            waiting = list(self._kept)
        try:
            result = self._road.bulk(names.pipeline_stream(self._namespace), b"".join(waiting))
            refused = [status for status in result.statuses if status not in {CREATED, EXISTS}]
            if refused:
                raise StoreError(f"HTTP {refused[0]}: {result.errors[0][1] if result.errors else 'no reason given'}")  # noqa: TRY301 - one place says it
        except StoreError as error:
            self.failed += 1
            if not self._told:
                self._told = True
                self._tell(f"Self-watch is not written, shipping goes on: {error.message}")
            return
        taken = set(waiting)
        with self._guard:
            while self._kept and self._kept[0] in taken:
                self._kept.popleft()

    def _document(self, now: datetime, status: str) -> dict[str, Any]:
        counts, gauges = self._counts.copy(), self._gauges()
        cpu_seconds = usage.cpu_seconds()
        seconds = (now - self._last).total_seconds() if self._last else 0.0
        measured = {
            "namespace": self._namespace,
            "component": self._component,
            "status": status,
            **_lines_since(self._before, counts, seconds),
            "total": _lines(counts),
            "formats": dict(counts.formats),
            "retries": gauges.retries - self._retries_before,
            "newest_event": counts.newest_event or None,
            "lag_seconds": _lag_seconds(counts.newest_event, now),
            **{name: value for name, value in asdict(gauges).items() if name != "retries"},
            "memory_bytes": usage.resident_bytes(),
            "cpu_seconds": round(cpu_seconds - self._cpu_before, 3),
            "heartbeats_failed": self.failed,
            "heartbeats_lost": self.lost,
        }
        self._before, self._retries_before, self._cpu_before = counts, gauges.retries, cpu_seconds
        return {
            "@timestamp": iso(now),
            "ecs": {"version": ECS_VERSION},
            "event": {"kind": "metric", "dataset": DATASET, "duration": round(seconds * 1e9)},
            "data_stream": {"type": "metrics", "dataset": DATASET, "namespace": self._namespace},
            "host": {"name": self._host},
            "process": {"pid": os.getpid()},
            "agent": {"type": "wwwatch", "version": __version__},
            "wwwatch": {name: value for name, value in measured.items() if value is not None},
        }


def _lag_seconds(newest_event: str, now: datetime) -> float | None:
    """Between the newest event delivered and now; of an old log that is years."""
    return (now - datetime.fromisoformat(newest_event)).total_seconds() if newest_event else None


def _lines(counts: Counts) -> dict[str, int]:
    return {
        "read": counts.read,
        "sent": counts.sent,
        "duplicate": counts.duplicate,
        "dropped": counts.dropped,
        "rejected": counts.rejected.total(),
        "possible_duplicates": counts.possible_duplicates,
        "undelivered": counts.undelivered,
    }


def _lines_since(before: Counts, counts: Counts, seconds: float) -> dict[str, Any]:
    """What was counted since the heartbeat before, and the rate of what was stored."""
    earlier = _lines(before)
    since = {name: value - earlier[name] for name, value in _lines(counts).items() if name != "undelivered"}
    stored = since["sent"] + since["rejected"]
    reasons = counts.rejected - before.rejected
    return {
        **since,
        "undelivered": counts.undelivered,
        "rejected_by_reason": dict(reasons),
        "lines_per_second": round(stored / seconds, 1) if seconds > 0 else None,
    }
