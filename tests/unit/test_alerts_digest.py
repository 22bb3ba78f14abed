"""The digest's words and its safety, from facts alone."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

import alerts
from alerts.digest import Digest, compose
from alerts.figures import Change, Coverage, Feature, Incidents, SilentHost, Traffic
from alerts.rendering import Site
from tests.unit.alerts_examples import DAY, HOSTILE, facts, incident, quiet, worst
from wwwatch.errors import SettingsError

BERLIN = Site("shop", "Europe/Berlin")
NOTHING = Traffic(0, 0, 0, {})


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
