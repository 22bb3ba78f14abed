"""The door, against the real engine."""

import base64
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from wwwatch.errors import StoreError, StoreRefused, StoreUnreachable
from wwwatch.settings import Settings, load
from wwwatch.store import Store, names
from wwwatch.store.setup import COMPONENT, INDEX, check, install, templates

EVENT = b'{"create":{"_id":"%s"}}\n{"@timestamp":"%s","source":{"address":"%s"}}\n'
EVERYTHING: dict[str, Any] = {"match_all": {}}


def events(count: int, address: str = "203.0.113.%d") -> bytes:
    return b"".join(
        EVENT
        % (b"id%d" % n, b"2026-01-01T00:00:00Z", (address % (n % 250)).encode() if "%" in address else address.encode())
        for n in range(count)
    )


def test_setup_again_changes_nothing(store: Store) -> None:
    report = install(store)
    assert report.installed == []
    assert len(report.current) == len([*templates(COMPONENT), *templates(INDEX)])


def test_every_index_of_the_design_has_a_template(store: Store) -> None:
    patterns = {pattern for _, body in templates(INDEX) for pattern in body["index_patterns"]}
    for name in (
        names.access_stream("nginx.access", "x"), names.access_stream("apache.access", "x"), names.rejects_stream("x"),
        names.anomalies("x"), names.incidents("x"), names.windows("x"), names.MODELS, names.CONTROL, names.POSITIONS,
        names.pipeline_stream("x"), names.rollup_index("x"), names.labels("x"), f"{names.SCRATCH_PREFIX}x",
    ):  # fmt: skip
        assert any(name == pattern or name.startswith(pattern.rstrip("*")) for pattern in patterns), name


def test_a_foreign_template_that_comes_first_is_told_and_left(store: Store) -> None:
    name = f"foreign-{uuid.uuid4().hex}"
    # Its pattern is of a namespace nobody uses, so that tests at the same time are not touched by it.
    body = {"index_patterns": [f"logs-nginx.access-{name}*"], "priority": 200, "data_stream": {}}
    store.admin("PUT", f"/_index_template/{name}", body)
    try:
        assert any(name in note for note in check(store))
    finally:
        store.admin("DELETE", f"/_index_template/{name}")


def test_bulk_tells_each_outcome(store: Store, namespace: str) -> None:
    stream = names.access_stream("nginx.access", namespace)
    good_and_bad = events(1) + EVENT % (b"bad", b"not a time", b"x")
    first, second = store.bulk(stream, good_and_bad), store.bulk(stream, good_and_bad)
    assert first.statuses == [201, 400]
    assert second.statuses == [409, 400]
    assert "not a time" in dict(first.errors)[1]


def test_date_like_strings_do_not_become_dates(store: Store, namespace: str) -> None:
    stream = names.access_stream("nginx.access", namespace)
    for value in (b"2026-01-01", b"Firefox"):
        body = b'{"create":{}}\n{"@timestamp":"2026-01-01T00:00:00Z","user_agent":{"version":"%s"}}\n' % value
        assert store.bulk(stream, body).statuses == [201]


def test_reading_back(store: Store, namespace: str) -> None:
    stream = names.access_stream("nginx.access", namespace)
    store.bulk(stream, events(2500))
    store.refresh(stream)
    index = names.access_index(namespace)
    assert store.count(index) == 2500
    assert len(list(store.documents(index))) == 2500
    [backing] = store.backing_indices(stream)
    assert store.held_ids(backing, ["id0", "id2499", "absent"]) == {"id0", "id2499"}
    assert store.backing_indices(f"{stream}-absent") == []
    sources = [{"entity": {"terms": {"field": "source.address"}}}]
    buckets = list(store.composite(index, EVERYTHING, sources, {}, page_size=60))
    assert sorted(bucket["doc_count"] for bucket in buckets) == [10] * 250
    first, second = store.search_many(
        index, [{"size": 1}, {"query": {"term": {"source.address": "203.0.113.7"}}, "size": 99}]
    )
    assert (len(first), len(second)) == (1, 10)


def test_too_many_buckets_shrink_the_page(store: Store, namespace: str) -> None:
    """Each page bucket here has 200 sub-buckets; 5,000 of them would pass the store's limit of 65,535."""
    stream = names.access_stream("nginx.access", namespace)
    for number in range(4):
        body = b"".join(
            EVENT % (b"%d" % n, b"2026-01-01T%02d:%02d:00Z" % (n % 24, n % 60), b"10.0.%d.%d" % divmod(n, 256))
            for n in range(number * 500, number * 500 + 500)
        )
        store.bulk(stream, body)
    store.refresh(stream)
    bounds = {"min": "2026-01-01T00:00:00Z", "max": "2026-01-01T02:00:00Z"}
    minutes = {"field": "@timestamp", "fixed_interval": "1m", "extended_bounds": bounds, "min_doc_count": 0}
    histogram = {"slices": {"date_histogram": minutes}}
    buckets = list(
        store.composite(
            names.access_index(namespace), EVERYTHING, [{"e": {"terms": {"field": "source.address"}}}], histogram
        )
    )
    assert len({bucket["key"]["e"] for bucket in buckets}) == 2000 == len(buckets)


def test_what_is_missing_reads_as_empty(store: Store, namespace: str) -> None:
    index = names.access_index(namespace)
    assert store.count(index) == 0
    assert list(store.documents(names.anomalies(namespace))) == []
    assert store.aggregate(index, EVERYTHING, {"n": {"max": {"field": "@timestamp"}}}) in ({}, {"n": {"value": None}})
    assert list(store.composite(index, EVERYTHING, [{"e": {"terms": {"field": "source.address"}}}], {})) == []
    assert store.get_document(names.anomalies(namespace), "x") is None
    assert store.search_many(names.anomalies(namespace), [{"size": 1}]) == [[]]


def test_documents_by_id(store: Store, namespace: str) -> None:
    index = names.anomalies(namespace)
    document = {"@timestamp": "2026-01-01T00:00:00Z", "wwwatch": {"score": 0.5}}
    assert store.write_documents(index, [("a", document), ("b", document)]) == 2
    assert store.create_document(index, "a", {}) is False
    assert store.create_document(index, "c", document) is True
    assert store.get_document(index, "a") == document
    assert store.delete_documents(index, ["a", "absent"]) == 1
    assert {id_ for id_, _ in store.documents(index)} == {"b", "c"}
    assert store.delete_index(index) is True
    assert store.delete_index(index) is False


@pytest.mark.parametrize("name", ["", "*", "wwwatch-*", "a,b", "_all"])
def test_only_one_named_index_is_ever_deleted(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of one index"):
        store.delete_index(name)


def test_a_refused_document_is_an_error_that_names_it(store: Store, namespace: str) -> None:
    with pytest.raises(StoreError, match="refused document bad"):
        store.write_documents(names.anomalies(namespace), [("bad", {"@timestamp": "never"})])


def test_the_cluster_is_known_by_its_uuid(store: Store, settings: Settings) -> None:
    assert store.cluster_uuid == Store.from_settings(settings, settings.url).cluster_uuid
    assert len(store.cluster_uuid) > 10


def test_nobody_listens() -> None:
    with pytest.raises(StoreUnreachable, match=r"Cannot reach the store at http://127\.0\.0\.1:9"):
        Store.from_settings(load(environ={}), "http://127.0.0.1:9")


Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[Callable[[Answer], str]]:
    """A small HTTP server that answers as told, for what a real engine does not do on demand."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        running.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_address[1]}"

    yield start
    for instance in running:
        instance.shutdown()
        instance.server_close()


def _reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json") -> None:
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_wrong_password_names_the_setting(server: Callable[[Answer], str]) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        right = "Basic " + base64.b64encode(b"elastic:right").decode()
        _reply(handler, 200 if handler.headers["authorization"] == right else 401, b'{"error":"no","status":401}')

    url = server(answer).replace("http://", "http://elastic:wrong@")
    with pytest.raises(StoreRefused) as caught:
        Store.from_settings(load(environ={}), url)
    assert "WWWATCH_URL" in caught.value.hint
    assert "wrong" not in caught.value.message


@pytest.mark.parametrize(("kind", "body"), [("text/html", b"<html>hello"), ("application/json", b'{"hello":1}')])
def test_a_server_that_is_no_store(server: Callable[[Answer], str], kind: str, body: bytes) -> None:
    url = server(lambda handler: _reply(handler, 200, body, kind))
    with pytest.raises(StoreError, match="not Elasticsearch or OpenSearch"):
        Store.from_settings(load(environ={}), url)


def test_a_flood_of_fields_maps_none_of_them(store: Store, namespace: str) -> None:
    stream = names.access_stream("nginx.access", namespace)
    flood = ",".join(f'"f{number}":{{"a":"b"}}' for number in range(2000)).encode()
    assert store.bulk(stream, events(1)).statuses == [201]
    [backing] = store.backing_indices(stream)
    before = store.admin("GET", f"/{backing}/_mapping")
    assert store.bulk(stream, b'{"create":{}}\n{"@timestamp":"2026-01-01T00:00:00Z",%s}\n' % flood).statuses == [201]
    assert store.admin("GET", f"/{backing}/_mapping") == before
