"""What can go wrong between us and the store, as our own errors; and trying again with backoff."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from elastic_transport import ConnectionError as TransportConnectionError
from elastic_transport import ConnectionTimeout, SerializationError, TlsError, TransportError
from elasticsearch import ApiError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from wwwatch.errors import StoreError, StoreRefused, StoreUnreachable

T = TypeVar("T")

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0

UNTRUSTED = "Name its certificate authority in ca_file (WWWATCH_CA_FILE)."
# By what the TLS library says of the store's certificate.
TLS_HINTS = {
    "expired": "Renew the store's certificate, or set this machine's clock.",
    "not yet valid": "Set this machine's clock, or wait until the store's certificate is valid.",
    "match": "Use a host name of the store's certificate in url (WWWATCH_URL), or add this one to the certificate.",
    "WRONG_VERSION_NUMBER": "The store speaks plain HTTP there: write http:// in url (WWWATCH_URL).",
}
NOT_THERE = "Is it running, and is url (WWWATCH_URL) right? Unset, wwwatch uses its embedded engine."
# What a port that speaks TLS does with a plain request, by what the client says of it.
HUNG_UP = ("Connection aborted", "Remote end closed", "Connection reset", "BadStatusLine")
WANTS_TLS = "It hung up on plain HTTP. If it speaks TLS there, write https:// in url (WWWATCH_URL)."


class StoreBusy(StoreError):  # noqa: N818 - reads as the condition it names
    """The store is overloaded or not ready (429, 502, 503, 504). Trying again later helps."""


class StoreTooLarge(StoreError):  # noqa: N818
    """The request was larger than the store takes (413). Smaller ones help."""


class TooMuch(StoreError):  # noqa: N818
    """A question was more than the store could answer, or answer whole. Asking for less at a time helps."""


class TooManyBuckets(TooMuch):
    """An aggregation met the store's limit of buckets."""


class ShortOfMemory(TooMuch, StoreBusy):
    """A circuit breaker of the store tripped: now, perhaps not in a moment."""


class Incomplete(TooMuch, StoreBusy):
    """Only a part was answered: a shard was lost or gave up. A part is never taken for the whole."""


class TimedOut(TooMuch, StoreUnreachable):
    """No answer in time. Whether a write was done is unknown."""


def translate(error: Exception, shown: str) -> StoreError:
    """Turn a client's exception into ours. `shown` is the store's address, without password."""
    if isinstance(error, ApiError):
        return _from_answer(error, shown)
    if isinstance(error, TlsError):
        cause = _cause(error)
        hint = next((hint for words, hint in TLS_HINTS.items() if words in cause), UNTRUSTED)
        return StoreUnreachable(f"No trusted TLS connection to the store at {shown}: {cause}", hint)
    if isinstance(error, ConnectionTimeout):
        return TimedOut(
            f"The store at {shown} did not answer in time.",
            "Is it overloaded? See timeout_seconds (WWWATCH_TIMEOUT_SECONDS).",
        )
    if isinstance(error, TransportConnectionError):
        cause = _cause(error)
        hung_up = shown.startswith("http://") and any(words in cause for words in HUNG_UP)
        return StoreUnreachable(f"Cannot reach the store at {shown}: {cause}", WANTS_TLS if hung_up else NOT_THERE)
    if isinstance(error, SerializationError):
        # Of somebody in between, perhaps, who may have passed the request on: its outcome is unknown.
        return StoreUnreachable(
            f"The server at {shown} does not answer in JSON: it is not Elasticsearch or OpenSearch.",
            "Correct url (WWWATCH_URL).",
        )
    return StoreError(f"The store at {shown}: {_cause(error)}")


def _from_answer(error: ApiError, shown: str) -> StoreError:
    status, reason, kinds = error.status_code, _reason(error), _error_types(error.body)
    if "too_many_buckets_exception" in kinds:
        return TooManyBuckets(f"The store at {shown} refused an aggregation: {reason}")
    if "circuit_breaking_exception" in kinds:
        return ShortOfMemory(f"The store at {shown} is short of memory: {reason}")
    if "search_phase_execution_exception" in kinds and status >= 500:
        return Incomplete(f"The store at {shown} could not answer whole (HTTP {status}): {reason}")
    if "cluster_block_exception" in kinds:
        return StoreBusy(
            f"The store at {shown} blocks writes: {reason}",
            "Is its disk full? Free space, then it opens again by itself.",
        )
    if status == 401:
        return StoreRefused(
            f"The store at {shown} does not accept our credentials.",
            "Correct the user and password in url (WWWATCH_URL), or api_key (WWWATCH_API_KEY).",
        )
    if status == 403:
        return forbidden(shown, reason)
    if status == 413:
        return StoreTooLarge(f"The store at {shown} takes no request this large.")
    if status in {429, 502, 503, 504}:
        return StoreBusy(f"The store at {shown} is busy or not ready (HTTP {status}): {reason}")
    return StoreError(f"The store at {shown} answered HTTP {status}: {reason}")


def forbidden(shown: str, reason: str) -> StoreRefused:
    """A privilege is missing. reason: the store's, which names the action and the privileges that grant it."""
    return StoreRefused(
        f"The store at {shown} does not allow this: {reason}",
        "Give the user or key one of the privileges named there. `wwwatch setup --security` writes roles that have "
        "what they need (docs/security.md); docs/shipping.md lists what a shipper needs.",
    )


def _reason(error: ApiError) -> str:
    body = error.body
    cause = body.get("error") if isinstance(body, dict) else None
    if isinstance(cause, dict):
        roots = cause.get("root_cause") or [cause]
        return str(roots[0].get("reason") or cause.get("reason") or cause.get("type"))
    return str(cause or error.message)


def _error_types(body: object) -> set[str]:
    """Every `type` of an error body: the telling one is often nested (failed_shards, caused_by)."""
    found: set[str] = set()
    if isinstance(body, dict):
        if isinstance(body.get("type"), str):
            found.add(body["type"])
        for value in body.values():
            found |= _error_types(value)
    elif isinstance(body, list):
        for value in body:
            found |= _error_types(value)
    return found


def _cause(error: Exception) -> str:
    deepest: BaseException = error
    while deepest.__cause__ is not None:
        deepest = deepest.__cause__
    told = getattr(deepest, "reason", None) or getattr(deepest, "message", None) or deepest
    return str(told) or type(deepest).__name__


def attempt(call: Callable[[], T], shown: str, nodes: int = 1) -> T:
    """Call once, of `nodes` nodes each that takes no connection aside; raise our errors."""
    for node in range(nodes):
        try:
            return call()
        except (TransportError, ApiError) as error:
            if node < nodes - 1 and _nothing_sent(error):
                continue  # the client has marked the node as dead and goes on to the next
            raise translate(error, shown) from error
    raise AssertionError("unreachable: the last node returns or raises")


def _nothing_sent(error: BaseException | None) -> bool:
    """Whether the connection was never made."""
    while error is not None:
        if isinstance(error, NewConnectionError | ConnectTimeoutError):
            return True
        error = error.__cause__
    return False


def with_retries(
    call: Callable[[], T],
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
    at_once: tuple[type[StoreError], ...] = (),
) -> T:
    """Call what raises our errors, and again after a growing pause with jitter while the store is busy or away.

    Only for calls that are harmless when repeated. Raise the last error after `attempts`, and those of `at_once` at
    once.
    """
    for number in range(attempts):
        try:
            return call()
        except (StoreBusy, StoreUnreachable) as error:
            if number == attempts - 1 or isinstance(error, at_once):
                raise
            sleep(pause_seconds(number))
    raise AssertionError("unreachable: the loop returns or raises")


def pause_seconds(number: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds before the attempt after `number` failed ones: doubling, capped, with half of it random."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**number)
    return longest * (0.5 + 0.5 * jitter())
