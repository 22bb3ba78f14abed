"""A planned request as bytes: the request line as planned, and what it needs to get the answer that was planned."""

from simulator import credentials
from simulator.accounts import Accounts
from simulator.layout import Login
from simulator.request import NORMAL, Request
from simulator.site import Site

SPOKEN = frozenset({"HTTP/1.0", "HTTP/1.1"})
PIECE_BYTES = 1_048_576
AGREES_WITH_ANY = "Thu, 31 Dec 2037 00:00:00 GMT"
ONE_BY_ONE = "credential_stuffing"


class Messages:
    """Writes the requests of one site's visitors; counts attempts, so that each guess is another one."""

    def __init__(self, site: Site, accounts: Accounts) -> None:
        self._site, self._accounts = site, accounts
        self._logins = {login.path: login for login in site.layout.logins}
        self._attempts: dict[str, int] = {}

    def login(self, request: Request) -> Login | None:
        """The login this request tries, if it does."""
        login = self._logins.get(request.path)
        if login is None or (login.kind == "basic" and not request.user):
            return None
        return login if request.method == "POST" or login.kind == "basic" else None

    def encoded(self, request: Request, headers: dict[str, str], cookie: str) -> bytes:
        """The request as it goes over the wire; `headers` and cookie are added to its own."""
        if not request.method:
            return request.target.encode("utf-8", "surrogateescape") + b"\r\n\r\n"
        own, body = self._told(request)
        version = request.http_version if request.http_version in SPOKEN else "HTTP/1.1"
        named = {"Host": self._site.host, "User-Agent": request.user_agent, "Referer": request.referrer}
        given = {**named, **headers, **own, "Cookie": cookie, "Connection": "close"}
        if body or request.method in {"POST", "PUT", "PATCH"}:
            given["Content-Length"] = str(len(body))
        lines = [f"{request.method} {request.target} {version}"]
        lines += [f"{name}: {value}" for name, value in given.items() if value]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body

    def _told(self, request: Request) -> tuple[dict[str, str], bytes]:
        """Headers and body by what was planned: a login with the right or a wrong password, a cached copy, a piece."""
        if login := self.login(request):
            return credentials.written(login, *self._pair(request, login))
        if request.user:
            return credentials.basic(*self._accounts.of(request.actor)), b""
        if request.status == 304:
            return {"If-Modified-Since": AGREES_WITH_ANY}, b""
        if request.status == 206:
            return {"Range": f"bytes=0-{PIECE_BYTES - 1}"}, b""
        return {}, b"text=hello" if request.method == "POST" else b""

    def _pair(self, request: Request, login: Login) -> tuple[str, str]:
        if (request.status, request.response_bytes) == (login.success.status, login.success.response_bytes):
            return self._accounts.of(request.actor)
        attempt = self._attempts[request.actor] = self._attempts.get(request.actor, 0) + 1
        name, password = self._accounts.wrong(request.actor, attempt, request.label != ONE_BY_ONE)
        # With HTTP basic the log shows the name: an attacker's choice, or what somebody mistyped is at least theirs.
        return (request.user if login.kind == "basic" and request.label != NORMAL else name), password
