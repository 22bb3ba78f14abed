"""Events of other shippers: which of their fields stand for ours, and how questions and documents are translated."""

from typing import Any

from wwwatch.store.foreign import ABSENT, NEEDED, SOURCE, Reading, choose, told

KEYWORD = {"keyword": {"searchable": True, "aggregatable": True}}
TEXT = {"text": {"searchable": True, "aggregatable": False}}
IP, LONG = {"ip": KEYWORD["keyword"]}, {"long": KEYWORD["keyword"]}
# As Filebeat 7 maps what its nginx module writes: the target as it came, nothing split off it.
FILEBEAT_7 = {
    "source.address": KEYWORD, "source.ip": IP, "url.original": KEYWORD, "http.request.method": KEYWORD,
    "http.request.referrer": KEYWORD, "http.response.status_code": LONG, "http.response.body.bytes": LONG,
    "user_agent.original": KEYWORD, "user.name": KEYWORD, "source.as.number": LONG, "event.dataset": KEYWORD,
}  # fmt: skip


def test_filebeat_keeps_the_path_in_what_was_asked_for() -> None:
    reading = choose(FILEBEAT_7)
    assert reading.fields["url.path"] == "url.original"
    assert set(reading.missing) == {"url.extension", "url.domain", "wwwatch.net"}
    said = told(reading)
    assert "url.path is read from url.original" in said
    assert any(line.startswith("wwwatch.net is missing") for line in said)


def test_text_is_counted_by_its_keyword_or_not_at_all() -> None:
    reading = choose(
        {"source.address": TEXT, "source.address.keyword": KEYWORD, "url.original": TEXT, "url.path": TEXT}
    )
    assert reading.fields["source.address"] == "source.address.keyword"
    assert reading.fields["url.path"] == reading.fields["url.original"] == ABSENT
    # Text in one index and a keyword in another cannot be counted over both.
    assert choose({"url.path": KEYWORD | TEXT}).fields["url.path"] == ABSENT


def test_an_address_is_also_an_ip() -> None:
    assert choose({"source.ip": IP}).fields["source.address"] == "source.ip"
    assert set(NEEDED) <= set(choose({}).missing)


def test_a_question_is_put_in_their_fields_and_about_access_events_only() -> None:
    reading = Reading({"url.path": "url.original", "url.query": ABSENT})
    body: dict[str, Any] = {
        "query": {"bool": {"filter": [{"term": {"url.path": "/a"}}, {"exists": {"field": "url.query"}}]}},
        "aggs": {"distinct_paths": {"cardinality": {"field": "url.path"}}},
        "_source": ["url.path"],
    }
    asked = reading.asked(body)
    assert asked["aggs"] == {"distinct_paths": {"cardinality": {"field": "url.original"}}}
    assert asked["_source"] == SOURCE
    [theirs] = asked["query"]["bool"]["must"]
    assert theirs["bool"]["filter"] == [{"term": {"url.original": "/a"}}, {"exists": {"field": ABSENT}}]
    assert asked["query"]["bool"]["filter"] == [reading.scope()]
    assert body["_source"] == ["url.path"]  # the caller's is left alone


def test_a_value_that_is_named_like_a_field_stays() -> None:
    body = {"query": {"term": {"user.name": "url.path"}}}
    assert Reading({"url.path": "url.original"}).asked(body)["query"]["bool"]["must"] == [body["query"]]


def test_a_document_is_shaped_like_ours() -> None:
    document = {
        "@timestamp": "2026-03-02T10:00:00.000Z",
        "source": {"ip": "203.0.113.7"},
        "url": {"original": "/a/b?c=d"},
        "http": {
            "request": {"method": "GET"},
            "response": {"status_code": 404, "body": {"bytes": 153}},
            "version": "1.1",
        },
        "user_agent": {"original": "curl/8"},
        "event": {"created": "2026-03-02T10:00:03.000Z"},
    }
    shaped = Reading({"source.address": "source.ip", "url.path": "url.original"}).shaped(document)
    assert shaped["source"] == {"ip": "203.0.113.7", "address": "203.0.113.7"}
    assert shaped["url"]["path"] == "/a/b"
    assert shaped["event"]["original"] == (
        '203.0.113.7 - - [02/Mar/2026:10:00:00 +0000] "GET /a/b?c=d HTTP/1.1" 404 153 "-" "curl/8"'
    )
    assert document["url"] == {"original": "/a/b?c=d"}


def test_a_line_that_was_kept_is_the_line() -> None:
    assert Reading().shaped({"message": "as it came"})["event"]["original"] == "as it came"
    assert Reading().shaped({"event": {"original": "as it came"}})["event"]["original"] == "as it came"
