"""What an event shows, as queries of the store: the one vocabulary of all counts, for single clients and for groups.

The shipper's tags are what is asked for. Login pages named in the settings (`logins`) refine what counts as a try, a
failure and a success.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wwwatch.moments import iso
from wwwatch.settings import LoginSettings

Document = dict[str, Any]

MATCH_ALL: Document = {"match_all": {}}

INJECTION_TAGS = ["sqli", "xss", "traversal", "rce"]
HOSTILE_TAGS = ["probe", *INJECTION_TAGS, "tool-agent", "proxy", "malformed"]
# What servers answer to a wrong password where nothing better is known: the form again (200), or a refusal.
LOGIN_FAILED = (200, 400, 401, 403, 422, 429)
LOGIN_PASSED = (201, 204, 302, 303)


def all_of(*queries: Document) -> Document:
    """Events that match every query."""
    return {"bool": {"filter": list(queries)}}


def none_of(*queries: Document) -> Document:
    """Events that match no query."""
    return {"bool": {"must_not": list(queries)}}


def any_of(*queries: Document) -> Document:
    """Events that match at least one query."""
    return {"bool": {"should": list(queries), "minimum_should_match": 1}} if queries else {"match_none": {}}


def status(low: int, high: int) -> Document:
    """Events answered with a status code of [low, high)."""
    return {"range": {"http.response.status_code": {"gte": low, "lt": high}}}


def status_in(codes: Iterable[int]) -> Document:
    """Events answered with one of these status codes."""
    return {"terms": {"http.response.status_code": list(codes)}}


def method(*methods: str) -> Document:
    """Events with one of these request methods."""
    return {"terms": {"http.request.method": list(methods)}}


def span_query(since: datetime, until: datetime, *filters: Document) -> Document:
    """Events of [since, until) that match all filters."""
    return all_of({"range": {"@timestamp": {"gte": iso(since), "lt": iso(until)}}}, *filters)


MISSING = status_in([404, 410])
UNAUTHORIZED = status_in([401])
ERROR = status(400, 600)
REFERRED: Document = {"exists": {"field": "http.request.referrer"}}


@dataclass(frozen=True)
class Login:
    """A login page and the status codes a wrong and a right password get there.

    Codes in neither tuple say nothing; where both are answered alike, `passed` is empty. failed_bytes: where codes do
    not tell them apart, the sizes, from and to, of the answer to a wrong password.
    """

    path: str
    failed: tuple[int, ...]
    passed: tuple[int, ...]
    failed_bytes: tuple[int, int] | None = None

    def failure(self) -> Document | None:
        """Tries here with a wrong password."""
        return self._answered(self.failed, *([self._size()] if self.failed_bytes else []))

    def success(self) -> Document | None:
        """Tries here with the right one."""
        return self._answered(self.passed, *([none_of(self._size())] if self.failed_bytes else []))

    def _answered(self, codes: tuple[int, ...], *more: Document) -> Document | None:
        here = {"term": {"url.path": self.path}}
        return all_of(here, method("POST"), status_in(codes), *more) if codes else None

    def _size(self) -> Document:
        low, high = self.failed_bytes or (0, 0)
        return {"range": {"http.response.body.bytes": {"gte": low, "lte": high}}}


@dataclass(frozen=True)
class Signs:
    """How signs are asked for. logins: the site's known login pages.

    queries: tag -> what is asked instead, of events that carry no tags of ours; None: tags are asked for.
    """

    logins: tuple[Login, ...] = ()
    queries: Mapping[str, Document] | None = None

    def tagged(self, *tags: str) -> Document:
        """Events that carry any of these tags."""
        if self.queries is None:
            return {"terms": {"tags": list(tags)}}
        return any_of(*(self.queries[tag] for tag in tags if tag in self.queries))

    def login_tries(self) -> Document:
        """POSTs to what is, or looks like, a login page, and answers that ask for a password."""
        return any_of(self._login_posts(), UNAUTHORIZED)

    def login_failures(self) -> Document:
        """Tries with a wrong password, as far as the answers tell."""
        own = [query for login in self.logins if (query := login.failure())]
        return any_of(self._others(LOGIN_FAILED), *own, UNAUTHORIZED)

    def login_successes(self) -> Document:
        """Tries with the right password, as far as the answers tell."""
        own = [query for login in self.logins if (query := login.success())]
        return any_of(self._others(LOGIN_PASSED), *own)

    def _login_posts(self) -> Document:
        looks = all_of(self.tagged("login"), method("POST"))
        paths = [login.path for login in self.logins]
        return any_of(looks, all_of({"terms": {"url.path": paths}}, method("POST"))) if paths else looks

    def _others(self, usual: tuple[int, ...]) -> Document:
        """Pages that only look like a login, by the usual answers."""
        looks = all_of(self.tagged("login"), method("POST"), status_in(usual))
        known = [login.path for login in self.logins]
        return {"bool": {**looks["bool"], "must_not": [{"terms": {"url.path": known}}]}} if known else looks

    def screened(self) -> dict[str, Document]:
        """First stage: what is counted of every client, in addition to its requests."""
        return {
            "hostile": self.tagged(*HOSTILE_TAGS),
            "login_attempts": self.login_tries(),
            "errors": ERROR,
        }

    def counts(self) -> dict[str, Document]:
        """Second stage: counts of events, for the shortlist."""
        static = self.tagged("static")
        return self.screened() | {
            "server_errors": status(500, 600),
            "login_failures": self.login_failures(),
            "login_successes": self.login_successes(),
            "redirects": status(300, 400),
            "not_found": MISSING,
            "denied": status_in([401, 403, 429]),
            "posts": method("POST", "PUT", "PATCH", "DELETE"),
            "heads": method("HEAD"),
            "odd_methods": none_of(method("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE")),
            "static": static,
            "pages": none_of(static),
            "missing_assets": all_of(static, MISSING),
            "missing_with_referrer": all_of(MISSING, REFERRED),
            "no_referrer": none_of(REFERRED),
            "login_pages": self.tagged("login"),
            "probes": self.tagged("probe"),
            "sqli": self.tagged("sqli"),
            "xss": self.tagged("xss"),
            "traversal": self.tagged("traversal"),
            "rce": self.tagged("rce"),
            "tool_agent": self.tagged("tool-agent"),
            "script_agent": self.tagged("script-agent"),
            "empty_agent": self.tagged("empty-agent"),
            "declared_bot": self.tagged("bot"),
            "proxy": self.tagged("proxy"),
            "malformed": self.tagged("malformed"),
        }


def pinned(logins: Mapping[str, LoginSettings]) -> Signs:
    """The signs of a site whose login pages are named in the settings: path -> the codes it answers with."""
    return Signs(tuple(Login(path, codes.failed, codes.passed) for path, codes in sorted(logins.items())))


# What is asked where nothing is known of the site's login pages, and of simulated traffic.
PLAIN = Signs()
