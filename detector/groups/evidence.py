"""The kinds of evidence groups leave, as queries."""

from collections.abc import Callable
from dataclasses import dataclass

from detector.windows import DAY_SECONDS, HOUR_SECONDS
from wwwatch.signs import (
    HOSTILE_TAGS,
    MISSING,
    REFERRED,
    Document,
    Signs,
    all_of,
    any_of,
    method,
    none_of,
    status_in,
)

FEED_EXTENSIONS = ["xml", "rss", "atom", "rdf"]
FEED_PATHS = ["/feed", "/feed/", "/rss", "/rss/", "/atom", "/atom/", "/comments/feed/"]


@dataclass(frozen=True)
class Evidence:
    """least_events: length of the windows it is looked for in -> events below which nothing is asked."""

    name: str
    least_events: dict[int, int]
    least_clients: int
    query: Callable[[Signs], Document]


def _logins(signs: Signs) -> Document:
    return signs.login_tries()


def _hunts(signs: Signs) -> Document:
    """Probes and payloads; and what is not there or is a login page, asked for out of the blue."""
    blue = none_of(REFERRED, signs.tagged("static"), signs.tagged("bot"))
    pages = all_of(signs.tagged("login"), method("GET", "HEAD"))
    return any_of(signs.tagged(*HOSTILE_TAGS), all_of(any_of(MISSING, pages), blue))


def _bare(signs: Signs) -> Document:
    """Pages asked for out of the blue. Not feeds and not what was not modified: readers and monitors ask for those.

    A name of a robot is no excuse: other people's programs can be made to flood a site (pingback).
    """
    return none_of(REFERRED, *_not_pages(signs))


def _pages(signs: Signs) -> Document:
    """All pages that are there. A referrer costs an attacker nothing; what a browser fetches with a page does.

    What is not there is a hunt's, see `_hunts`.
    """
    return none_of(signs.tagged("bot", *HOSTILE_TAGS), MISSING, *_not_pages(signs))


def _not_pages(signs: Signs) -> list[Document]:
    feeds = any_of({"terms": {"url.extension": FEED_EXTENSIONS}}, {"terms": {"url.path": FEED_PATHS}})
    return [signs.tagged("static"), status_in([304]), feeds]


LOGINS = Evidence("logins", {600: 20, HOUR_SECONDS: 25, DAY_SECONDS: 40}, 8, _logins)
HUNTS = Evidence("hunts", {600: 12, HOUR_SECONDS: 12, DAY_SECONDS: 20}, 8, _hunts)
BARE = Evidence("bare", {60: 150, 600: 300, HOUR_SECONDS: 300}, 5, _bare)

PAGES = Evidence("pages", {60: 300, 600: 600, HOUR_SECONDS: 300}, 30, _pages)

EVIDENCE = {evidence.name: evidence for evidence in (LOGINS, HUNTS, BARE, PAGES)}


def looked_for(window_seconds: int) -> list[Evidence]:
    """The kinds of evidence a length of window is screened for."""
    return [evidence for evidence in EVIDENCE.values() if window_seconds in evidence.least_events]
