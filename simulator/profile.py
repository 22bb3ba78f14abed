"""Any site's layout from its own log: the paths people ask for, and how often."""

from collections.abc import Sequence

from simulator.layout import Layout, Login, Page, conventional_login
from simulator.randomness import around, derive
from simulator.request import Answer

ASSET_ENDINGS = (
    ".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".ico", ".woff", ".woff2",
    ".ttf", ".eot", ".otf", ".mp4", ".webm", ".mp3",
)  # fmt: skip
DOWNLOAD_ENDINGS = (".pdf", ".zip", ".gz", ".iso", ".dmg", ".exe", ".docx", ".xlsx", ".pptx", ".csv")
FEED_WORDS = ("/feed", "rss", "atom")
SEARCH_KEYS = ("q", "s", "search", "query", "keys")
# The most popular assets are those that every page loads.
COMMON_ASSETS = 6
OWN_ASSETS = 3
LINKS = 8


def layout(
    paths: Sequence[tuple[str, int]],
    login_paths: Sequence[str | Login],
    missing: Answer,
    host: str,
    page_bytes: int,
    asset_bytes: int,
    login_failure_status: int,
    server: str,
) -> Layout:
    """See Site.from_profile."""
    _check(paths)
    rng = derive("profile", host, len(paths))
    logins = tuple(login if isinstance(login, Login) else _login(login, login_failure_status) for login in login_paths)
    taken = {login.path for login in logins}
    ordered = sorted(dict(paths).items(), key=lambda item: (-item[1], item[0]))
    shown = [(target, hits) for target, hits in ordered if target.partition("?")[0] not in taken]
    assets = {target: round(around(rng, asset_bytes, 0.7)) for target, _ in shown if _ends(target, ASSET_ENDINGS)}
    downloads = {
        target.partition("?")[0]: round(around(rng, 60 * asset_bytes, 0.7))
        for target, _ in shown
        if _ends(target, DOWNLOAD_ENDINGS)
    }
    feeds = tuple(target for target, _ in shown if _is_feed(target) and target not in assets)
    robots = tuple(target for target, _ in shown if target == "/robots.txt")
    others = set(assets) | set(feeds) | set(robots)
    readable: dict[str, int] = {}
    for target, hits in shown:
        if target not in others and not _ends(target, DOWNLOAD_ENDINGS):
            # Targets that differ in the query only are one page.
            path = target.partition("?")[0]
            readable[path] = readable.get(path, 0) + hits
    readable = readable or {"/": 1}
    names = list(assets)
    pages = []
    for path, hits in sorted(readable.items(), key=lambda item: (-item[1], item[0])):
        own = rng.sample(names, min(OWN_ASSETS, len(names)))
        links = tuple(rng.sample(range(len(readable)), min(LINKS, len(readable))))
        loads = tuple(dict.fromkeys((*names[:COMMON_ASSETS], *own)))
        pages.append(Page(path, round(around(rng, page_bytes, 0.4)), around(rng, 40, 0.5), max(hits, 1), links, loads))
    return Layout(
        host=host,
        pages=tuple(pages),
        assets=assets,
        logins=logins,
        search=next((found for target, _ in shown if (found := _search(target))), ""),
        api=robots,
        feeds=feeds,
        downloads=downloads,
        gallery=tuple(name for name in names if name.partition("?")[0].endswith((".jpg", ".jpeg", ".png", ".webp"))),
        missing=missing,
        server=server,
    )


def _check(paths: Sequence[tuple[str, int]]) -> None:
    if not paths:
        raise ValueError("A site's profile needs at least one path.")
    for target, hits in paths:
        if not target.startswith("/"):
            raise ValueError(f"A path of a site's profile starts with a slash; this one does not: {target!r}")
        if hits < 0:
            raise ValueError(f"Hits of a path cannot be negative: {target!r} has {hits}")


def _ends(target: str, endings: tuple[str, ...]) -> bool:
    return target.partition("?")[0].lower().endswith(endings)


def _is_feed(target: str) -> bool:
    path = target.partition("?")[0].lower()
    return path.endswith((".rss", ".xml")) or any(word in path for word in FEED_WORDS)


def _search(target: str) -> str:
    """`/find?q=` from `/find?lang=en&q=chair`; empty if nothing in the query looks like a search."""
    path, _, query = target.partition("?")
    keys = [part.partition("=")[0] for part in query.split("&")]
    key = next((name for name in keys if name in SEARCH_KEYS), "")
    return f"{path}?{key}=" if key else ""


def _login(path: str, failure_status: int) -> Login:
    lowered = path.lower()
    if lowered.endswith("wp-login.php"):
        kind = "wordpress"
    elif lowered.endswith("xmlrpc.php"):
        kind = "xmlrpc"
    elif "api" in lowered.split("/") or lowered.endswith(".json"):
        kind = "json"
    else:
        kind = "form"
    usual = conventional_login(kind)
    failure = (
        usual.failure
        if kind != "form"
        else Answer(failure_status, usual.failure.response_bytes, usual.failure.duration_ms)
    )
    return Login(path, kind, failure, usual.success, usual.form_bytes, usual.after)
