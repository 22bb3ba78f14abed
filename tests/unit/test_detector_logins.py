"""What takes POSTs: is it a login, and what does it answer to a wrong password?"""

from typing import Any

import pytest

from detector.logins.judging import Answer, Endpoint, judge
from wwwatch.signs import Login


def answer(count: int, clients: int = 20, bytes_50: float = 5000, spread: float = 0) -> Answer:
    return Answer(count, clients, bytes_50 - spread, bytes_50, bytes_50 + spread)


def endpoint(path: str, answers: dict[int, Answer], named: bool = False, **more: Any) -> Endpoint:
    tries = sum(one.count for one in answers.values())
    return Endpoint(path, named, tries, 30, answers, **more)


FORM: dict[str, Any] = {"form_clients": 28}
# Product -> (endpoint, failed, passed).
LOGINS = {
    "WordPress": (
        endpoint("/wp-login.php", {200: answer(40), 302: answer(60, bytes_50=0)}, named=True),
        (200,),
        (302,),
    ),
    "Django": (
        endpoint("/accounts/login/", {200: answer(9), 302: answer(80), 403: answer(2)}, named=True, **FORM),
        (200, 403),
        (302,),
    ),
    "Keycloak": (
        endpoint("/realms/shop/login-actions/authenticate", {200: answer(12), 302: answer(70)}, named=True),
        (200,),
        (302,),
    ),
    "JSON interface": (endpoint("/api/v2/grant", {401: answer(20), 200: answer(50, bytes_50=900)}), (401,), (200,)),
    "nothing in its path": (
        endpoint("/einlass", {200: answer(15), 303: answer(60, bytes_50=0)}, **FORM),
        (200,),
        (303,),
    ),
    "a redirect to the form again": (
        endpoint("/konto", {302: answer(500), 200: answer(20)}, heaviest=[({302: 480}, 0.0)], **FORM),
        (302,),
        (200,),
    ),
    "doors only": (
        endpoint("/e", {302: answer(60), 200: answer(3, spread=4000)}, doors=["/intern"], **FORM),
        (200,),
        (302,),
    ),
    "a guesser alone, redirected, and shown the form when he sends too little": (
        endpoint(
            "/administrator/index.php",
            {303: answer(200, clients=2), 200: answer(30, clients=1)},
            named=True,
            heaviest=[({303: 200, 200: 10}, 0.0)],
        ),
        (200, 303),
        (),
    ),
    "answered alike": (endpoint("/xmlrpc.php", {200: answer(300)}, named=True), (200,), ()),
}


@pytest.mark.parametrize("name", LOGINS)
def test_logins_and_how_they_answer(name: str) -> None:
    given, failed, passed = LOGINS[name]
    found = judge(given)
    assert found is not None
    assert (found.failed, found.passed, found.failed_bytes) == (failed, passed, None)
    assert found.evidence


OTHERS = {
    "a contact form": endpoint("/contact", {302: answer(40), 200: answer(6, spread=900)}, **FORM),
    "a search": endpoint("/search", {200: answer(900, spread=5000)}),
    "a cart": endpoint("/cart/add", {302: answer(400, bytes_50=0)}),
    "an interface whose sessions end": endpoint("/api/items", {401: answer(9), 201: answer(4000), 200: answer(900)}),
    "comments": endpoint("/wp-comments-post.php", {302: answer(50), 200: answer(5), 403: answer(3)}, **FORM),
    "a scanner's POSTs to a page": endpoint("/", {200: answer(80, clients=2, spread=200)}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_login(name: str) -> None:
    assert judge(OTHERS[name]) is None


def test_where_codes_do_not_tell_sizes_do() -> None:
    """A guesser gets one size again and again; who got in got another."""
    given = endpoint(
        "/api/login", {200: answer(700, bytes_50=61, spread=800)}, named=True, heaviest=[({200: 600}, 61.0)]
    )
    found = judge(given)
    assert found is not None
    assert (found.failed, found.passed) == ((200,), (200,))
    assert found.failed_bytes is not None
    low, high = found.failed_bytes
    assert low <= 61 <= high < 200


def test_a_login_is_asked_for_by_its_codes_and_sizes() -> None:
    login = Login("/api/login", (200,), (200,), (29, 93))
    sizes = {"range": {"http.response.body.bytes": {"gte": 29, "lte": 93}}}
    failure, success = login.failure(), login.success()
    assert failure is not None
    assert success is not None
    assert failure["bool"]["filter"][-1] == sizes
    assert success["bool"]["filter"][-1] == {"bool": {"must_not": [sizes]}}
    assert Login("/x", (200,), ()).success() is None
