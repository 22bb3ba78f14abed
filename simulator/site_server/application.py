"""What the site answers to one request."""

import asyncio
import difflib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from urllib.parse import parse_qs, unquote_plus

from simulator import credentials
from simulator.accounts import Accounts
from simulator.layout import Login
from simulator.site import Site
from simulator.site_server import pages
from simulator.site_server.wire import Received, Reply

SESSION = "session"
SESSIONS_KEPT = 10_000
# So long a request waits for a worker before it is refused.
PATIENCE_SECONDS = 3.0
# A request that cost a worker less than this never waited for one: a file, a refusal.
CHEAP_MS = 3.0
LAST_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
SEARCH_RESULTS = 12


class Overloaded(Exception):  # noqa: N818 - reads as the condition it names
    """No worker had time for a request."""


class Application:
    """A site with accounts, sessions and as many workers as its layout's capacity."""

    def __init__(self, site: Site, accounts: Accounts) -> None:
        self.site = site
        self._accounts = accounts
        self._logins = {login.path: login for login in site.layout.logins}
        self._members = {page.path: page for page in site.member_pages}
        self._workers = asyncio.Semaphore(max(1, round(site.layout.capacity_ms / 1000)))
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._catalogue = [page.path.strip("/").replace("-", " ").replace("/", " ") for page in site.public_pages]
        self._rng = Random()

    async def reply(self, received: Received) -> Reply:
        """The answer to a request; a HEAD gets what a GET would, without the body."""
        head = received.method == "HEAD"
        try:
            answer = await self._reply(replace(received, method="GET") if head else received)
        except Overloaded:
            answer = Reply(503, b"Too busy, try again.\n", {"Retry-After": "5"})
        return replace(answer, body=b"", length=len(answer.body)) if head else answer

    async def _reply(self, received: Received) -> Reply:
        layout, path = self.site.layout, received.path
        if (login := self._logins.get(path)) and (received.method == "POST" or login.kind == "basic"):
            return await self._log_in(login, received)
        if login:
            shown = self.site.login_page(login)
            return Reply(shown.status, pages.form(login, shown.response_bytes), {"Content-Type": "text/html"})
        if (path in self._members or path in layout.admin) and self._user(received):
            async with self._worker(60):
                return self._page(path, 12_000)
        if layout.search and received.target.startswith(layout.search):
            return await self._search(received)
        if path in layout.assets or received.target in layout.assets or path in layout.downloads:
            return self._file(received)
        answer = self.site.answer(self._rng, received.method, received.target)
        async with self._worker(answer.duration_ms):
            if answer.status in {301, 302}:
                return Reply(answer.status, b"", {"Location": self._way_in()})
            return Reply(
                answer.status, pages.page(self.site, path, answer.response_bytes), {"Content-Type": "text/html"}
            )

    @asynccontextmanager
    async def _worker(self, cost_ms: float) -> AsyncIterator[None]:
        """A worker's time. Raise Overloaded if none was free for too long."""
        if cost_ms <= CHEAP_MS:
            yield
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._workers.acquire()
        except TimeoutError as error:
            raise Overloaded from error
        try:
            # What a page waits for: its database, its template.
            await asyncio.sleep(cost_ms / 1000)
            yield
        finally:
            self._workers.release()

    # ---- logging in

    async def _log_in(self, login: Login, received: Received) -> Reply:
        given = credentials.read(login, received.headers, received.body)
        async with self._worker(CHEAP_MS + 1):
            passed = given is not None and await asyncio.to_thread(self._accounts.check, *given)
        if given is None or not passed:
            headers = {"Content-Type": "text/html"}
            if login.kind == "basic":
                headers["WWW-Authenticate"] = 'Basic realm="members"'
            return Reply(login.failure.status, pages.form(login, login.failure.response_bytes), headers)
        headers = {"Content-Type": "text/html"}
        if login.kind != "basic":
            headers["Set-Cookie"] = f"{SESSION}={self._open_session(given[0])}; HttpOnly; Path=/"
        if login.success.status in {302, 303}:
            headers["Location"] = login.after
        return Reply(login.success.status, pages.filled(b"Welcome.\n", login.success.response_bytes), headers)

    def _open_session(self, user: str) -> str:
        token = secrets.token_urlsafe(18)
        self._sessions[token] = user
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return token

    def _user(self, received: Received) -> str:
        """Who is logged in; empty for a stranger."""
        return self._sessions.get(received.cookies.get(SESSION, ""), "")

    def _way_in(self) -> str:
        login = self.site.login("form", "wordpress")
        return login.path if login else "/"

    # ---- pages and files

    def _page(self, path: str, length: int) -> Reply:
        return Reply(200, pages.page(self.site, path, length), {"Content-Type": "text/html"})

    def _file(self, received: Received) -> Reply:
        if received.method != "GET":
            return Reply(405, b"Only GET and HEAD.\n", {"Allow": "GET, HEAD"})
        if "if-modified-since" in received.headers:
            return Reply(304, b"", {"Last-Modified": LAST_MODIFIED})
        answer = self.site.answer(self._rng, received.method, received.target)
        body = pages.filled(received.path.encode("utf-8", "replace") + b"\n", answer.response_bytes)
        headers = {"Last-Modified": LAST_MODIFIED, "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        first, _, last = received.headers.get("range", "").removeprefix("bytes=").partition("-")
        if first.isdigit() and last.isdigit() and int(first) <= int(last) and int(first) < len(body):
            piece = body[int(first) : int(last) + 1]
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(piece) - 1}/{len(body)}"
            return Reply(206, piece, headers)
        return Reply(answer.status, body, headers)

    async def _search(self, received: Received) -> Reply:
        """The costly page: every page's name is compared with the words, letter by letter."""
        key = self.site.layout.search.partition("?")[2].rstrip("=")
        given = parse_qs(received.query, keep_blank_values=True).get(key, [""])[0]
        words = unquote_plus(given)[:80]
        async with self._worker(CHEAP_MS + 1):
            found = await asyncio.to_thread(
                difflib.get_close_matches, words.lower(), self._catalogue, SEARCH_RESULTS, 0.2
            )
        length = 9000 + 800 * len(found)
        return self._page(received.path, length)
