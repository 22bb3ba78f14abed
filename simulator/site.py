"""A web site that can be asked: it answers people, robots and attackers alike."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from random import Random

from simulator import layouts, profile
from simulator.layout import Layout, Login, Page, conventional_login
from simulator.request import Answer

# An HTTP error before any application: what the server itself says.
BAD_REQUEST = Answer(400, 157, 0.1)
REDIRECT = Answer(301, 169, 0.2)
STATIC_MS = 0.4


class Site:
    """A layout with behaviour. Immutable: the same question and the same `rng` give the same answer."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.host = layout.host
        self._pages = {page.path: page for page in layout.pages}
        self._logins = {login.path: login for login in layout.logins}
        self._others = frozenset(layout.api) | frozenset(layout.feeds) | frozenset(layout.admin)
        self._cumulative = list(accumulate(page.weight for page in self.public_pages))

    @classmethod
    def shop(cls, seed: int = 0) -> "Site":
        """A small shop: categories, products, search, cart, a form login and a JSON login for its app."""
        return cls(layouts.shop(seed))

    @classmethod
    def wordpress(cls, seed: int = 0) -> "Site":
        """A blog on WordPress: posts, tags, feeds, wp-login.php, xmlrpc.php and wp-json."""
        return cls(layouts.wordpress(seed))

    @classmethod
    def static(cls, seed: int = 0) -> "Site":
        """Files only: pages, a photo gallery, downloads, and a folder behind HTTP basic."""
        return cls(layouts.static(seed))

    @classmethod
    def from_profile(
        cls,
        paths: Sequence[tuple[str, int]],
        login_paths: Sequence[str | Login] = (),
        not_found_status: int = 404,
        not_found_bytes: int = 1027,
        host: str = "www.example.com",
        page_bytes: int = 14000,
        asset_bytes: int = 9000,
        login_failure_status: int = 200,
        server: str = "nginx",
    ) -> "Site":
        """Any site, from what its log shows.

        paths: targets as logged (a query may follow) with their hits; an ending tells pages from assets.
        login_paths: paths that take passwords; their kind follows from the name, or give a `Login`.
        Raise ValueError if there is no path at all, one that does not start with `/`, or hits below zero.
        """
        return cls(
            profile.layout(
                paths, login_paths, Answer(not_found_status, not_found_bytes, 2.0), host,
                page_bytes, asset_bytes, login_failure_status, server,
            )
        )  # fmt: skip

    def answering_missing_with(self, status: int, response_bytes: int) -> "Site":
        """The same site with another answer to paths that are not there: 301, or 200 for a soft 404."""
        return Site(replace(self.layout, missing=Answer(status, response_bytes, 3.0), echoes_path=False))

    def redirecting_all(self) -> "Site":
        """The same site's port 80: it answers everything with a redirect."""
        logins = tuple(replace(login, failure=REDIRECT, success=REDIRECT) for login in self.layout.logins)
        return Site(replace(self.layout, logins=logins, admin=(), redirects_all=True))

    @cached_property
    def public_pages(self) -> tuple[Page, ...]:
        """Pages anybody gets, most of a site."""
        return tuple(page for page in self.layout.pages if page.kind == "page")

    @cached_property
    def member_pages(self) -> tuple[Page, ...]:
        """Pages behind the login."""
        return tuple(page for page in self.layout.pages if page.kind == "member")

    @cached_property
    def home_page(self) -> Page:
        """The start page, or the most popular one where `/` is not known."""
        return self._pages.get("/") or max(self.public_pages, key=lambda page: page.weight)

    @cached_property
    def costliest(self) -> str:
        """The target that keeps the server busiest: the search if there is one."""
        if self.layout.search:
            return self.layout.search
        return max(self.public_pages, key=lambda page: page.cost_ms).path

    def popular_page(self, rng: Random) -> Page:
        """A page drawn by popularity."""
        return rng.choices(self.public_pages, cum_weights=self._cumulative)[0]

    def linked_page(self, rng: Random, page: Page) -> Page:
        """Where somebody clicks next."""
        links = [self.layout.pages[index] for index in page.links]
        return rng.choice(links) if links else self.popular_page(rng)

    def login(self, *kinds: str) -> Login | None:
        """The first login of one of these kinds, any login without kinds, None if there is none."""
        return next((login for login in self.layout.logins if not kinds or login.kind in kinds), None)

    def login_for(self, *kinds: str) -> Login:
        """The login an attacker of these kinds tries.

        Where the site shows none, the conventional one of the first kind, answering as if it were there: a site's
        log need not show a login that nobody has used yet.
        """
        if shown := self.login(*kinds):
            return shown
        usual = conventional_login(kinds[0])
        return replace(usual, failure=REDIRECT, success=REDIRECT) if self.layout.redirects_all else usual

    def exists(self, target: str) -> bool:
        """Does the site have this path?"""
        path = target.partition("?")[0]
        layout = self.layout
        return (
            path in self._pages or path in layout.assets or path in self._logins
            or path in layout.downloads or path in self._others or target in self._others
            or bool(layout.search and path == layout.search.partition("?")[0])
        )  # fmt: skip

    def answer(self, rng: Random, method: str, target: str) -> Answer:
        """What a stranger gets. Logins answer as if the password was wrong; a HEAD has no body."""
        answer = REDIRECT if self.layout.redirects_all else self._answer(rng, method, target)
        return replace(answer, response_bytes=0) if method == "HEAD" else answer

    def _answer(self, rng: Random, method: str, target: str) -> Answer:
        path = target.partition("?")[0]
        layout = self.layout
        if layout.search and target.startswith(layout.search):
            return Answer(200, 9000 + rng.randrange(16000), 90 + rng.random() * 260)
        if page := self._pages.get(path):
            return self.page_answer(rng, page, method)
        if target in layout.assets or path in layout.assets:
            size = layout.assets.get(target) or layout.assets[path]
            return Answer(200, size, STATIC_MS) if method in ("GET", "HEAD") else Answer(405, 157, 0.2)
        if login := self._logins.get(path):
            return self.login_page(login) if method in ("GET", "HEAD") else login.failure
        if path in layout.downloads:
            return Answer(200, layout.downloads[path], layout.downloads[path] / 20_000)
        if self.exists(target):
            return self._other(rng, path)
        return self.missing(path)

    def page_answer(self, rng: Random, page: Page, method: str = "GET") -> Answer:
        """A page, with the small variations of what is made for each visitor."""
        if self.layout.redirects_all:
            return REDIRECT
        if page.kind == "member":
            return Answer(302, 0, 12)
        if method not in ("GET", "HEAD", "POST"):
            return Answer(405, 157, 0.2)
        if not page.dynamic:
            return Answer(405, 157, 0.2) if method == "POST" else Answer(200, page.response_bytes, STATIC_MS)
        size = page.response_bytes + rng.randrange(1 + page.response_bytes // 40)
        return Answer(200, size, round(page.cost_ms * (0.6 + rng.random()), 1))

    def member_answer(self, rng: Random) -> Answer:
        """What somebody logged in gets where a stranger is turned away."""
        return Answer(200, 60 + rng.randrange(40_000), 60 + rng.random() * 200)

    def login_page(self, login: Login) -> Answer:
        """What a GET of a login endpoint brings: its form, or a refusal where there is none."""
        if self.layout.redirects_all or login.kind == "basic":
            return login.failure
        if login.kind in ("json", "xmlrpc"):
            return Answer(405, login.form_bytes or 57, 20)
        return Answer(200, login.form_bytes, 45)

    def missing(self, path: str) -> Answer:
        """The answer to a path that is not there, or that the server refuses."""
        layout = self.layout
        if layout.redirects_all:
            return REDIRECT
        if layout.refused and path.startswith(layout.refused):
            return Answer(403, 153, 0.3)
        if layout.echoes_path:
            return replace(layout.missing, response_bytes=layout.missing.response_bytes + len(path))
        return layout.missing

    def _other(self, rng: Random, path: str) -> Answer:
        if path in self.layout.admin:
            return Answer(302, 0, 60)
        if path in self.layout.feeds:
            return Answer(200, 24_000 + rng.randrange(400), 35)
        return Answer(200, 180 + rng.randrange(1400), 15 + rng.random() * 30)

    def not_modified(self) -> Answer:
        """What a browser gets for what it holds already; Apache counts the headers as bytes sent."""
        return Answer(304, 125 if self.layout.server == "apache" else 0, STATIC_MS)

    def url(self, target: str) -> str:
        """The absolute address of a target, as referrers give it."""
        return f"https://{self.host}{target}"
