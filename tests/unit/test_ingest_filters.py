"""What the user leaves out and adds: rules by field, tags, labels; and settings that make no sense."""

from typing import Any

import pytest

from ingest.convert import Converter
from ingest.enrichment.filters import glob_expression
from ingest.reader import Chunk
from tests.unit.enrichment_examples import enriched, enrichment_of, line
from wwwatch.errors import SettingsError
from wwwatch.settings import load

LINES = (
    line("10.0.0.1", "/healthz", agent="kube-probe/1.30"),
    line("203.0.113.7", "/healthz"),
    line("2001:db8::1", "/img/a.png", agent="Googlebot"),
    line("host.example", "/wp-login.php"),
)


def kept(**wishes: Any) -> list[str]:
    """The clients whose lines stay."""
    return [document["source"]["address"] for document in enriched(*LINES, **wishes)]


ALL = ["10.0.0.1", "203.0.113.7", "2001:db8::1", "host.example"]


@pytest.mark.parametrize(
    ("rule", "dropped"),
    [
        ({"url.path": "/healthz"}, ["10.0.0.1", "203.0.113.7"]),
        ({"url": {"path": ["/healthz", "/img/a.png"]}}, ["10.0.0.1", "203.0.113.7", "2001:db8::1"]),
        ({"url.path": "/healthz", "source.ip": {"cidr": "10.0.0.0/8"}}, ["10.0.0.1"]),
        ({"source.ip": {"cidr": ["10.0.0.1", "2001:db8::/32"]}}, ["10.0.0.1", "2001:db8::1"]),
        ({"user_agent": {"original": {"glob": "kube-*"}}}, ["10.0.0.1"]),
        ({"url.path": {"glob": "/img/?.png"}}, ["2001:db8::1"]),
        ({"url.path": {"regex": r"\.php$"}}, ["host.example"]),
        ({"url.path": {"regex": "^/img/", "equals": "/healthz"}}, ["10.0.0.1", "203.0.113.7", "2001:db8::1"]),
        ({"http.response.status_code": 404}, ALL),
        ({"http.response.status_code": [200, 201]}, []),
        ({"tags": "static"}, ["2001:db8::1"]),
        ({"tags": ["login", "bot"]}, ["2001:db8::1", "host.example"]),
        # A field no line of this log has.
        ({"user.name": "ann"}, []),
    ],
)
def test_rules(rule: dict[str, Any], dropped: list[str]) -> None:
    assert kept(drop=[rule]) == [client for client in ALL if client not in dropped]
    assert kept(keep=[rule]) == dropped


def test_any_rule_drops_and_dropping_wins_over_keeping() -> None:
    drop = [{"url.path": "/healthz"}, {"tags": "login"}]
    assert kept(drop=drop) == ["2001:db8::1"]
    assert kept(keep=[{"source.ip": {"cidr": "0.0.0.0/0"}}], drop=[{"source.ip": "10.0.0.1"}]) == ["203.0.113.7"]


def test_filters_go_by_the_users_own_tags_and_see_what_pseudonyms_hide() -> None:
    assert kept(fields={"tags": ["shop"]}, drop=[{"tags": "shop"}]) == []


def test_dropped_lines_are_counted() -> None:
    raw = [text.encode() for text in (*LINES, "garbage")]
    chunk = Chunk(0, sum(len(text) + 1 for text in raw), raw, b"")
    enrichment = enrichment_of(drop=[{"url.path": "/healthz"}])
    converter = Converter("identity", "p", "default", "host", "", None, only=False, enrichment=enrichment)
    converted = converter.convert(chunk, "2026-01-01T00:00:00.000Z")
    counts = (len(converted.events), converted.dropped, sum(map(len, converted.rejects.values())))
    assert counts == (2, 2, 1)
    nothing = enrichment_of(keep=[{"url.path": "/"}])
    everything = Converter("identity", "p", "default", "host", "", None, only=False, enrichment=nothing)
    converted = everything.convert(chunk, "2026-01-01T00:00:00.000Z")
    assert (len(converted.events), converted.dropped) == (0, 4)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"drop": [{"url.pth": "/x"}]}, "no event has a field url.pth"),
        ({"drop": [{"url": {"path": {"globb": "x"}}}]}, "no event has a field url.path.globb"),
        ({"keep": [{"url.path": {"regex": "("}}]}, "ingest.keep[0]: not a regular expression"),
        ({"drop": [{"tags": {"glob": "*"}}]}, "only be compared by equals"),
        ({"tags_left_out": ["statik"]}, "there is no tag statik"),
    ],
)
def test_what_makes_no_sense_is_told_at_the_start(wishes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        enrichment_of(**wishes)
    assert told in caught.value.message


def test_mistakes_in_the_file_are_told_with_their_place(tmp_path: Any) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text(
        '[[ingest.drop]]\nsource.ip = { cidr = "10.0.0.0/99" }\n[[ingest.drop]]\nurl.path = []\n'
        '[ingest.real_client]\ntrusted_proxies = ["proxy"]\n[ingest.fields]\nlabels."a.b" = "x"\n'
    )
    with pytest.raises(SettingsError) as caught:
        load(file, environ={})
    for place in ("ingest.drop.0.source.ip.cidr.0", "ingest.drop.1.url.path", "trusted_proxies.0", "fields.labels"):
        assert place in caught.value.message


def test_dotted_keys_of_toml_are_field_names(tmp_path: Any) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text(
        '[[ingest.drop]]\nurl.path = "/healthz"\nsource.ip = { cidr = "10.0.0.0/8" }\n'
        '[ingest.fields]\nlabels.team = "shop"\ntags = ["prod"]\n'
    )
    settings = load(file, environ={"WWWATCH_INGEST__FIELDS__LABELS__SITE": "north"}).ingest
    assert list(settings.drop[0]) == ["url.path", "source.ip"]
    assert settings.fields.labels == {"team": "shop", "site": "north"}


def test_own_labels_and_tags_are_in_every_event() -> None:
    plain, bot = enriched(line(), line(agent="Googlebot"), fields={"labels": {"team": 'sh"op'}, "tags": ["prod", "eu"]})
    assert plain["labels"] == {"team": 'sh"op'}
    assert plain["tags"] == ["prod", "eu"]
    assert bot["tags"] == ["bot", "prod", "eu"]


def test_tags_can_be_left_out() -> None:
    static, bot = enriched(
        line(target="/a.png", agent="Googlebot"), line(target="/a.png"), tags_left_out=["static", "proxy"]
    )
    assert static["tags"] == ["bot"]
    assert "tags" not in bot


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [("/a*", "(?s)^/a.*$"), ("?.png", r"(?s)^.\.png$"), ("a+b", r"(?s)^a\+b$")],
)
def test_glob(pattern: str, expression: str) -> None:
    assert glob_expression(pattern) == expression


def test_nothing_is_done_unless_it_is_asked_for() -> None:
    assert enrichment_of().steps == ()
    assert enrichment_of().hide is None
