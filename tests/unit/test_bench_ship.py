"""The benchmark's own arithmetic: logs repeated in time, delays, targets."""

import gzip
from pathlib import Path

from bench.ship.figures import Figure
from bench.ship.logs import write_log
from bench.ship.processes import delays

LINE = '203.0.113.1 - - [{}/Feb/2025:23:59:59 -0500] "GET /[28/Feb/2025:x HTTP/1.1" 200 5 "-" "-"\n'


def test_a_log_is_repeated_later_by_its_own_span_of_days(tmp_path: Path) -> None:
    source = tmp_path / "access.log.gz"
    source.write_bytes(gzip.compress((LINE.format(27) + LINE.format(28)).encode()))
    write_log(tmp_path / "long.log", source, 5)
    lines = (tmp_path / "long.log").read_text().splitlines()
    assert [line.split("[")[1][:11] for line in lines] == [
        "27/Feb/2025", "28/Feb/2025", "01/Mar/2025", "02/Mar/2025", "03/Mar/2025",
    ]  # fmt: skip


def test_made_up_lines_without_a_source(tmp_path: Path) -> None:
    size = write_log(tmp_path / "log", None, 10_001)
    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    assert (len(lines), sum(map(len, lines))) == (10_001, size)
    assert len(set(lines)) == 10_001


def test_delay_is_from_the_write_to_the_first_look_that_saw_it() -> None:
    written = [(10, 1.0), (20, 2.0), (30, 3.0)]
    seen = [(0, 1.1), (10, 1.5), (20, 3.0), (30, 6.0)]
    assert delays(written, seen) == [0.5, 1.0, 3.0]


def test_a_figure_says_whether_it_was_reached() -> None:
    assert Figure("memory", 251.4, "MB", 250, at_least=False).cells() == ("memory", "251 MB", "≤ 250 MB", "NO")
    assert Figure("ratio", 0.853, "", 0.85).cells() == ("ratio", "0.85", "≥ 0.85", "yes")
    assert Figure("raw", 12345.6, "lines/s").cells() == ("raw", "12,346 lines/s", "", "")
