"""Whether what takes POSTs is a login page, and how its answers tell a wrong password from the right one. Pure.

Points for evidence and against it, chosen from what logins are, not fitted to any log. A word in the path is enough; a
page without any needs several others: that it refuses, that its form is fetched first, that the same form comes back,
that somebody tries and tries, and best of all that it opens doors: pages strangers are turned away from and those who
passed here are not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ENOUGH = 3
REFUSALS = frozenset({400, 401, 403, 422, 429})
SHOWN = frozenset({200, 201, 204})
REDIRECTS = frozenset({302, 303, 307})
# Somebody who tried so often, and nearly always got the same, did not know the password.
HAMMERED_TRIES = 20
HAMMERED_SHARE = 0.9
# Clients who get another answer than a guesser does, before that counts as the right password's.
LEAST_OTHERS = 3
# Of what is a login, a client passes seldom; of an interface, all the time.
SUCCESSES_A_CLIENT = 10.0
# Sizes this close are one page that comes again.
STEADY_BYTES, STEADY_SHARE = 64, 0.05
HINTS = re.compile(
    r"account|auth|token|user|member|konto|anmeld|acceso|entrar|connexion|portal|admin|oidc|saml|sso|pass"
)
OTHERS = re.compile(
    r"contact|kontakt|comment|search|cart|checkout|order|subscri|newsletter|upload|ajax|graphql|collect|track|beacon|cron"
)


@dataclass(frozen=True)
class Answer:
    """How often and to how many clients a status code was answered, and percentiles 5, 50 and 95 of its bytes."""

    count: int
    clients: int
    bytes_5: float
    bytes_50: float
    bytes_95: float

    @property
    def steady(self) -> bool:
        """Whether it is nearly always of one size."""
        return self.bytes_95 - self.bytes_5 <= max(STEADY_BYTES, STEADY_SHARE * self.bytes_50)


@dataclass(frozen=True)
class Endpoint:
    """What is known of a path that takes POSTs.

    named: its path looks like a login's, see `ingest.signatures`. answers: status code -> what was answered so.
    heaviest: of the clients with most POSTs, status code -> how often, and the median bytes of the most frequent one.
    form_clients: clients that were shown the page by GET. doors: pages that open to who passed here.
    """

    path: str
    named: bool
    tries: int
    clients: int
    answers: Mapping[int, Answer]
    heaviest: Sequence[tuple[Mapping[int, int], float]] = ()
    form_clients: int = 0
    doors: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """A login page. failed, passed: status codes; passed is empty where both are answered alike.

    failed_bytes: where the status does not tell: sizes, from and to, of the answer to a wrong password.
    """

    path: str
    failed: tuple[int, ...]
    passed: tuple[int, ...]
    failed_bytes: tuple[int, int] | None = None
    evidence: tuple[str, ...] = field(default=())
    tries: int = 0


def judge(endpoint: Endpoint) -> Found | None:
    """What an endpoint is; None if it is no login."""
    points = list(_evidence(endpoint))
    if sum(weight for weight, _ in points) < ENOUGH:
        return None
    failed, passed, failed_bytes = answers(endpoint)
    told = tuple(words for weight, words in points if weight > 0)
    return Found(endpoint.path, failed, passed, failed_bytes, told, endpoint.tries)


def promising(endpoint: Endpoint) -> bool:
    """Whether it may be a login for all that is known before looking for doors."""
    return not endpoint.named and sum(weight for weight, _ in _evidence(endpoint)) in (ENOUGH - 2, ENOUGH - 1)


def _evidence(endpoint: Endpoint) -> list[tuple[int, str]]:
    codes = endpoint.answers
    path = endpoint.path.lower()
    failed, passed, _ = answers(endpoint)
    successes = sum(codes[code].count for code in passed if code in codes)
    again = 200 in failed and 200 in codes and codes[200].steady
    rows = [
        (3, "its path is a login's", endpoint.named),
        (1, "its path hints at accounts", not endpoint.named and bool(HINTS.search(path))),
        (2, "it answers 401", 401 in codes),
        (1, "it refuses", 401 not in codes and bool({403, 422} & codes.keys())),
        (1, "its form is fetched first", endpoint.form_clients >= max(2.0, 0.3 * endpoint.clients)),
        (1, "it has two answers", bool(passed) and any(code in codes for code in failed)),
        (1, "the same page comes back", bool(passed) and again),
        (1, "somebody tries and tries", _hammered(endpoint) is not None and bool(passed)),
        (2, f"it opens {', '.join(list(endpoint.doors)[:3])}", bool(endpoint.doors)),
        (-2, "its path is another thing's", not endpoint.named and bool(OTHERS.search(path))),
        (-2, "clients pass all the time", successes > SUCCESSES_A_CLIENT * max(endpoint.clients, 1)),
    ]
    return [(weight, words) for weight, words, holds in rows if holds]


def _hammered(endpoint: Endpoint) -> tuple[int, float] | None:
    """The status code, and its median bytes, of who tried most and nearly always got the same; None if nobody did."""
    for counts, usual_bytes in endpoint.heaviest:
        total = sum(counts.values())
        code = max(counts, key=lambda one: counts[one], default=0)
        if total >= HAMMERED_TRIES and counts[code] >= HAMMERED_SHARE * total:
            return code, usual_bytes
    return None


def answers(endpoint: Endpoint) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, int] | None]:
    """(failed, passed, failed_bytes): see `Found`."""
    codes = set(endpoint.answers)
    refusals, shown, redirects = codes & REFUSALS, codes & SHOWN, codes & REDIRECTS
    hammered = _hammered(endpoint)
    if shown and redirects:
        # The form again, or a redirect: that is nearly everybody's way; a few redirect to the form instead.
        if hammered is None or hammered[0] not in redirects or endpoint.doors:
            return _sorted(shown | refusals), _sorted(redirects), None
        if sum(endpoint.answers[code].clients for code in shown) < LEAST_OTHERS:
            return _sorted(shown | redirects | refusals), (), None  # a guesser's other answers are no successes
        return _sorted(redirects | refusals), _sorted(shown), None
    if refusals and (shown or redirects):
        return _sorted(refusals), _sorted(shown | redirects), None
    if hammered and hammered[0] in shown | redirects and (apart := _apart(endpoint, *hammered)):
        return (hammered[0],), (hammered[0],), apart
    return _sorted(refusals | shown | redirects), (), None


def _apart(endpoint: Endpoint, code: int, usual_bytes: float) -> tuple[int, int] | None:
    """The sizes of a wrong password's answer, where other answers with the same code are of other sizes."""
    margin = max(STEADY_BYTES / 2, STEADY_SHARE * usual_bytes)
    low, high = int(usual_bytes - margin), int(usual_bytes + margin)
    answer = endpoint.answers.get(code)
    if answer is None or (low <= answer.bytes_5 and answer.bytes_95 <= high and answer.clients < 2):
        return None
    return max(low, 0), high


def _sorted(codes: set[int]) -> tuple[int, ...]:
    return tuple(sorted(codes))
