"""Crawlers that can be told from those who borrow their name: by forward-confirmed reverse DNS or by address list.

What they call themselves counts for nothing. Without DNS the answer is "unknown", and nothing changes.
"""

import ipaddress
import json
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TypeVar

from wwwatch.addresses import as_address
from wwwatch.control import CRAWLER
from wwwatch.errors import SettingsError
from wwwatch.moments import iso
from wwwatch.store import Store, names

VERIFIED, FAKE, UNKNOWN = "verified", "fake", "unknown"
# An address keeps its name for weeks; what could not be asked is asked again soon.
KEPT = {VERIFIED: timedelta(days=7), FAKE: timedelta(days=7), UNKNOWN: timedelta(hours=1)}
TIMEOUT_SECONDS = 3.0
MOST_UNANSWERED = 3
# "No such host" of gethostbyaddr (h_errno HOST_NOT_FOUND) and of getaddrinfo.
NO_SUCH_NAME = (1, socket.EAI_NONAME)

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Crawler:
    """mark: what is in its agent, lower case. domains: one of which the names of its addresses end in."""

    name: str
    mark: str
    domains: tuple[str, ...]


# As their makers document them.
CRAWLERS = (
    Crawler("Googlebot", "googlebot", ("googlebot.com", "google.com", "googleusercontent.com")),
    Crawler("Bingbot", "bingbot", ("search.msn.com",)),
    Crawler("Applebot", "applebot", ("applebot.apple.com",)),
    Crawler("YandexBot", "yandex", ("yandex.ru", "yandex.net", "yandex.com")),
    Crawler("Baiduspider", "baiduspider", ("baidu.com", "baidu.jp")),
    Crawler("PetalBot", "petalbot", ("petalsearch.com", "aspiegel.com")),
    Crawler("SeznamBot", "seznambot", ("seznam.cz",)),
    Crawler("Qwantbot", "qwantbot", ("qwant.com",)),
    Crawler("CCBot", "ccbot", ("crawl.commoncrawl.org",)),
    Crawler("Yahoo! Slurp", "yahoo! slurp", ("crawl.yahoo.net",)),
    Crawler("AhrefsBot", "ahrefsbot", ("ahrefs.com", "ahrefs.net")),
)


def claimed(agents: Iterable[str]) -> Crawler | None:
    """The crawler one of these agents claims to be."""
    lowered = [agent.lower() for agent in agents]
    return next((crawler for crawler in CRAWLERS if any(crawler.mark in agent for agent in lowered)), None)


class Resolver:
    """The system's resolver, with a limit of time. Names come back without their final dot, lower case."""

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout_seconds

    def name_of(self, address: str) -> str | None:
        """The name of an address; None if it has none. Raise OSError where there is no answer."""
        try:
            found = self._asked(lambda: socket.gethostbyaddr(address)[0])
        except (socket.herror, socket.gaierror) as error:
            if error.errno in NO_SUCH_NAME:
                return None
            raise
        return found.rstrip(".").lower()

    def addresses_of(self, name: str) -> set[str]:
        """The addresses of a name. Raise OSError where there is no answer."""
        try:
            return self._asked(lambda: {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)})
        except socket.gaierror as error:
            if error.errno in NO_SUCH_NAME:
                return set()
            raise

    def _asked(self, question: Callable[[], T]) -> T:
        """The answer, within the time: a thread of its own, because the system's resolver takes no limit."""
        answers: list[T] = []
        errors: list[OSError] = []

        def ask() -> None:
            try:
                answers.append(question())
            except OSError as error:
                errors.append(error)

        thread = Thread(target=ask, daemon=True, name="resolver")
        thread.start()
        thread.join(self._timeout)
        if errors:
            raise errors[0]
        if not answers:
            raise TimeoutError(f"no answer within {self._timeout} s")
        return answers[0]


def confirmed(crawler: Crawler, address: str, resolver: Resolver) -> str:
    """VERIFIED if the address's name is in the crawler's domain and leads back to the address, FAKE if not.

    UNKNOWN where the resolver cannot be asked. (The way all of them describe; RFC 1912 for the principle.)
    """
    try:
        name = resolver.name_of(address)
        if name is None or not any(name == domain or name.endswith(f".{domain}") for domain in crawler.domains):
            return FAKE
        return VERIFIED if _plain(address) in {_plain(found) for found in resolver.addresses_of(name)} else FAKE
    except OSError:
        return UNKNOWN


def _plain(address: str) -> str:
    return as_address(address.partition("%")[0]) or address


def read_lists(paths: Iterable[Path]) -> dict[str, list[Network]]:
    """Published address lists, by the mark of their crawler, which the file's name begins with (`googlebot.json`).

    Their form is `{"prefixes": [{"ipv4Prefix": ...}, {"ipv6Prefix": ...}]}`. Raise SettingsError for any other.
    """
    lists: dict[str, list[Network]] = {}
    for path in paths:
        crawler = next((known for known in CRAWLERS if path.name.lower().startswith(known.mark)), None)
        if crawler is None:
            known = ", ".join(each.mark for each in CRAWLERS)
            raise SettingsError(f"detector.crawler_lists: {path.name} begins with no crawler's mark ({known}).")
        try:
            prefixes = json.loads(path.read_text(encoding="utf-8"))["prefixes"]
            found = [ipaddress.ip_network(next(iter(prefix.values()))) for prefix in prefixes]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
            raise SettingsError(f"detector.crawler_lists: {path} is no address list: {error}") from error
        lists.setdefault(crawler.mark, []).extend(found)
    return lists


class Verifier:
    """Verifies and remembers, in the store, so that each address is asked about once a week by all detectors."""

    def __init__(
        self,
        store: Store,
        now: datetime,
        lists: Mapping[str, Sequence[Network]] | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self._store, self._now, self._lists, self._resolver = store, now, lists or {}, resolver
        self._unanswered = 0

    def __call__(self, crawler: Crawler, address: str) -> str:
        """VERIFIED, FAKE or UNKNOWN."""
        if as_address(address) is None:
            return UNKNOWN
        if listed := self._lists.get(crawler.mark):
            return VERIFIED if any(ipaddress.ip_address(address) in network for network in listed) else FAKE
        id_ = f"{CRAWLER}:{crawler.mark}:{address}"
        kept = self._store.get_document(names.CONTROL, id_)
        if kept and kept["wwwatch"]["expires_at"] > iso(self._now):
            return str(kept["wwwatch"]["status"])
        # A resolver that does not answer is not waited for again and again in one pass.
        if self._resolver is None or self._unanswered >= MOST_UNANSWERED:
            return UNKNOWN
        result = confirmed(crawler, address, self._resolver)
        self._unanswered += result == UNKNOWN
        own = {"kind": CRAWLER, "id": address, "status": result, "expires_at": iso(self._now + KEPT[result])}
        self._store.write_documents(names.CONTROL, [(id_, {"@timestamp": iso(self._now), "wwwatch": own})])
        return result
