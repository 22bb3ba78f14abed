"""The digest's words and its safety, from facts alone."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alerts
from alerts import digest as digests
from alerts.digest import Digest
from alerts.facts import nothing_known
from alerts.figures import (
    Background,
    Change,
    Coverage,
    DigestFacts,
    Feature,
    Incident,
    Incidents,
    Lag,
    ModelState,
    Newcomer,
    Newcomers,
    SilentHost,
    Timeline,
    Traffic,
    VirtualHost,
)
from alerts.rendering import Site
from tests.unit.alerts_examples import DAY, HOSTILE, facts, incident, quiet, worst
from wwwatch.errors import SettingsError

BERLIN = Site("shop", "Europe/Berlin")
NOTHING = Traffic(0, 0, 0, {})


def compose(facts: DigestFacts, site: Site) -> Digest:
    """The digest of one site."""
    return digests.compose([facts], site)


class Tags(HTMLParser):
    """Collects the names of tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def tags_of(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    return parser


@cache
def ordinary() -> Digest:
    return compose(facts(), BERLIN)


def test_the_first_line_and_the_subject_are_the_answer() -> None:
    digest = ordinary()

    assert digest.text.splitlines()[0] == "2 incidents: 1 critical, 1 high. 1 not closed."
    assert digest.subject == "[wwwatch] digest shop 2026-11-22: 1 critical, 1 high, 1 host silent"


def test_a_quiet_day_is_said_to_be_quiet() -> None:
    digest = compose(quiet(), BERLIN)

    assert digest.text.startswith("Quiet: 12,345 requests, nothing to act on.\n")
    assert digest.subject.endswith(": quiet")
    assert [image.name for image in digest.images] == ["traffic"]


@pytest.mark.parametrize(
    ("changed", "begins", "subject_ends"),
    [
        ({"coverage": Coverage(1440, 0, ())}, "Not judged: 12,345 requests", "nothing judged yet"),
        ({"coverage": Coverage(1440, 1400, ())}, "Nothing found so far", "nothing found so far, 2.8 % not judged"),
        ({"traffic": NOTHING, "coverage": Coverage(0, 0, ())}, "No events arrived", "no events arrived"),
        ({"silent_hosts": (SilentHost("web2", DAY.since, 9),)}, "No incidents in", "no incidents, 1 host silent"),
    ],
)
def test_quiet_is_never_said_of_what_was_not_seen(changed: dict[str, object], begins: str, subject_ends: str) -> None:
    digest = compose(quiet(**changed), BERLIN)

    assert digest.text.startswith(begins)
    assert digest.subject.endswith(subject_ends)
    assert "uiet" not in digest.text


def test_an_incident_does_not_hide_that_much_was_not_judged() -> None:
    text = compose(facts(coverage=Coverage(1440, 720, ())), BERLIN).text

    assert "Not judged yet: 50 %" in text.splitlines()[0]
    assert "720 of 1,440 minutes with events judged.  Next: wwwatch detect --namespace shop\nRejected" in text


texts = st.text(max_size=200) | st.sampled_from([*HOSTILE, "\n" * 500, "\r\n\x0b\x0c\x1c\x85\u2028\u2029" * 50])
counts = st.integers(0, 10**12)


@st.composite
def anything(draw: st.DrawFn) -> DigestFacts:
    """Facts as large and as hostile as they may come."""

    def many(most: int) -> range:
        return range(draw(st.integers(0, most)))

    def drawn(**changed: object) -> Incident:
        named = {name: draw(texts) for name in ("attack_class", "entity_id", "reason", "status", "title")}
        kind = draw(st.sampled_from(["ip", "net", "login", "site"]))
        severity = draw(st.sampled_from(["critical", "high", "medium"]))
        return incident(draw(st.integers(0, 99)), severity, **named | {"entity_type": kind} | changed)  # type: ignore[arg-type]

    return facts(
        Incidents(
            tuple(drawn() for _ in many(12)),
            {draw(texts): {"critical": draw(counts), "medium": draw(counts)} for _ in many(12)},
            draw(counts),
            tuple(Background(draw(texts), draw(counts), draw(counts)) for _ in many(12)),
        ),
        namespace=draw(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,30}", fullmatch=True)),
        timeline=Timeline(600, ()),
        traffic=Traffic(draw(counts), draw(counts), draw(counts), {draw(texts): draw(counts) for _ in many(5)}),
        traffic_before=Traffic(draw(counts), draw(counts), draw(counts), {"2xx": draw(counts)}),
        changes=tuple(Change(draw(texts), draw(texts), draw(counts), draw(counts)) for _ in many(9)),
        rejects={draw(texts): draw(counts) for _ in many(20)},
        coverage=Coverage(draw(counts), draw(counts), tuple(draw(texts) for _ in many(10))),
        silent_hosts=tuple(SilentHost(draw(texts), DAY.since, draw(counts)) for _ in many(20)),
        newcomers=Newcomers(tuple(Newcomer(draw(texts), draw(texts), 1) for _ in many(5)), draw(counts)),
        lag=Lag(draw(counts), draw(st.floats(0, 1e12)), draw(texts)),
        model=draw(st.none() | st.builds(ModelState, texts, st.just(DAY.since), st.booleans(), st.floats(0, 9), texts)),
        own=tuple(drawn() for _ in many(12)),
        withheld={draw(texts): draw(counts) for _ in many(9)},
        virtual_hosts=tuple(VirtualHost(draw(texts), draw(counts), draw(counts), {}) for _ in many(9)),
        unknown={draw(st.sampled_from(["traffic", "incidents", "model"])): draw(texts) for _ in many(3)},
    )


@given(st.lists(anything(), min_size=1, max_size=2), st.integers(2, 5))
@hypothesis.settings(max_examples=15)
def test_the_text_has_at_most_60_lines_of_anything(sites: list[DigestFacts], times: int) -> None:
    for several in (sites, sites * times):
        # Pictures take most of the time and have tests of their own.
        with patch("alerts.plots.incidents_by_class", return_value=b""):
            digest = digests.compose(several, BERLIN)

        assert len(digest.text.splitlines()) <= 60
        assert digest.text.count("\n") <= 60
        assert len(digest.subject.splitlines()) == 1
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]", digest.text)


def test_several_sites_are_sections_the_gravest_first() -> None:
    sites = [quiet(namespace="blog"), facts(namespace="shop"), quiet(namespace="wiki", coverage=Coverage(9, 3, ()))]
    digest = digests.compose(sites, Site("all", "UTC"))

    assert digest.subject == "[wwwatch] digest all 2026-11-22: 1 critical, 1 high, 1 site not clear, 1 site quiet"
    heads = [line.split()[0] for line in digest.text.splitlines() if re.match(r"(SHOP|BLOG|WIKI)  ", line)]
    assert heads == ["SHOP", "WIKI", "BLOG"]
    assert len(digest.text.splitlines()) <= 60
    assert digest.text.count("wwwatch ip 203.0.113.1 --namespace shop") == 1
    assert [image.name for image in digest.images] == ["traffic", "incidents", "traffic2", "traffic3"]
    assert digest.page().count('src="data:image/png') == 4


def test_more_sites_than_lines_are_counted() -> None:
    sites = [quiet(namespace=f"site{number}", timeline=Timeline(600, ())) for number in range(200)]
    lines = digests.compose([*sites, facts(namespace="shop")], Site("all", "UTC")).text.splitlines()

    assert len(lines) == 60
    assert lines[0] == "201 sites: 1 critical, 1 high, 200 sites quiet."
    assert lines[3].startswith("shop: 2 incidents: 1 critical, 1 high.")
    assert lines[-1] == "And 145 more sites."


def test_what_the_store_did_not_tell_is_said_and_nothing_is_quiet() -> None:
    digest = compose(quiet(unknown={"incidents": "shard failed", "model": "shard failed"}), BERLIN)

    assert digest.text.startswith("The store answered in part: unknown are incidents.")
    assert "Unknown   incidents, model: shard failed\n" in digest.text
    assert digest.subject.endswith(": the store did not answer")
    assert "uiet" not in digest.text


def test_a_store_that_is_away_is_a_digest_too() -> None:
    digest = compose(nothing_known("shop", DAY, "No node answered."), BERLIN)

    assert digest.text.startswith("The store did not answer, so nothing is known of this span: No node answered.\n")
    assert digest.images == ()
    assert "No node answered." in digest.page()


def test_the_watch_tells_of_itself() -> None:
    text = ordinary().text

    assert "New       17 scanners never seen before: 203.0.113.99 310, 2001:db8::9 12\n" in text
    assert "Lag       at most 40 s behind, on web1; 3 shippers heard\n" in text
    assert "Trouble   MEDIUM Rejects rise" in text
    assert "Mails     3 incidents not mailed one by one: 3 by the hour's budget\n" in text
    assert "Model     shop-12, trained 3 days before; drift 0.08 (requests): no shift; judged by base-2026.11\n" in text


def test_trouble_of_the_watch_is_not_quiet() -> None:
    open_trouble = replace(facts().own[0], status="open")

    assert compose(quiet(own=(open_trouble,)), BERLIN).text.startswith(
        "No incidents in 12,345 requests, but the watch itself has 1 trouble."
    )
    assert compose(quiet(own=facts().own), BERLIN).text.startswith("Quiet")


def test_virtual_hosts_are_told_apart() -> None:
    hosts = (VirtualHost("shop.example", 900, 80, {"4xx": 9}), VirtualHost("evil.example", 100, 8, {"5xx": 50}))
    digest = compose(facts(virtual_hosts=hosts), BERLIN)

    assert "Hosts     shop[.]example: 900 requests from 80 clients, 4xx 1.0 %, 5xx 0.0 %\n" in digest.text
    assert "          evil[.]example: 100 requests from 8 clients, 4xx 0.0 %, 5xx 50 %\n" in digest.text
    assert "Virtual hosts" in digest.page()
    assert "Virtual hosts" not in ordinary().page()


def test_verdicts_are_asked_of_what_nobody_judged() -> None:
    judged, unjudged = incident(1, "high", "scan", hostile=True), incident(2)
    text = compose(facts(Incidents((judged, unjudged), {"scan": {"high": 2}}, 0, ())), BERLIN).text

    assert "Attack or not? Your answer is learned: wwwatch verdict 00000002 true|false --namespace shop\n" in text
    assert text.count("wwwatch verdict") == 1


def test_changes_are_against_the_same_days_of_the_week_before() -> None:
    assert "(in brackets: change against the same 24 h a week before)" in ordinary().text
    before = compose(facts(compared=DAY.before), BERLIN).text
    assert "(in brackets: change against the 24 h before)" in before


def test_the_text_has_at_most_60_lines_whatever_happened() -> None:
    text = compose(worst(), BERLIN).text

    assert len(text.splitlines()) <= 60
    assert "84,000 incidents: 21,000 critical, 28,000 high, 35,000 medium." in text
    assert "And 83,994 more" in text


def test_every_incident_is_shown_or_counted() -> None:
    detailed = tuple(incident(number, "high", "scan") for number in range(9))
    counts = {"scan": {"high": 9}, "dos": {"medium": 2}}

    text = compose(facts(Incidents(detailed, counts, 0, ())), BERLIN).text

    assert text.count("HIGH  scan") == 6
    assert "And 5 more: scan 3, dos 2." in text


def test_an_incident_tells_who_what_when_why_and_what_next() -> None:
    text = ordinary().text

    assert "CRITICAL  brute_force  203.0.113.1  11-21 17:00 to 17:50, open" in text
    assert "412 failed logins in 10 min on /wp-login.php" in text
    assert "wwwatch ip 203.0.113.1 --namespace shop" in text


def test_traffic_is_compared_with_the_span_before() -> None:
    text = ordinary().text

    assert "Requests  12,345 (+3 %) from 1,234 clients (-1 %), 1.2 GB sent (+3 %)" in text
    assert "2xx 11,000 (89 %), 3xx 500 (4.1 %), 4xx 800 (6.5 %), 5xx 45 (0.4 %)" in text
    assert "/wp-login.php  31 -> 4,512 requests" in text


def test_without_a_span_before_no_change_is_made_up() -> None:
    text = compose(facts(traffic_before=NOTHING), BERLIN).text

    assert "12,345 (none before)" in text
    assert "TOP CHANGES" not in text


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    found = tags_of(ordinary().page())

    assert not found.tags & {"script", "a", "iframe", "object", "link", "form", "base", "svg", "video", "style"}
    assert all(value.startswith("data:image/png;base64,") for name, value in found.attributes if name == "src")
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "href"]
    assert "url(" not in ordinary().page()


def test_the_page_shows_features_and_sample_lines() -> None:
    page = ordinary().page()

    assert "login failures" in page
    assert "&#34;POST /wp-login.php HTTP/1.1&#34;" in page
    assert "T1110 Brute Force" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_in_any_part(text: str) -> None:
    harmless, digest = poisoned("harmless"), poisoned(text)

    page = digest.page()
    assert tags_of(page).tags == tags_of(harmless.page()).tags
    assert not [name for name, _ in tags_of(page).attributes if name.startswith("on") or name == "href"]
    assert len(digest.text.splitlines()) == len(harmless.text.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]", digest.text + digest.subject)
    assert "\n" not in digest.subject
    shown = re.sub(r"data:image/png;base64,[^\"]*", "", page).split("<body", 1)[1]
    for part in (digest.text, shown):
        assert not re.search(r"https?://|ftp://|www\.|mailto:|javascript:|evil\.(?:com|example)", part)
    assert len(page) < 400_000


@cache
def poisoned(text: str) -> Digest:
    """A digest in which every field that may come from a log holds the text."""
    bad = incident(
        entity_id=text,
        reason=text,
        technique=text,
        title=text,
        status=text,
        attack_class=text,
        features=(Feature(text, 1.0, 0.5, 0.1),),
        samples=(text,) * 5,
    )
    given = facts(
        Incidents((bad, replace(bad, entity_type="agent")), {text: {"critical": 2}}, 2, ()),
        changes=(Change("URL", text, 5000, 1),),
        rejects={text: 3},
        silent_hosts=(SilentHost(text, DAY.since, 3),),
        coverage=Coverage(10, 10, (text,)),
    )
    return compose(given, BERLIN)


def test_the_same_facts_give_the_same_bytes() -> None:
    one, other = ordinary(), compose(facts(), BERLIN)

    assert (one.subject, one.text, one.page()) == (other.subject, other.text, other.page())


def test_pictures_are_png_and_have_words() -> None:
    digest: Digest = ordinary()

    assert [image.name for image in digest.images] == ["traffic", "incidents"]
    assert all(image.png.startswith(b"\x89PNG") and image.alt for image in digest.images)


def test_an_unknown_time_zone_names_its_setting() -> None:
    with pytest.raises(SettingsError, match=r"site\.timezone"):
        compose(quiet(), Site("shop", "Mars/Olympus"))


def test_the_templates_are_package_data() -> None:
    folder = Path(alerts.__file__).parent / "templates"

    assert {path.name for path in folder.iterdir()} >= {"digest.txt.jinja", "digest.html.jinja", "_parts.html.jinja"}
