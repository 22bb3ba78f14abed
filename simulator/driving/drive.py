"""The loop: each request when its time has come, its client's order kept where a session hangs on it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from simulator.driving import clients
from simulator.driving.exchange import Heard, exchange
from simulator.driving.messages import Messages
from simulator.request import Request
from simulator.truth import GroundTruth

CONNECTIONS = 96
TIMEOUT_SECONDS = 30.0
BAD_REQUEST, REQUEST_TIMEOUT = 400, 408
# What is kept open without a whole request, until the server has enough.
UNFINISHED = b"GET / HTTP/1.1\r\nHost: "


@dataclass
class Outcome:
    """What became of the requests. by_status: answers. unanswered: sent, but no answer came.

    unattributable: left out, or answered 400 before the server knew the client; not in the ground truth.
    logins: tries by (class, passed).
    """

    truth: GroundTruth = field(default_factory=GroundTruth)
    by_status: Counter[int] = field(default_factory=Counter)
    by_label: Counter[str] = field(default_factory=Counter)
    logins: Counter[tuple[str, bool]] = field(default_factory=Counter)
    unanswered: int = 0
    unattributable: int = 0

    @property
    def sent(self) -> int:
        """Requests that were answered."""
        return self.by_status.total()


@dataclass(frozen=True)
class Target:
    """Where to: an address of this machine. kind: how clients' addresses are told, see `clients.way`."""

    host: str
    port: int
    kind: str = clients.FORWARDED


class Drive:
    """One run against one server. wall: seconds since the epoch; clock and sleep: for the pace."""

    def __init__(
        self,
        target: Target,
        messages: Messages,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target, self._messages = target, messages
        self._wall, self._clock = wall, clock
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._cookies: dict[tuple[str, str], str] = {}
        self._logging_in: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.outcome = Outcome()

    async def run(
        self, requests: Iterable[Request], start: float, speed: float, limit: int, stop: asyncio.Event
    ) -> None:
        """Send requests (sorted by time) until they end, `limit` of them were sent, or `stop` is set.

        start: the event time of this moment. speed: event seconds a second. Requests that are overdue follow at once,
        at most CONNECTIONS at a time.
        """
        began, tasks, count = self._clock(), set[asyncio.Task[None]](), 0
        for request in requests:
            if count >= limit or await self._stopped(stop, began + (request.time - start) / speed):
                break
            way = clients.way(self._target.kind, request)
            if way is None:
                self.outcome.unattributable += 1
                continue
            await self._free.acquire()
            count += 1
            task = self._started(request, way)
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    def _started(self, request: Request, way: clients.Way) -> asyncio.Task[None]:
        """The sending of a request, begun. What follows a login waits for its session; guesses wait for nothing."""
        key = (request.actor, request.address)
        if not self._messages.login(request):
            return asyncio.create_task(self._send(request, way, self._logging_in.get(key)))
        task = asyncio.create_task(self._send(request, way, None))
        self._logging_in[key] = task
        task.add_done_callback(partial(self._logged_in, key))
        return task

    async def _stopped(self, stop: asyncio.Event, due: float) -> bool:
        """Wait until `due` by the clock, or until stopped. Return whether stopped."""
        wait = due - self._clock()
        if wait <= 0 or stop.is_set():
            return stop.is_set()
        try:
            async with asyncio.timeout(wait):
                await stop.wait()
        except TimeoutError:
            return False
        return True

    def _logged_in(self, key: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._logging_in.get(key) is done:
            del self._logging_in[key]

    async def _send(self, request: Request, way: clients.Way, login: asyncio.Task[None] | None) -> None:
        try:
            if login:
                await asyncio.wait([login])
            await self._exchanged(request, way)
        finally:
            self._free.release()

    async def _exchanged(self, request: Request, way: clients.Way) -> None:
        key = (request.actor, request.address)
        if clients.unfinished(request):
            message = UNFINISHED
        else:
            message = self._messages.encoded(request, way.headers, self._cookies.get(key, ""))
        try:
            heard = await exchange(self._target.host, self._target.port, message, way.bind, TIMEOUT_SECONDS)
        except (OSError, TimeoutError):
            self.outcome.unanswered += 1
            return
        if message is UNFINISHED and not heard.status:
            # nginx closes without a word, and logs a timeout.
            heard = Heard(REQUEST_TIMEOUT, 0)
        if heard.cookie:
            self._cookies[key] = heard.cookie
        self._note(request, way, heard)

    def _note(self, request: Request, way: clients.Way, heard: Heard) -> None:
        outcome = self.outcome
        outcome.by_status[heard.status] += 1
        outcome.by_label[request.label] += 1
        if login := self._messages.login(request):
            passed = heard.status == login.success.status and heard.status != login.failure.status
            outcome.logins[request.label, passed or bool(heard.cookie)] += 1
        if way.headers and heard.status == BAD_REQUEST:
            # The server gave up before it read who sent it: its log names this machine.
            outcome.unattributable += 1
            return
        outcome.truth.add(
            replace(request, time=round(self._wall(), 3), address=way.address, status=heard.status,
                    response_bytes=heard.body_bytes)
        )  # fmt: skip
