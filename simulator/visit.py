"""What a browser asks for while somebody uses it: pages with their assets, forms, searches, downloads."""

from random import Random

from simulator import words
from simulator.layout import Login, Page
from simulator.randomness import around
from simulator.request import Answer, Client, Request
from simulator.site import STATIC_MS, Site

# What a browser does with what it holds already: most is taken from the cache unseen, some is asked for again.
REVALIDATES = 0.12
MISTYPES = 0.16
FORGOT = 0.02
ASKS_ICONS = 0.09
ABORTS = 0.004
CHUNK_BYTES = 1_048_576


class Visit:
    """A browser's requests, as a growing list in order of time."""

    def __init__(self, site: Site, rng: Random, client: Client, start: float, cached: float) -> None:
        self.site = site
        self.rng = rng
        self.client = client
        if client.http_version != site.layout.http_version:
            self.client = Client(
                client.address, client.user_agent, client.actor, client.style, client.label, site.layout.http_version
            )
        self.time = start
        self.cached = cached
        self.here = ""  # the address of the page in view, the referrer of what comes next
        self.sends_referrer = True
        self.loads_assets = True
        self.user = ""  # known to the server after HTTP basic
        self.requests: list[Request] = []
        self._loaded: set[str] = set()

    def think(self, median_seconds: float) -> None:
        """Somebody reads."""
        self.time += around(self.rng, median_seconds, 0.9)

    def fetch(self, target: str, method: str = "GET", referrer: str = "", answer: Answer | None = None) -> Answer:
        """One request, now. Without `answer` the site says what it says to everybody."""
        if answer is None:
            answer = self.site.answer(self.rng, method, target)
        shown = referrer if self.sends_referrer else ""
        self.requests.append(self.client.request(self.time, method, target, answer, shown, self.user))
        return answer

    def page(self, page: Page, referrer: str, query: str = "") -> None:
        """A page and what it loads."""
        if page.kind == "member":
            answer = Answer(200, page.response_bytes + self.rng.randrange(900), page.cost_ms)
        else:
            answer = self.site.page_answer(self.rng, page)
        if not page.dynamic and self.cached and self.rng.random() < self.cached * 0.5:
            answer = self.site.not_modified()
        elif self.rng.random() < ABORTS and self.site.layout.server == "nginx":
            answer = Answer(499, 0, answer.duration_ms)
        self.fetch(page.path + query, referrer=referrer, answer=answer)
        self.here = self.site.url(page.path + query)
        if self.loads_assets and not self.site.layout.redirects_all:
            self._assets(page.assets)

    def _assets(self, paths: tuple[str, ...]) -> None:
        rng = self.rng
        began = self.time
        style_sheet = self.here
        for path in paths:
            if path in self._loaded:
                continue
            self._loaded.add(path)
            answer = Answer(200, self.site.layout.assets[path], STATIC_MS)
            if rng.random() < self.cached:
                if rng.random() > REVALIDATES:
                    continue
                answer = self.site.not_modified()
            self.time += rng.expovariate(25)
            bare = path.partition("?")[0]
            if bare.endswith(".css"):
                style_sheet = self.site.url(path)
            from_style = bare.endswith((".woff", ".woff2", ".ttf", ".svg"))
            self.fetch(path, referrer=style_sheet if from_style else self.here, answer=answer)
        self.time = max(self.time, began + 0.05)

    def icons(self, mobile: bool) -> None:
        """The icons and well-known files that browsers ask for by themselves; most sites lack most of them."""
        if self.rng.random() < ASKS_ICONS * (1.6 if mobile else 1.0):
            first = 1 if mobile else 0
            for path in words.HARMLESS_MISSING[first : first + (3 if mobile else 1)]:
                self.time += self.rng.random() * 0.3
                self.fetch(path)
        if self.rng.random() < 0.02:
            self.fetch(self.rng.choice(words.HARMLESS_MISSING[5:]))

    def log_in(self, login: Login) -> bool:
        """The form, a few wrong passwords now and then, and in the end nearly always the right one."""
        rng = self.rng
        if login.kind == "basic":
            self.fetch(login.path, referrer=self.here)
            self.user = "".join(rng.choices("abcdefghiklmnoprstuvw", k=5))
        elif login.kind != "json":
            self.fetch(login.path, referrer=self.here, answer=self.site.login_page(login))
        form = self.site.url(login.path)
        method = "GET" if login.kind == "basic" else "POST"
        wrong = 1 + (rng.random() < 0.3) + (rng.random() < 0.1) if rng.random() < MISTYPES else 0
        gives_up = rng.random() < FORGOT
        for _ in range(wrong + 2 * gives_up):
            self.think(9)
            self.fetch(login.path, method, form, login.failure)
        if gives_up:
            self.user = ""
            return False
        self.think(7)
        self.fetch(login.path, method, form, login.success)
        if login.success.status in (302, 303):
            self.time += 0.08
            self.fetch(login.after, referrer=form, answer=Answer(200, 11_500 + rng.randrange(2000), 70))
        self.here = self.site.url(login.after)
        return True

    def members_area(self) -> None:
        """What somebody with an account does there; those who run a WordPress write in it."""
        pages = self.site.member_pages
        for _ in range(self.rng.randrange(3) if pages else 0):
            self.think(12)
            self.page(self.rng.choice(pages), self.here)

    def search(self, found: str) -> None:
        """Look something up: `found` is already encoded for a query."""
        target = self.site.layout.search + found
        self.fetch(target, referrer=self.here)
        self.here = self.site.url(target)
        if self.rng.random() < 0.15:
            self.think(8)
            self.fetch(f"{target}&page=2", referrer=self.here)

    def download(self, path: str) -> None:
        """A file; viewers fetch large ones in pieces (206)."""
        size = self.site.layout.downloads[path]
        if size < CHUNK_BYTES or self.rng.random() < 0.4:
            self.fetch(path, referrer=self.here)
            return
        for _ in range(min(30, size // CHUNK_BYTES + 1)):
            self.fetch(path, referrer=self.here, answer=Answer(206, CHUNK_BYTES, 90))
            self.time += 0.1 + self.rng.random()

    def script_calls(self, count: int) -> None:
        """Calls of a page's script: the cart, the stock, what the search would suggest."""
        calls = [path for path in self.site.layout.api if not path.endswith((".txt", ".xml"))]
        for _ in range(count if calls else 0):
            self.think(4)
            method = "POST" if self.rng.random() < 0.4 else "GET"
            answer = Answer(self.rng.choice((200, 200, 201, 204)), 150 + self.rng.randrange(900), 25)
            self.fetch(self.rng.choice(calls), method, self.here, answer)
