"""Sites: made-up ones and those made from a log's own URLs."""

from random import Random

import pytest

from simulator.request import Answer
from simulator.site import Site

PROFILE = [
    ("/", 900),
    ("/app.css?v=3", 800),
    ("/logo.png", 700),
    ("/about", 50),
    ("/item.php?id=4", 40),
    ("/item.php?id=9", 30),
    ("/find?lang=en&q=chair", 20),
    ("/news/rss.xml", 15),
    ("/papers/one.pdf", 8),
    ("/robots.txt", 5),
    ("/member/signin", 4),
]


@pytest.fixture
def profiled() -> Site:
    return Site.from_profile(PROFILE, ["/member/signin"], not_found_status=410, not_found_bytes=77)


@pytest.mark.parametrize("make", [Site.shop, Site.wordpress, Site.static])
def test_made_up_sites_serve_what_their_pages_name(make: type) -> None:
    site = make(3)
    rng = Random(1)
    for page in site.layout.pages:
        assert all(site.answer(rng, "GET", asset).status == 200 for asset in page.assets)
        assert all(0 <= index < len(site.layout.pages) for index in page.links)
        assert site.answer(rng, "GET", page.path).status == (200 if page.kind == "page" else 302)
    assert site.layout != make(4).layout
    assert site.layout == make(3).layout


def test_profile_tells_pages_assets_feeds_downloads_and_search_apart(profiled: Site) -> None:
    layout = profiled.layout

    assert [page.path for page in profiled.public_pages] == ["/", "/item.php", "/about", "/find"]
    assert {page.path: page.weight for page in layout.pages}["/item.php"] == 70
    assert list(layout.assets) == ["/app.css?v=3", "/logo.png"]
    assert (layout.feeds, list(layout.downloads), layout.search) == (
        ("/news/rss.xml",),
        ["/papers/one.pdf"],
        "/find?q=",
    )
    assert layout.gallery == ("/logo.png",)


def test_profile_answers_as_told(profiled: Site) -> None:
    rng = Random(1)

    assert profiled.answer(rng, "GET", "/nowhere").status == 410
    assert profiled.answer(rng, "GET", "/nowhere").response_bytes == 77
    assert profiled.answer(rng, "GET", "/item.php?id=5").status == 200
    assert profiled.answer(rng, "POST", "/member/signin").status == 200
    assert profiled.login_for("form").path == "/member/signin"
    assert profiled.login_for("wordpress").path == "/wp-login.php"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/wp-login.php", "wordpress"), ("/blog/xmlrpc.php", "xmlrpc"), ("/api/session", "json"), ("/user/login", "form")],
)
def test_kind_of_login_follows_from_its_path(path: str, kind: str) -> None:
    assert Site.from_profile(PROFILE, [path]).layout.logins[0].kind == kind


@pytest.mark.parametrize(
    ("paths", "message"),
    [([], "at least one path"), ([("about", 3)], "starts with a slash"), ([("/about", -1)], "cannot be negative")],
)
def test_a_profile_that_makes_no_sense_is_refused(paths: list[tuple[str, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Site.from_profile(paths)


def test_head_has_no_body_and_hidden_files_are_refused() -> None:
    site = Site.shop(1)
    rng = Random(1)

    assert site.answer(rng, "HEAD", "/").response_bytes == 0
    assert site.answer(rng, "GET", "/.htpasswd").status == 403
    assert site.answer(rng, "DELETE", "/").status == 405


def test_variants_answer_differently() -> None:
    rng = Random(1)
    soft = Site.shop(1).answering_missing_with(200, 5000)
    redirecting = Site.wordpress(1).redirecting_all()

    assert soft.answer(rng, "GET", "/nowhere") == Answer(200, 5000, 3.0)
    assert redirecting.answer(rng, "GET", "/").status == redirecting.answer(rng, "POST", "/wp-login.php").status == 301
    assert redirecting.login_for("json").failure.status == 301


def test_popular_pages_come_more_often() -> None:
    site, rng = Site.shop(1), Random(1)
    drawn = [site.popular_page(rng).path for _ in range(2000)]

    assert drawn.count("/") > 10 * drawn.count("/imprint")
    assert not set(drawn) & {page.path for page in site.member_pages}
