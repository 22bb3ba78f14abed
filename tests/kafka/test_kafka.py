"""Kafka between files and store, against a real broker: the same documents, each once."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer

from tests.conftest import Run
from tests.kafka.broker import Broker, free_port
from tests.kafka.conftest import MakeTopic
from wwwatch.store import Store, names

LINE = '203.0.113.{} - - [10/Oct/2025:13:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'
W3C = (
    b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
    b"2025-10-10 13:00:00 203.0.113.9 GET /a 200\n"
    b"#Fields: date time cs-method cs-uri-stem c-ip sc-status\n"
    b"2025-10-10 13:00:01 GET /b 203.0.113.9 404\n"
)
ODD = (
    b"garbage\n\n"
    b'203.0.113.7 - - [10/Oct/2025:13:00:00 +0000] "GET /\xff\x01 HTTP/1.1" 200 5 "-" "a \\"b\\" \xe4"\n'
    b'host.example - j\\"doe [10/Oct/2025:13:00:00 +0000] "GET /%27 HTTP/1.1" 401 5 "-" "-"\n'
)


def combined(count: int) -> bytes:
    return "".join(LINE.format(n % 50, n // 60 % 60, n % 60, n, n) + "\n" for n in range(count)).encode()


def counts_of(text: str) -> tuple[int, int, int, int]:
    """read, sent, duplicate, rejected, as `ship` prints them."""
    found = re.search(r"([\d,]+) lines read: ([\d,]+) sent, ([\d,]+) duplicate, ([\d,]+) rejected", text)
    assert found, text
    read, sent, duplicate, rejected = (int(number.replace(",", "")) for number in found.groups())
    return read, sent, duplicate, rejected


def ship(run: Run, *arguments: str | Path, **environment: str) -> tuple[int, int, int, int]:
    done = run("ship", *arguments, WWWATCH_HOST__NAME="web1", **environment)
    assert done.returncode == 0, done.stderr
    return counts_of(done.stdout + done.stderr)


def stored(store: Store, namespace: str) -> dict[str, dict[str, Any]]:
    """By id, what every run writes alike."""
    found: dict[str, dict[str, Any]] = {}
    for stream in (names.access_index(namespace), names.rejects_stream(namespace)):
        store.refresh(stream)
        for id_, document in store.documents(stream):
            assert id_ not in found
            document["event"].pop("ingested")
            document["data_stream"].pop("namespace")
            if document["event"]["kind"] == "pipeline_error":
                document.pop("@timestamp")
            found[id_] = document
    return found


@pytest.mark.parametrize("content", ["line", "document"])
def test_documents_are_those_of_the_straight_road(
    run: Run, store: Store, namespace: str, make_topic: MakeTopic, tmp_path: Path, content: str
) -> None:
    files = {"a.log": combined(3000) + ODD, "iis.log": W3C, "long.log": b"x" * 1_500_000 + b"\n"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / name for name in files]
    topic = make_topic()
    count = sum(data.count(b"\n") for data in files.values())
    read, sent, _, rejected = ship(run, *paths, "--namespace", namespace, "--to", topic, "--content", content)
    assert (read, sent + rejected) == (count, count)
    through = ship(run, "--from", topic)
    straight = ship(run, *paths, "--namespace", f"{namespace}-straight")
    assert through == straight
    assert straight[0] == count
    by_topic, by_file = stored(store, namespace), stored(store, f"{namespace}-straight")
    assert set(by_topic) == set(by_file)
    different = [(by_topic[id_], by_file[id_]) for id_ in by_file if by_topic[id_] != by_file[id_]]
    # A line that is longer than a message may be is cut to fit; all else is the same.
    assert [pair[1]["error"]["type"] for pair in different] == ["too_long"]
    short, whole = different[0][0], different[0][1]
    assert whole["event"]["original"].startswith(short["event"]["original"])
    assert short["wwwatch"]["length_bytes"] == whole["wwwatch"]["length_bytes"] == 1_500_000


def test_what_is_read_again_adds_nothing_also_after_a_rollover(
    run: Run, store: Store, namespace: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(combined(2000))
    topic = make_topic()
    ship(run, log, "--namespace", namespace, "--to", topic)
    assert ship(run, "--from", topic) == (2000, 2000, 0, 0)
    assert ship(run, "--from", topic) == (0, 0, 0, 0)
    assert ship(run, log, "--namespace", namespace, "--to", topic) == (2000, 0, 2000, 0)
    store.admin("POST", f"/{names.access_stream('nginx.access', namespace)}/_rollover")
    assert ship(run, "--from", topic, "--group", "another") == (2000, 0, 2000, 0)
    # Positions are lost: lines are sent again, marked, and found to be there.
    other = str(tmp_path / "other")
    sent_again = ship(run, log, "--namespace", namespace, "--to", topic, "--from-start", WWWATCH_HOME=other)
    assert sent_again == (2000, 2000, 0, 0)
    assert ship(run, "--from", topic) == (2000, 0, 2000, 0)
    assert len(stored(store, namespace)) == 2000


def test_one_clients_events_stay_in_order(
    run: Run, broker: Broker, namespace: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(combined(500))
    topic = make_topic()
    ship(run, log, "--namespace", namespace, "--to", topic)
    partitions: dict[str, set[int]] = {}
    pages: dict[str, list[int]] = {}
    for message in messages(broker, topic, 500):
        address = str(message.key().decode())
        line = message.value().decode()
        assert line.startswith(f"{address} ")
        partitions.setdefault(address, set()).add(message.partition())
        pages.setdefault(address, []).append(int(line.split("/page/")[1].split()[0]))
    assert len(partitions) == 50
    assert all(len(found) == 1 for found in partitions.values())
    assert len(set.union(*partitions.values())) > 1
    assert all(numbers == sorted(numbers) for numbers in pages.values())


def messages(broker: Broker, topic: str, count: int) -> list[Any]:
    """The lines in a topic, as anybody sees them; heartbeats travel beside."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "test", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic.rsplit("/", 1)[1]])
    found: list[Any] = []
    deadline = datetime.now(UTC).timestamp() + 60
    while len(found) < count and datetime.now(UTC).timestamp() < deadline:
        found += filter(_is_line, consumer.consume(count, 1.0))
    consumer.close()
    assert len(found) == count
    return found


def _is_line(message: Any) -> bool:
    return not message.error() and b'"content":"line"' in dict(message.headers())["wwwatch-origin"]


def test_a_step_between_two_topics_filters_and_enriches(
    run: Run, store: Store, namespace: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    log, settings = tmp_path / "access.log", tmp_path / "step.toml"
    log.write_bytes(combined(1000))
    settings.write_text(
        '[[ingest.drop]]\n"url.path" = { glob = "/page/*7" }\n[ingest.fields]\nlabels = { step = "cleaned" }\n'
    )
    raw, clean = make_topic(), make_topic()
    ship(run, log, "--namespace", namespace, "--to", raw)
    done = run("--config", settings, "ship", "--from", raw, "--to", clean)
    assert done.returncode == 0, done.stderr
    assert "900 sent" in done.stdout + done.stderr
    assert "100 dropped by filter" in done.stdout + done.stderr
    assert ship(run, "--from", clean) == (900, 900, 0, 0)
    found = stored(store, namespace).values()
    assert len(found) == 900
    assert {document["labels"]["step"] for document in found} == {"cleaned"}


def test_lines_of_other_producers_are_taken_and_poison_is_kept(
    run: Run, store: Store, broker: Broker, namespace: str, make_topic: MakeTopic
) -> None:
    topic = make_topic(partitions=1)
    name = topic.rsplit("/", 1)[1]
    producer = Producer({"bootstrap.servers": broker.address})
    line = combined(1).rstrip()
    producer.produce(name, line)
    producer.produce(name, line)
    producer.produce(name, None, key="k")
    producer.produce(name, b"{", headers=[("wwwatch-origin", b"{}"), ("wwwatch-id", b"x")])
    hostile = b'{"content":"document","stream":"logs-nginx.access-%s","namespace":"%s","reason":""}'
    origin = hostile % (namespace.encode(), namespace.encode())
    producer.produce(name, b'{}\n{"delete":{"_id":"x"}}', headers=[("wwwatch-origin", origin), ("wwwatch-id", b"x")])
    other = hostile % (b"elsewhere", namespace.encode())
    producer.produce(name, b"{}", headers=[("wwwatch-origin", other), ("wwwatch-id", b"x")])
    assert producer.flush(30) == 0
    assert ship(run, "--from", topic, "--namespace", namespace) == (6, 2, 0, 4)
    found = stored(store, namespace).values()
    events = [document for document in found if document["event"]["kind"] == "event"]
    assert [document["log"]["file"]["path"] for document in events] == [f"kafka://{name}/0"] * 2
    assert sorted(document["log"]["offset"] for document in events) == [0, 1]
    poison = {item["log"]["offset"]: item for item in found if item["event"]["kind"] == "pipeline_error"}
    assert set(poison) == {2, 3, 4, 5}
    assert all(item["error"]["type"] == "message" for item in poison.values())
    assert all(f"kafka://{name}/0 at {offset}" in item["error"]["message"] for offset, item in poison.items())
    assert "several lines" in poison[4]["error"]["message"]


def test_errors_say_what_to_do(run: Run, broker: Broker, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(combined(1))
    missing = run("ship", log, "--to", f"kafka://{broker.address}/nowhere")
    assert missing.returncode == 1
    assert "no topic nowhere" in missing.stderr
    assert "--create --topic nowhere" in missing.stderr
    away = run("ship", log, "--to", f"kafka://127.0.0.1:{free_port()}/www")
    assert away.returncode == 1
    assert "Cannot reach Kafka at 127.0.0.1" in away.stderr
    wrong = run("ship", log, "--to", "kafka:/x")
    assert wrong.returncode == 2
    both = run("ship", log, "--from", f"kafka://{broker.address}/www")
    assert both.returncode == 2


def test_lines_that_would_tell_what_is_hidden_are_not_sent(run: Run, broker: Broker, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(combined(1))
    hidden = run(
        "ship", log, "--to", f"kafka://{broker.address}/www",
        WWWATCH_INGEST__PSEUDONYMS__ADDRESSES="true", WWWATCH_INGEST__PSEUDONYMS__KEY="A" * 43 + "=",
    )  # fmt: skip
    assert hidden.returncode == 2
    assert "--content document" in hidden.stderr
