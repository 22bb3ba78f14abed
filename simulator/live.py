"""`wwwatch simulate --target` and `--serve`: a real web server, and the site behind it."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulator.accounts import Accounts
from simulator.driving.drive import Drive, Outcome, Target
from simulator.driving.messages import Messages
from simulator.log_file import write_labels
from simulator.request import Request
from simulator.site import Site
from simulator.site_server.server import serve
from simulator.truth import Truth, label_documents
from wwwatch.console import print_json, say
from wwwatch.errors import UsageError
from wwwatch.store import Store, names

# Ground truth is written this often while traffic runs, so that a report need not wait for its end.
LABELS_EVERY_SECONDS = 5.0
Keep = Callable[[list[Truth]], None]


def address(text: str, default_port: int) -> tuple[str, int]:
    """Host and port of `http://127.0.0.1:8080` or `127.0.0.1:8081`, if it is this machine. Raise UsageError if not.

    The simulator attacks: it never leaves the machine it runs on.
    """
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{text!r} is no address: {error}", "Write http://127.0.0.1:8080.") from error
    if parts.scheme not in {"", "http"} or not host:
        raise UsageError(f"{text!r} is no address this can use.", "Write http://127.0.0.1:8080; TLS is not spoken.")
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UsageError(f"{host} is not known: {error}", "Write http://127.0.0.1:8080.") from error
    if not all(ipaddress.ip_address(one).is_loopback for one in found):
        raise UsageError(
            f"{host} is not this machine. The simulator attacks, so it sends to 127.0.0.0/8 and ::1 only.",
            "Run it beside the web server, as docker-compose.test.yml does.",
        )
    return min(found), default_port if port is None else port


def run_site(site: Site, seed: int, listen: tuple[str, int]) -> None:
    """Answer as the site until SIGTERM or Ctrl-C."""

    def told(port: int) -> None:
        say(f"{site.host} answers at http://{listen[0]}:{port}; stop with Ctrl-C.")

    async def run() -> None:
        async with _stopped_by_signals() as stop:
            await serve(site, seed, *listen, stop, told)

    asyncio.run(run())


def run_traffic(
    target: Target,
    site: Site,
    seed: int,
    requests: Iterable[Request],
    start: float,
    speed: float,
    limit: int,
    keep: Keep,
) -> Outcome:
    """Send the requests, and hand the ground truth so far to `keep` every few seconds and at the end."""

    async def run() -> Outcome:
        drive = Drive(target, Messages(site, Accounts(site.host, seed)))
        async with _stopped_by_signals() as stop:
            sending = asyncio.create_task(drive.run(requests, start, speed, limit, stop))
            try:
                while not (await asyncio.wait([sending], timeout=LABELS_EVERY_SECONDS))[0]:
                    await asyncio.to_thread(keep, list(drive.outcome.truth))
                sending.result()
            finally:
                sending.cancel()
                keep(list(drive.outcome.truth))
        return drive.outcome

    return asyncio.run(run())


@asynccontextmanager
async def _stopped_by_signals() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM and Ctrl-C set; the second one ends at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


class Labels:
    """Where the ground truth goes: a file, the store, both or neither. What has not changed is not sent again."""

    def __init__(self, path: Path | None, store: Store | None, namespace: str) -> None:
        self._path, self._store, self._namespace = path, store, namespace
        self._sent: dict[str, dict[str, Any]] = {}

    def __call__(self, truth: list[Truth]) -> None:
        if self._path:
            write_labels(self._path, truth)
        if self._store:
            documents = label_documents(truth, self._namespace)
            changed = {id_: document for id_, document in documents if self._sent.get(id_) != document}
            self._store.write_documents(names.labels(self._namespace), changed.items(), refresh=False)
            self._sent |= changed


def report(outcome: Outcome, seconds: float, as_json: bool) -> None:
    """Counts, for people or programs."""
    truth = list(outcome.truth)
    figures = {
        "requests": outcome.sent,
        "unanswered": outcome.unanswered,
        "unattributable": outcome.unattributable,
        "by_class": dict(sorted(outcome.by_label.items())),
        "by_status": {str(status): count for status, count in sorted(outcome.by_status.items())},
        "logins": [
            {"class": label, "passed": passed, "tries": tries}
            for (label, passed), tries in sorted(outcome.logins.items())
        ],
        "runs": len({found.run_id for found in truth}),
        "addresses": len(truth),
        "seconds": round(seconds, 1),
    }
    if as_json:
        print_json([figures])
        return
    told = ", ".join(f"{count:,} {label}" for label, count in outcome.by_label.most_common())
    say(f"{outcome.sent:,} requests answered in {seconds:.0f} s: {told or 'none'}; {figures['runs']} attacks.")
    passed = sum(tries for (_, right), tries in outcome.logins.items() if right)
    say(f"Logins: {passed:,} of {outcome.logins.total():,} passed. Without an answer: {outcome.unanswered:,}.")
    if outcome.unattributable:
        say(f"Not sent, or answered 400 before their client was known: {outcome.unattributable:,}; no ground truth.")
