"""Two instances of `wwwatch run`; the one that leads is killed (SIGKILL) at random moments while mails leave.

Meanwhile incidents are written, each of a kind of its own, so that each must be told once; and a digest is due each
minute. Everything is real: processes, store, mail server, clock.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.service.post import is_digest, mails, post_office, repeated
from wwwatch.moments import iso
from wwwatch.service import leadership
from wwwatch.store import Store, names

EVERY_SECONDS = 2.0
LOOK_SECONDS = 0.25
DEADLINE_SECONDS = 90.0
# After its takeover a leader works for up to so long before it is killed as well.
LONGEST_REIGN_SECONDS = 12.0


@dataclass
class Killed:
    """What came of it. takeover_seconds: from each kill to another instance's first renewal. repeated: deliveries with
    a Message-ID that had been delivered before; in_flight: at how many kills a letter was claimed and not finished.
    """

    kills: int = 0
    takeover_seconds: list[float] = field(default_factory=list)
    incidents: int = 0
    lost: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)
    repeated: int = 0
    in_flight: int = 0
    digests: int = 0
    digest_minutes: int = 0


class Instances:
    """The processes. Always as many as there should be: one that was killed is started again."""

    def __init__(self, environment: dict[str, str], namespace: str, folder: Path) -> None:
        self._environment, self._namespace, self._folder = environment, namespace, folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """One more."""
        log = (self._folder / f"run-{len(list(self._folder.glob('run-*')))}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "wwwatch.cli", "run", "--namespace", self._namespace],
            env=self._environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        log.close()
        self._processes[process.pid] = process

    def kill(self, holder: str) -> None:
        """SIGKILL for the one of that name: host:pid:random."""
        process = self._processes.pop(int(holder.split(":")[1]))
        process.kill()
        process.wait()

    def stop(self) -> list[int]:
        """SIGTERM for all. Return their exit codes."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        return [process.wait(DEADLINE_SECONDS) for process in self._processes.values()]


def strike(store: Store, url: str, namespace: str, folder: Path, kills: int, seed: int) -> Killed:
    """Kill so often, and say what became of the mails."""
    chance, found = random.Random(seed), Killed()
    with post_office() as (mailbox, port):
        instances = Instances(_environment(url, port, folder), namespace, folder)
        for _ in range(2):
            instances.start()
        written = Written(store, namespace)
        began = datetime.now(UTC)
        leader = written.meanwhile(lambda: _holder(store, namespace))
        for _ in range(kills):
            written.through(chance.uniform(0.5, LONGEST_REIGN_SECONDS))
            instances.kill(leader)
            killed_at = time.monotonic()
            found.kills += 1
            found.in_flight += _in_flight(store, namespace)
            before = leader
            leader = written.meanwhile(lambda before=before: _other(store, namespace, before))  # type: ignore[misc]
            found.takeover_seconds.append(round(time.monotonic() - killed_at, 1))
            instances.start()
        ended = datetime.now(UTC)
        wanted = set(written.names)
        written.quietly(lambda: wanted <= {name for mail in mails(mailbox) for name in _named(str(mail["Subject"]))})
        codes = instances.stop()
        assert codes == [0, 0], f"exit codes {codes}; see {folder}"
        _judge(found, mails(mailbox), written.names, began, ended)
    return found


class Written:
    """The incidents written while something is waited for."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store, self._namespace = store, namespace
        self.names: list[str] = []
        self._next = 0.0

    def meanwhile(self, ready: Callable[[], str]) -> str:
        """Write until `ready` answers."""
        last = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < last:
            self._write()
            if answer := ready():
                return answer
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"nobody took over within {DEADLINE_SECONDS:.0f} s")

    def through(self, seconds: float) -> None:
        """Write for so long."""
        last = time.monotonic() + seconds
        while time.monotonic() < last:
            self._write()
            time.sleep(min(LOOK_SECONDS, max(0.0, last - time.monotonic())))

    def quietly(self, done: Callable[[], bool]) -> None:
        """Write nothing more, and wait: what is not done by then is told as lost."""
        last = time.monotonic() + 2 * DEADLINE_SECONDS
        while time.monotonic() < last and not done():
            time.sleep(LOOK_SECONDS)

    def _write(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        name, now = f"k{len(self.names):04d}", iso(datetime.now(UTC))
        event = {
            "kind": "alert",
            "start": now,
            "end": now,
            "severity": 73,
            "risk_score": 73.0,
            "reason": f"{name} fell",
        }
        own = {"namespace": self._namespace, "class": name, "entity": {"type": "host", "id": name}, "status": "open"}
        document: dict[str, Any] = {
            "@timestamp": now,
            "event": event,
            "rule": {"id": f"wwwatch.self.{name}", "name": "Test", "version": "1"},
            "wwwatch": own | {"incident_id": name, "score": 1.0, "confidence": 1.0},
        }
        self._store.write_documents(names.selfwatch(self._namespace), [(f"{self._namespace}-{name}", document)])
        self.names.append(name)


def _environment(url: str, port: int, folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WWWATCH_")}
    return clean | {
        "WWWATCH_URL": url, "WWWATCH_HOME": str(folder / "home"), "WWWATCH_MAIL__HOST": "127.0.0.1",
        "WWWATCH_MAIL__PORT": str(port), "WWWATCH_MAIL__SENDER": "watch@example.org",
        "WWWATCH_MAIL__RECIPIENTS": "root@example.org", "WWWATCH_SERVICE__DAILY_DIGEST": "* * * * *",
        "WWWATCH_SERVICE__WEEKLY_DIGEST": "never", "WWWATCH_SERVICE__ALERTS_EVERY_SECONDS": "1",
        "WWWATCH_SERVICE__HOUSEKEEPING": "never", "WWWATCH_ALERTS__MAILS_AN_HOUR": "100000",
    }  # fmt: skip


def _holder(store: Store, namespace: str) -> str:
    lease = leadership.stored(store, namespace)
    return str(lease["holder"]) if lease else ""


def _other(store: Store, namespace: str, before: str) -> str:
    holder = _holder(store, namespace)
    return "" if holder == before else holder


def _in_flight(store: Store, namespace: str) -> bool:
    own = [{"term": {"wwwatch.namespace": namespace}}, {"term": {"wwwatch.status": "sending"}}]
    store.refresh(names.CONTROL)
    return store.count(names.CONTROL, {"bool": {"filter": own}}) > 0


def _named(subject: str) -> list[str]:
    return [word for word in subject.replace(":", " ").split() if word.startswith("k") and word[1:].isdigit()]


def _judge(found: Killed, arrived: list[Any], wanted: list[str], began: datetime, ended: datetime) -> None:
    alerts = [mail for mail in arrived if not is_digest(mail)]
    first = {str(mail["Message-ID"]): mail for mail in reversed(alerts)}
    told = [name for mail in first.values() for name in _named(str(mail["Subject"]))]
    found.incidents = len(wanted)
    found.lost = sorted(set(wanted) - set(told))
    found.told_twice = sorted({name for name in told if told.count(name) > 1})
    found.repeated = repeated(arrived)
    found.digests = len({str(mail["Message-ID"]) for mail in arrived if is_digest(mail)})
    # A minute that nobody led in is made up for by the digest of a later one.
    found.digest_minutes = int((ended - began) / timedelta(minutes=1))
