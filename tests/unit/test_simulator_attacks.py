"""Every attack style: labelled, scaled by strength, on any site, in the class's own manner."""

import random
from collections import Counter
from urllib.parse import unquote_plus

import pytest

from simulator.attacks import ATTACKS, HELD_OUT, training_styles
from simulator.request import CLASSES, Request
from simulator.site import Site

START = 1_772_000_000.0
STYLES = list(ATTACKS)
PROFILE = [
    ("/", 900),
    ("/app.css?v=3", 800),
    ("/about", 50),
    ("/item.php?id=4", 40),
    ("/logo.png", 700),
    ("/find?lang=en&q=x", 9),
]


def run(name: str, strength: float, site: Site | None = None, seed: int = 1) -> list[Request]:
    requests = ATTACKS[name].requests(random.Random(seed), site or Site.shop(1), START, strength, "run-7")
    return sorted(requests, key=lambda request: request.time)


def rate(requests: list[Request]) -> float:
    return len(requests) / max(1.0, requests[-1].time - requests[0].time)


@pytest.mark.parametrize("name", STYLES)
def test_every_request_carries_label_style_and_run(name: str) -> None:
    requests = run(name, 0.2)

    assert requests
    assert {(r.label, r.style, r.actor) for r in requests} == {(ATTACKS[name].attack_class, name, "run-7")}


@pytest.mark.parametrize("name", STYLES)
def test_strength_scales_the_run(name: str) -> None:
    """More requests, or more of them in the same time. Averaged over runs: a single one may end with luck."""
    weak, strong = ([run(name, strength, seed=seed) for seed in range(3)] for strength in (0.1, 0.7))

    assert sum(map(len, strong)) > sum(map(len, weak))
    assert sum(map(rate, strong)) > 1.5 * sum(map(rate, weak))


@pytest.mark.parametrize("name", STYLES)
def test_runs_repeat_with_the_seed_and_differ_without(name: str) -> None:
    assert run(name, 0.3) == run(name, 0.3)
    assert run(name, 0.3) != run(name, 0.3, seed=2)


@pytest.mark.parametrize("name", STYLES)
def test_every_style_works_on_any_site(name: str) -> None:
    sites = [
        Site.from_profile(PROFILE),
        Site.from_profile([("/only.css", 1)]),
        Site.static(1),
        Site.wordpress(2).redirecting_all(),
        Site.wordpress(1).answering_missing_with(200, 8000),
    ]
    for site in sites:
        assert run(name, 0.1, site)


def test_all_classes_have_several_styles() -> None:
    counted = Counter(style.attack_class for style in ATTACKS.values())

    assert set(counted) == set(CLASSES)
    assert min(counted.values()) >= 6


def test_styles_of_every_class_are_kept_out_of_training() -> None:
    assert set(ATTACKS) >= HELD_OUT
    assert not HELD_OUT & set(training_styles())
    held_out = Counter(ATTACKS[name].attack_class for name in HELD_OUT)
    trained = Counter(ATTACKS[name].attack_class for name in training_styles())
    assert held_out.keys() == trained.keys() == set(CLASSES)
    assert min(held_out.values()) >= 2


@pytest.mark.parametrize("strength", [-0.1, 1.01])
def test_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        run("scan_users", strength)


def test_figures_grow_in_equal_factors() -> None:
    style = ATTACKS["dos_single_source"]
    low, high = style.scales["requests_per_second"]

    assert style.figures(0)["requests_per_second"] == pytest.approx(low)
    assert style.figures(1)["requests_per_second"] == pytest.approx(high)
    assert style.figures(0.5)["requests_per_second"] == pytest.approx((low * high) ** 0.5)


def test_brute_force_hits_the_sites_own_login_and_fails() -> None:
    site = Site.wordpress(1)
    requests = run("brute_force_wordpress", 0.6, site)
    posts = [r for r in requests if r.method == "POST"]

    assert {r.path for r in posts} == {"/wp-login.php"}
    assert sum(r.status == 302 for r in posts) <= 1
    assert len(posts) > 100


def test_brute_force_uses_a_login_path_of_the_profile() -> None:
    site = Site.from_profile(PROFILE, ["/member/signin"], login_failure_status=401)
    posts = [r for r in run("brute_force_fast", 0.4, site) if r.method == "POST"]

    assert {r.path for r in posts} == {"/member/signin"}
    assert Counter(r.status for r in posts).most_common(1)[0][0] in (401, 429)


def test_basic_login_names_the_user() -> None:
    requests = run("brute_force_basic", 0.3, Site.static(1))

    assert all(r.user for r in requests if r.status == 401)


def test_stuffing_comes_from_many_addresses_with_few_tries_each() -> None:
    tries = Counter(r.address for r in run("stuffing_distributed", 0.6) if r.method == "POST")

    assert len(tries) > 100
    assert max(tries.values()) <= 6


def test_stuffing_with_success_opens_accounts() -> None:
    site = Site.shop(1)
    requests = run("stuffing_distributed_success", 0.9, site)

    assert any(r.status == 302 and r.method == "POST" for r in requests)
    assert any(r.path == "/account" and r.status == 200 for r in requests)
    assert not any(r.status == 302 for r in run("stuffing_distributed", 0.9, site))


def test_a_dictionary_scan_meets_mostly_missing_paths() -> None:
    requests = run("scan_dictionary", 0.6)

    assert sum(r.status == 404 for r in requests) > 0.9 * len(requests)
    assert len({r.path for r in requests}) > 0.95 * len(requests)


def test_a_soft_404_site_answers_scans_as_it_answers_everybody() -> None:
    requests = run("scan_dictionary", 0.3, Site.wordpress(1).answering_missing_with(301, 169))

    assert sum(r.status == 301 for r in requests) > 0.9 * len(requests)


def test_background_probes_are_one_to_three_a_client() -> None:
    probes = Counter(r.address for r in run("scan_background", 0.7))

    assert len(probes) > 50
    assert max(probes.values()) <= 3


def test_slow_scan_stays_slow() -> None:
    times = [r.time for r in run("scan_slow", 0.0)]

    assert times[-1] - times[0] > 50_000
    assert len(times) < 30


def test_quiet_flood_stays_below_any_limit_of_one_address() -> None:
    each = Counter(r.address for r in run("dos_distributed_quiet", 1.0))

    assert len(each) == 5000
    assert sorted(each.values())[2500] <= 10


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("injection_sqli_tool", ("select", "union", "sleep", "'", "order", " and ")),
        ("injection_xss_tool", ("script", "alert", "onerror", "<")),
        ("injection_traversal", ("etc", "win.ini", "boot.ini", "environ")),
        ("injection_rce_tool", ("wget", "eval", "passwd", "cmd", "system", "phpinfo", "php:", "{")),
    ],
)
def test_injection_shows_its_payload_in_the_target(name: str, signs: tuple[str, ...]) -> None:
    requests = run(name, 0.8)
    shown = [r for r in requests if any(sign in unquote_plus(unquote_plus(r.target)).lower() for sign in signs)]

    assert len(shown) > 0.6 * len(requests)


def test_header_injection_shows_in_agent_or_referrer() -> None:
    requests = run("injection_log4shell", 0.9)

    assert all("${" in r.user_agent + r.referrer + r.target or "%24%7B" in r.target for r in requests)
    assert all(r.user_agent.startswith("() {") for r in run("injection_shellshock", 0.5))


def test_post_bodies_are_said_to_be_invisible() -> None:
    assert [name for name, style in ATTACKS.items() if not style.visible_in_log] == ["injection_post_body"]
    assert {r.target.partition("?")[2] for r in run("injection_post_body", 0.5)} == {""}


def test_scrapers_take_pages_and_no_assets() -> None:
    site = Site.shop(1)
    requests = run("scraping_fast", 0.5, site)

    assert all(r.status == 200 and r.path not in site.layout.assets for r in requests)
    assert len({r.path for r in requests}) >= min(len(requests), len(site.public_pages))


def test_fake_crawler_calls_itself_a_search_engine() -> None:
    assert all("bot" in r.user_agent.lower() for r in run("scraping_fake_crawler", 0.3))
