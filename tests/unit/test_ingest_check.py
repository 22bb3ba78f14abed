"""The conservation check: each line is counted once, whatever the store holds of it."""

import pytest

from ingest.check import NO_TIME, FileReport, account
from ingest.convert import Converter, converter_of
from ingest.ids import of_lines
from ingest.parse import frame_of
from ingest.reader import Chunk
from wwwatch.store import Hit

LINE = '203.0.113.1 - - [10/Oct/2025:{:02}:00:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "Mozilla/5.0"'
LINES = [LINE.format(hour, hour).encode() for hour in (10, 10, 11, 12)]


def chunk_of(lines: list[bytes], offset: int = 0) -> Chunk:
    return Chunk(offset, offset + sum(len(line) + 1 for line in lines), lines, b"")


def converter() -> Converter:
    return converter_of("access.log", LINES[0], "shop", "web1", "", None)


def event(id_: str, hour: str, index: str = "events-1") -> Hit:
    return Hit(index, id_, {"@timestamp": f"2025-10-10T{hour}:00Z"})


def reject(id_: str, reason: str) -> Hit:
    return Hit("rejects-1", id_, {"@timestamp": "2026-01-01T00:00Z", "error.type": reason})


class World:
    """A chunk, and the report of what is found of it."""

    def __init__(self, lines: list[bytes]) -> None:
        self.chunk, self.converter, self.report = chunk_of(lines), converter(), FileReport("access.log")
        self.ids = of_lines(frame_of(self.chunk), self.converter.identity).to_list()

    def account(self, *found: Hit) -> FileReport:
        account(self.report, self.chunk, self.ids, found, self.converter)
        assert self.report.total.lines == len(self.chunk.lines)
        return self.report


def test_all_there() -> None:
    world = World(LINES)
    report = world.account(*(event(id_, hour) for id_, hour in zip(world.ids, ("10", "10", "11", "12"), strict=True)))
    assert report.total.whole
    assert {hour: tally.documents for hour, tally in report.hours.items()} == {
        "2025-10-10T10:00Z": 2, "2025-10-10T11:00Z": 1, "2025-10-10T12:00Z": 1,
    }  # fmt: skip
    assert report.as_json()["complete"] is True


def test_a_missing_line_is_named_with_its_hour_and_place() -> None:
    world = World(LINES)
    found = [event(id_, hour) for id_, hour in zip(world.ids, ("10", "10", "11", "12"), strict=True)]
    report = world.account(*found[:2], found[3])
    assert report.hours["2025-10-10T11:00Z"].missing == 1
    assert [(line.offset, line.head) for line in report.missing] == [(len(LINES[0]) * 2 + 2, LINES[2].decode())]
    assert report.unsent == 0
    assert not report.total.whole


def test_missing_at_the_end_is_most_likely_not_sent() -> None:
    world = World(LINES)
    report = world.account(event(world.ids[0], "10"))
    assert (report.total.missing, report.unsent) == (3, 3)
    account(report, world.chunk, world.ids, [], world.converter)
    assert report.unsent == 7
    account(report, world.chunk, world.ids, [event(world.ids[3], "12")], world.converter)
    assert report.unsent == 0


def test_rejects_count_by_reason_and_have_no_hour() -> None:
    world = World([b"junk", LINES[0], b""])
    report = world.account(reject(world.ids[0], "format"), event(world.ids[1], "10"), reject(world.ids[2], "empty"))
    assert report.hours[NO_TIME].rejected == {"format": 1, "empty": 1}
    assert report.total.whole
    assert report.as_json()["hours"][0] == {
        "hour": None, "lines": 2, "documents": 0, "rejected": {"empty": 1, "format": 1}, "dropped": 0, "missing": 0,
        "repeated": 0,
    }  # fmt: skip


@pytest.mark.parametrize("second", ["event", "reject"])
def test_a_line_stored_twice_is_one_document_too_many(second: str) -> None:
    world = World(LINES[:1])
    first = event(world.ids[0], "10")
    again = event(world.ids[0], "10", "events-2") if second == "event" else reject(world.ids[0], "format")
    report = world.account(again, first)
    assert (report.total.documents, report.total.repeated) == (1, 1)
    assert not report.total.whole


def test_a_missing_line_without_time_and_not_utf8_can_be_shown() -> None:
    report = World([b"\xff\x00junk"]).account()
    assert report.hours[NO_TIME].missing == 1
    assert report.missing[0].head == "\\xff\x00junk"
