"""From the first line of a flood, written to a log, to the alert mail received: the whole chain, turn after turn.

`python -m bench.alert [--turns N]`. A live engine, `wwwatch ship --follow` on a log that ordinary visitors keep
writing to, and `wwwatch run` as it is installed, with its own pace: detection and alerts every 5 s. The mail server is
ours, in this process. Each flood comes from an address of its own, and ends when its mail is there; the budget of
alerts is raised, since floods in a row are one attack. The first flood warms up, and is told apart.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller

from bench.ship.engine import fresh_namespace
from bench.ship.figures import Figure, print_figures
from wwwatch import engine
from wwwatch import settings as wwwatch_settings
from wwwatch.settings import Settings
from wwwatch.store import Store, connect, names

TARGET_SECONDS = 30.0
GIVEN_UP_SECONDS = 180.0
READY_SECONDS = 300.0
VISITORS_A_SECOND, FLOOD_A_SECOND = 10, 100
WRITES_A_SECOND = 10
ENDING_SECONDS = 60.0


class Inbox:
    """A mail server that notes when a mail came: (subject, seconds of the clock that counts)."""

    def __init__(self) -> None:
        self.mails: SimpleQueue[tuple[str, float, bytes]] = SimpleQueue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        subject = str(message_from_bytes(envelope.content, policy=default)["Subject"])
        self.mails.put((subject, time.monotonic(), envelope.content))
        return "250 OK"

    def wait_for(self, words: Sequence[str]) -> tuple[float, bytes]:
        """When the mail came whose subject holds all these words. Raise TimeoutError."""
        end = time.monotonic() + GIVEN_UP_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                subject, at, content = self.mails.get(timeout=left)
            except Empty:
                break
            if all(word in subject for word in words):
                return at, content
        raise TimeoutError(f"no mail on {' '.join(words)} within {GIVEN_UP_SECONDS:.0f} s")


class Log:
    """A log that is written as it happens: visitors all the time, a flood when told so."""

    def __init__(self, path: Path) -> None:
        self._path, self._ended = path, Event()
        self._flood: str | None = None
        self._began: float | None = None
        self._thread = Thread(target=self._write, daemon=True)
        path.touch()

    def __enter__(self) -> "Log":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def flood(self, address: str) -> float:
        """Begin one; return when its first line was written."""
        self._began = None
        self._flood = address
        while self._began is None:
            time.sleep(0.001)
        return self._began

    def calm(self) -> None:
        """End it."""
        self._flood = None

    def _write(self) -> None:
        number = 0
        with self._path.open("a", encoding="utf-8") as log:
            while not self._ended.wait(1 / WRITES_A_SECOND):
                flood = self._flood
                lines = [self._visit(number + n) for n in range(VISITORS_A_SECOND // WRITES_A_SECOND)]
                if flood:
                    lines += [_line(flood, "/search?q=a", "python-requests/2.32")] * (FLOOD_A_SECOND // WRITES_A_SECOND)
                log.write("".join(lines))
                log.flush()
                if flood and self._began is None:
                    self._began = time.monotonic()
                number += len(lines)

    @staticmethod
    def _visit(number: int) -> str:
        paths = ("/", "/shop/", f"/shop/item-{number % 40}", "/css/site.css", "/img/logo.png", "/about")
        return _line(f"198.51.100.{number % 97 + 1}", paths[number % len(paths)], "Mozilla/5.0 (X11; Linux x86_64)")


def _line(address: str, path: str, agent: str) -> str:
    moment = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{moment}] "GET {path} HTTP/1.1" 200 5120 "-" "{agent}"\n'


@contextmanager
def command(settings: Settings, environment: dict[str, str], *arguments: str | Path) -> Iterator[None]:
    """A `wwwatch` command that stays, until the block is over."""
    own = {"WWWATCH_URL": settings.url, "WWWATCH_HOME": str(settings.home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "wwwatch.cli", *map(str, arguments)], env=os.environ | own | environment
    )
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"wwwatch {arguments[0]} ended by itself with exit code {process.returncode}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_judged(store: Store, namespace: str) -> None:
    """Wait until the service has judged something: it is at work. Raise TimeoutError."""
    end = time.monotonic() + READY_SECONDS
    while not store.count(names.windows(namespace)):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing was judged within {READY_SECONDS:.0f} s")
        time.sleep(0.5)


def measure(settings: Settings, store: Store, turns: int, kept: Path | None) -> list[float]:
    """Seconds from the first line to the mail, for a flood that warms up and then each of the turns."""
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    mail = {
        "WWWATCH_MAIL__HOST": "127.0.0.1",
        "WWWATCH_MAIL__PORT": str(port),
        "WWWATCH_MAIL__RECIPIENTS": "root@bench.example",
        "WWWATCH_ALERTS__MAILS_AN_HOUR": "1000",
        "WWWATCH_ALERTS__MAILS_AN_ATTACK": "1000",
        "WWWATCH_SERVICE__DAILY_DIGEST": "",
    }
    seconds = []
    with tempfile.TemporaryDirectory(prefix="wwwatch-bench-") as folder, fresh_namespace(store) as namespace:
        own = settings.model_copy(update={"home": Path(folder) / "home"})
        path = Path(folder) / "access.log"
        with (
            Log(path) as log,
            command(own, {}, "ship", "--follow", path, "--namespace", namespace),
            command(own, mail, "run", "--namespace", namespace),
        ):
            until_judged(store, namespace)
            for turn in range(turns + 1):
                address = f"203.0.113.{turn + 1}"
                began = log.flood(address)
                at, content = inbox.wait_for(("dos", f"{address} "))
                log.calm()
                seconds.append(at - began)
                print(f"flood {turn}: first line to mail {seconds[-1]:.1f} s", file=sys.stderr)
                if kept:
                    kept.write_bytes(content)
    server.stop()
    return seconds


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.alert", description=__doc__)
    parser.add_argument("--turns", type=int, default=10, help="floods measured (default: 10)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the last mail, to look at")
    arguments = parser.parse_args()
    given = wwwatch_settings.load()
    settings = given.model_copy(update={"url": given.url or engine.ensure_running(given)})
    store = connect(settings)
    store.ensure_setup()
    first, *seconds = measure(settings, store, arguments.turns, arguments.keep)
    cuts = statistics.quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 19
    figures = [
        Figure("first flood line written to mail received, p50", statistics.median(seconds), "s"),
        Figure("the same, p95", cuts[-1], "s", TARGET_SECONDS, at_least=False),
        Figure("the same, longest", max(seconds), "s"),
        Figure("the same, first flood of a service just started", first, "s"),
        Figure("share of the 30 s, p95", cuts[-1] / TARGET_SECONDS, ""),
    ]
    print_figures(f"bench.alert: {len(seconds)} floods, {store.description}", figures)


if __name__ == "__main__":
    main()
