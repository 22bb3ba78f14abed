"""Kafka without a broker: addresses, what messages tell and may not tell, how far a group has read."""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from ingest import ids
from ingest.delivery import Outcome
from ingest.kafka.address import address_of
from ingest.kafka.arrivals import Arrived, Sorter
from ingest.kafka.finished import Finished, Poisoned
from ingest.kafka.messages import AGAIN, ID, LENGTH, ORIGIN, DocumentOrigin, LineOrigin, origin_of
from ingest.kafka.offsets import Offsets
from ingest.source import Wishes
from wwwatch.errors import UsageError

NOW = "2026-11-24T12:00:00.000Z"
FILE = LineOrigin("a" * 16, "/var/log/nginx/access.log", "web1", "shop", "nginx", "combined", False, "UTC")
LINE = b'203.0.113.9 - - [10/Oct/2025:13:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Mozilla/5.0"'


@pytest.mark.parametrize(
    "url",
    [
        "kafka://host/topic", "kafka://host:9092", "kafka://host:9092/", "kafka://host:0/t", "kafka://host:70000/t",
        "kafka://host:9092/a b", "kafka://host:9092/a/b", "kafka://host:9092/..", "http://host:9092/topic",
        "kafka://user:secret@host:9092/topic", "kafka://:9092/topic", "",
    ],
)  # fmt: skip
def test_what_is_no_topic_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        address_of(url)
    assert "secret" not in raised.value.message


def test_a_topic_has_servers_and_a_name() -> None:
    address = address_of("kafka://kafka1:9092,[::1]:9093/www.access-1")
    assert (address.servers, address.topic) == ("kafka1:9092,[::1]:9093", "www.access-1")
    assert str(address) == "kafka://kafka1:9092,[::1]:9093/www.access-1"


def test_an_origin_comes_back_as_it_was() -> None:
    document = DocumentOrigin("logs-nginx.access-shop", "shop")
    assert origin_of(FILE.header()) == FILE
    assert origin_of(document.header()) == document


@pytest.mark.parametrize(
    "change",
    [
        {"namespace": "Shop"}, {"namespace": "a,b"}, {"namespace": "*"}, {"server": "../x"}, {"identity": "a"},
        {"only": 1}, {"path": None}, {"content": "other"}, {"more": ""},
    ],
)  # fmt: skip
def test_an_origin_that_was_made_up_is_none(change: dict[str, Any]) -> None:
    assert origin_of(json.dumps(json.loads(FILE.header()) | change).encode()) is None


@pytest.mark.parametrize("stream", ["logs-nginx.access-other", "wwwatch-control", "logs-x.access-shop", "*"])
def test_a_document_goes_to_streams_of_ours_only(stream: str) -> None:
    assert origin_of(DocumentOrigin(stream, "shop").header()) is None


@pytest.mark.parametrize("header", [b"", b"[]", b"{", b"\xff", b'"x"'])
def test_a_header_that_is_no_origin(header: bytes) -> None:
    assert origin_of(header) is None


@pytest.fixture
def sorter() -> Sorter:
    return Sorter("www", "cluster", Wishes("default", "auto", "", lambda: datetime.now(UTC)))


def line(
    number: int, offset: int = 0, in_doubt: bool = False, headers: Mapping[str, bytes | None] = MappingProxyType({})
) -> Arrived:
    told = {ORIGIN: FILE.header(), ID: ids.of_line(FILE.identity, offset, 7).encode(), **headers}
    return Arrived(0, number, LINE, told, in_doubt)


def test_lines_of_one_file_are_one_chunk_with_their_places(sorter: Sorter) -> None:
    [group] = sorter.groups([line(5, offset=100), line(9, offset=900)])
    assert group.streams == ("logs-nginx.access-shop", "logs-wwwatch.rejects-shop")
    converted = group.converter.convert(group.chunk, NOW)
    documents = [json.loads(item.split("\n")[1]) for item in converted.events]
    assert [document["log"]["offset"] for document in documents] == [100, 900]
    assert {document["host"]["name"] for document in documents} == {"web1"}
    assert sorter.namespaces == {"shop"}


def test_what_is_in_doubt_is_kept_apart(sorter: Sorter) -> None:
    groups = sorter.groups([line(1), line(2, in_doubt=True), line(3, headers={AGAIN: b""})])
    assert [(group.in_doubt, len(group.chunk.lines)) for group in groups] == [(False, 1), (True, 2)]


def test_a_cut_line_keeps_its_length_and_its_check(sorter: Sorter) -> None:
    [group] = sorter.groups([line(1, offset=30, headers={LENGTH: b"5000000"})])
    [(_, item)] = group.converter.convert(group.chunk, NOW).rejects["too_long"]
    assert json.loads(item.split("\n")[0])["create"]["_id"] == ids.of_line(FILE.identity, 30, 7)
    assert json.loads(item.split("\n")[1])["wwwatch"]["length_bytes"] == 5_000_000


def test_an_id_of_another_file_is_poison(sorter: Sorter) -> None:
    [group] = sorter.groups([line(8, headers={ID: ids.of_line("b" * 16, 0, 7).encode()})])
    assert isinstance(group.converter, Poisoned)
    [(_, item)] = group.converter.convert(group.chunk, NOW).rejects["message"]
    reject = json.loads(item.split("\n")[1])
    assert "kafka://www/0 at 8" in reject["error"]["message"]
    assert reject["event"]["original"] == LINE.decode()


def document(value: bytes) -> Arrived:
    origin = DocumentOrigin("logs-nginx.access-shop", "shop")
    return Arrived(2, 3, value, {ORIGIN: origin.header(), ID: b'an "id"'}, in_doubt=False)


def test_a_finished_document_is_taken_as_it_is(sorter: Sorter) -> None:
    value = json.dumps(
        {
            "@timestamp": NOW, "event": {"original": "x"}, "host": {"name": "h"},
            "log": {"offset": 1, "file": {"path": "p"}}, "data_stream": {"namespace": "shop"},
        }
    ).encode()  # fmt: skip
    [group] = sorter.groups([document(value)])
    assert isinstance(group.converter, Finished)
    [item] = group.converter.convert(group.chunk, NOW).events
    action, source = item.split("\n")
    assert json.loads(action) == {"create": {"_id": 'an "id"'}}
    assert source.encode() == value
    refused = json.loads(group.converter.refused_item(item, "mapping", "why", NOW).split("\n")[1])
    assert (refused["error"], refused["event"]["original"]) == ({"type": "mapping", "message": "why"}, "x")


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{", b'{"@timestamp":1}', b'{"@timestamp":"x"}', b'{}\n{"delete":{}}', b"\xff"]
)
def test_what_is_no_document_is_poison(sorter: Sorter, value: bytes) -> None:
    [group] = sorter.groups([document(value)])
    assert isinstance(group.converter, Poisoned)


def test_heartbeats_are_not_counted(sorter: Sorter) -> None:
    origin = DocumentOrigin("metrics-wwwatch.pipeline-shop", "shop")
    [group] = sorter.groups([Arrived(0, 0, b'{"@timestamp":"x"}', {ORIGIN: origin.header(), ID: b"h-1"}, False)])
    assert not group.counted


def test_an_offset_is_committed_when_all_before_it_has_landed() -> None:
    offsets = Offsets()
    first, second = offsets.begin({0: 10}, 100), offsets.begin({0: 20, 1: 5}, 50)
    first.open = second.open = 1
    second.open -= 1
    assert offsets.landed() == {}
    first.open -= 1
    assert offsets.landed() == {0: 20, 1: 5}
    assert offsets.landed_bytes == 150
    offsets.committed()
    assert (offsets.landed(), offsets.open) == ({}, False)


def test_what_nobody_counts_is_waited_for_too() -> None:
    offsets, heartbeat = Offsets(), Future[Outcome]()
    offsets.begin({0: 1}, 1).beside.append(heartbeat)
    assert offsets.landed() == {}
    heartbeat.set_result(Outcome())
    assert offsets.landed() == {0: 1}


def test_partitions_that_are_gone_are_not_committed() -> None:
    offsets = Offsets()
    batch = offsets.begin({0: 10}, 1)
    batch.open = 1
    offsets.forget()
    batch.open -= 1
    assert offsets.landed() == {}
