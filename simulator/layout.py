"""What a site consists of: pages that link to each other, their assets, logins, and how it says no."""

from dataclasses import dataclass, field

from simulator.request import Answer

NOT_FOUND = Answer(404, 1027, 2.0)
LOGIN_KINDS = ("form", "wordpress", "xmlrpc", "basic", "json")


@dataclass(frozen=True, slots=True)
class Page:
    """A page people read. weight: how popular it is. links: indices of the pages it links to.

    assets: paths it loads. kind: `page`, or `member` where only somebody logged in gets it.
    cost_ms: what the server works on it. dynamic pages have no 304 and a size that varies.
    """

    path: str
    response_bytes: int
    cost_ms: float = 20.0
    weight: float = 1.0
    links: tuple[int, ...] = ()
    assets: tuple[str, ...] = ()
    kind: str = "page"
    dynamic: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """A place to log in. kind: one of LOGIN_KINDS. form_bytes: size of the form a GET shows, 0 if it has none.

    after: where a success leads to.
    """

    path: str
    kind: str
    failure: Answer
    success: Answer
    form_bytes: int = 0
    after: str = "/"


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole site. Sizes in bytes, costs in ms of server time, capacity in ms of server time a second.

    search: the target up to the words looked for, or empty. api: targets a page's script or an app asks.
    missing: the answer to a path that is not there: a 404, a redirect to the start page, or a soft 404 (200).
    echoes_path: the missing answer names the path, so its size follows the path's length.
    refused: path beginnings the server denies with 403. redirects_all: a host that only says "use https".
    """

    host: str
    pages: tuple[Page, ...]
    assets: dict[str, int]
    logins: tuple[Login, ...] = ()
    search: str = ""
    api: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    downloads: dict[str, int] = field(default_factory=dict)
    gallery: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    missing: Answer = NOT_FOUND
    echoes_path: bool = False
    refused: tuple[str, ...] = ("/.ht",)
    redirects_all: bool = False
    http_version: str = "HTTP/1.1"
    server: str = "nginx"
    capacity_ms: float = 4000.0


def conventional_login(kind: str, form_bytes: int = 5200) -> Login:
    """Where a login of a kind usually is and what it usually answers."""
    if kind == "wordpress":
        return Login(
            "/wp-login.php", kind, Answer(200, form_bytes + 620, 180), Answer(302, 0, 210), form_bytes, "/wp-admin/"
        )
    if kind == "xmlrpc":
        return Login("/xmlrpc.php", kind, Answer(200, 403, 160), Answer(200, 912, 190), 42, "/xmlrpc.php")
    if kind == "basic":
        return Login("/intern/", kind, Answer(401, 381, 1.5), Answer(200, 4120, 3), 381, "/intern/")
    if kind == "json":
        return Login("/api/login", kind, Answer(401, 67, 95), Answer(200, 842, 120), 0, "/api/account")
    return Login("/login", "form", Answer(200, form_bytes + 240, 110), Answer(302, 0, 130), form_bytes, "/account")
