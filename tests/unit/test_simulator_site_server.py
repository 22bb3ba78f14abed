"""The site's server: logins that check, sessions, files, a search, and what it refuses."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import credentials
from simulator.accounts import Accounts
from simulator.layout import LOGIN_KINDS, Layout, conventional_login
from simulator.site import Site
from simulator.site_server import application
from simulator.site_server.application import Application
from simulator.site_server.pages import LONGEST_FILE_BYTES, filled, page
from simulator.site_server.wire import BODY_LIMIT_BYTES, Received, Reply, receive

Ask = Callable[..., Reply]
SEED = 5


@pytest.fixture
def site() -> Site:
    return Site.shop(SEED)


@pytest.fixture
def accounts(site: Site) -> Accounts:
    return Accounts(site.host, SEED)


@pytest.fixture
def ask(site: Site, accounts: Accounts) -> Ask:
    served = Application(site, accounts)

    def one(method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Reply:
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        return asyncio.run(served.reply(Received(method, target, lowered, body)))

    return one


@pytest.mark.parametrize("kind", LOGIN_KINDS)
def test_every_kind_of_login_tells_right_from_wrong(kind: str) -> None:
    login = conventional_login(kind)
    layout = replace(Site.shop(SEED).layout, logins=(login,))
    accounts = Accounts(layout.host, SEED)
    method = "GET" if kind == "basic" else "POST"

    async def answers() -> list[int]:
        served, statuses = Application(Site(layout), accounts), []
        for pair in (accounts.of("ann"), accounts.wrong("ann", 1, True), accounts.wrong("ann", 2, False)):
            headers, body = credentials.written(login, *pair)
            lowered = {name.lower(): value for name, value in headers.items()}
            reply = await served.reply(Received(method, login.path, lowered, body))
            statuses.append(reply.status)
            assert (bool(reply.headers.get("Set-Cookie")) or kind == "basic") == (len(statuses) == 1 or kind == "basic")
        return statuses

    assert asyncio.run(answers()) == [login.success.status, login.failure.status, login.failure.status]


def test_an_account_is_wrong_with_every_other_password(accounts: Accounts) -> None:
    name, password = accounts.of("ann")

    assert accounts.check(name, password)
    assert not accounts.check(name, password + "x")
    assert not accounts.check("nobody", password)
    assert accounts.wrong("ann", 1, True)[0] == name
    assert accounts.wrong("ann", 1, False)[0] != name


def test_member_pages_want_a_session(ask: Ask, site: Site, accounts: Accounts) -> None:
    login = site.login_for("form")
    headers, body = credentials.written(login, *accounts.of("ann"))

    stranger = ask("GET", "/account")
    passed = ask("POST", login.path, headers, body)
    cookie = passed.headers["Set-Cookie"].partition(";")[0]

    assert (stranger.status, stranger.headers["Location"]) == (302, login.path)
    assert passed.headers["Location"] == login.after
    assert ask("GET", "/account", {"Cookie": cookie}).status == 200
    assert ask("GET", "/admin/orders", {"Cookie": cookie}).status == 200
    assert ask("GET", "/account", {"Cookie": "session=guessed"}).status == 302


@pytest.mark.parametrize("body", [b"", b"user=ann", b"\xff\xfe", b"{}"])
def test_a_login_without_a_pair_fails(ask: Ask, site: Site, body: bytes) -> None:
    for login in site.layout.logins:
        assert ask("POST", login.path, {}, body).status == login.failure.status


def test_files_whole_in_pieces_and_unchanged(ask: Ask) -> None:
    whole = ask("GET", "/files/assembly.pdf")
    piece = ask("GET", "/files/assembly.pdf", {"Range": "bytes=10-19"})

    assert (whole.status, len(whole.body)) == (200, LONGEST_FILE_BYTES)
    assert (piece.status, piece.body) == (206, whole.body[10:20])
    assert piece.headers["Content-Range"] == f"bytes 10-19/{LONGEST_FILE_BYTES}"
    assert ask("GET", "/files/assembly.pdf", {"If-Modified-Since": "x"}).status == 304
    assert ask("POST", "/files/assembly.pdf").status == 405


def test_head_has_the_length_and_no_body(ask: Ask) -> None:
    encoded = ask("HEAD", "/files/assembly.pdf").encoded()

    assert encoded.endswith(b"\r\n\r\n")
    assert f"Content-Length: {LONGEST_FILE_BYTES}".encode() in encoded


def test_what_is_not_there_and_what_is_refused(ask: Ask) -> None:
    assert ask("GET", "/nothing/here").status == 404
    assert ask("GET", "/.htpasswd").status == 403
    assert ask("GET", "/search?q=oak+chair").status == 200


def test_too_much_at_once_is_refused(site: Site, accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "PATIENCE_SECONDS", 0.05)
    layout: Layout = replace(site.layout, capacity_ms=1000)

    async def flood() -> list[int]:
        served = Application(Site(layout), accounts)
        replies = await asyncio.gather(*(served.reply(Received("GET", "/", {})) for _ in range(40)))
        return [reply.status for reply in replies]

    statuses = asyncio.run(flood())

    assert set(statuses) == {200, 503}


def test_pages_link_and_are_as_long_as_said(site: Site) -> None:
    body = page(site, "/", 31_000)

    assert len(body) == 31_000
    assert b'<a href="/c/chairs">' in body
    assert filled(b"long", 2) == b"lo"


def heard(data: bytes) -> Received | Reply | None:
    async def one() -> Received | Reply | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await receive(reader)

    return asyncio.run(one())


def test_a_request_is_taken_apart() -> None:
    found = heard(b"POST /a?b=c HTTP/1.0\r\nCookie: a=1; session=xyz\r\ncontent-length: 3\r\n\r\nabc")

    assert isinstance(found, Received)
    assert (found.method, found.path, found.query, found.body) == ("POST", "/a", "b=c", b"abc")
    assert found.cookies["session"] == "xyz"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (f"POST / HTTP/1.1\r\nContent-Length: {BODY_LIMIT_BYTES + 1}\r\n\r\n".encode(), 413),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: int) -> None:
    found = heard(data)

    assert isinstance(found, Reply)
    assert found.status == status


def test_who_goes_away_gets_nothing() -> None:
    assert heard(b"GET / HT") is None
