"""`wwwatch check` against a real engine: it finds what was lost and what was doubled, and says how to mend it."""

import gzip
import json
from pathlib import Path

import pytest

from tests.conftest import Run
from wwwatch.store import Store, names

LINE = '203.0.113.{} - - [10/Oct/2025:{:02}:{:02}:{:02} +0000] "GET /page/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'


def lines(count: int) -> list[str]:
    return [LINE.format(n % 250, 10 + n // 3600, n // 60 % 60, n % 60, n, n) for n in range(count)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("\n".join([*lines(5000), "junk", "", "junk"]) + "\n")
    return path


def stored_ids(store: Store, namespace: str) -> dict[str, str]:
    """Lines by what was logged, with the id of their document."""
    store.refresh(names.access_index(namespace))
    return {doc["event"]["original"]: id_ for id_, doc in store.documents(names.access_index(namespace))}


def backing_index(store: Store, stream: str) -> str:
    return store.backing_indices(stream)[-1]


def test_what_was_shipped_adds_up_also_rotated_and_compressed(run: Run, log: Path, namespace: str) -> None:
    assert run("ship", log, "--namespace", namespace).returncode == 0
    rotated = log.with_suffix(".log.2.gz")
    rotated.write_bytes(gzip.compress(log.read_bytes()))
    done = run("check", log, rotated, "--namespace", namespace, "--json")
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 2
    for report in reports:
        assert report["complete"]
        assert (report["lines"], report["documents"], report["missing"]) == (5003, 5000, 0)
        assert report["rejected"] == {"empty": 1, "format": 2}
        hours = {hour["hour"]: hour["documents"] for hour in report["hours"]}
        assert hours == {None: 0, "2025-10-10T10:00Z": 3600, "2025-10-10T11:00Z": 1400}
    assert "format 2" in run("check", log, "--namespace", namespace).stderr


def test_lost_documents_are_named_and_shipping_from_the_start_mends_it(
    run: Run, store: Store, log: Path, namespace: str
) -> None:
    run("ship", log, "--namespace", namespace)
    known = stored_ids(store, namespace)
    lost = [lines(5000)[n] for n in (7, 3000, 3601)]
    stream = names.access_stream("nginx.access", namespace)
    assert store.delete_documents(backing_index(store, stream), [known[line] for line in lost]) == 3
    done = run("check", log, "--namespace", namespace)
    assert done.returncode == 1
    assert "3 lines are not in the store" in done.stderr
    assert "--from-start" in done.stderr
    for line in lost:
        assert line[:60] in done.stdout
    report = json.loads(run("check", log, "--namespace", namespace, "--json").stdout)
    assert {hour["hour"]: hour["missing"] for hour in report["hours"] if hour["missing"]} == {
        "2025-10-10T10:00Z": 2, "2025-10-10T11:00Z": 1,
    }  # fmt: skip
    again = json.loads(run("ship", log, "--from-start", "--namespace", namespace, "--json").stdout)
    assert (again["sent"], again["duplicate"]) == (3, 5000)
    assert run("check", log, "--namespace", namespace).returncode == 0


def test_lines_written_since_are_told_apart_and_doubles_found(
    run: Run, store: Store, log: Path, namespace: str
) -> None:
    run("ship", log, "--namespace", namespace)
    stream = names.access_stream("nginx.access", namespace)
    [found] = store.search(stream, {"match_all": {}}, 1)
    store.admin("POST", f"/{stream}/_rollover", {})
    body = json.dumps({"create": {"_id": found[0]}}) + "\n" + json.dumps(found[1]) + "\n"
    assert store.bulk(stream, body.encode()).statuses == [201]
    done = run("check", log, "--namespace", namespace)
    assert done.returncode == 1
    assert "1 lines are in the store twice" in done.stderr
    with log.open("a") as file:
        file.write("\n".join(lines(2)) + "\n")
    done = run("check", log, "--namespace", namespace)
    assert "2 lines are not in the store" in done.stderr
    assert "2 of them at the end" in done.stderr
