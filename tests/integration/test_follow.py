"""Following real files with a real process: every line once, whatever happens to the file or the shipper."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.following import Followed, Writer, line, wait_for
from wwwatch.settings import Settings
from wwwatch.store import Store

Rotate = Callable[[Path, Writer, int], None]


@pytest.fixture
def followed(store: Store, settings: Settings, namespace: str, tmp_path: Path) -> Followed:
    return Followed(store, settings, namespace, tmp_path)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def shifted(path: Path) -> None:
    """Make room for a new `.1`, as logrotate does."""
    for number in range(8, 0, -1):
        for ending in ("", ".gz"):
            old = path.with_name(f"{path.name}.{number}{ending}")
            if old.exists():
                old.rename(path.with_name(f"{path.name}.{number + 1}{ending}"))


def renamed(path: Path, writer: Writer, turn: int) -> None:
    """The server writes on to the old file for a while."""
    shifted(path)
    path.rename(path.with_name("access.log.1"))
    writer.write(100)
    writer.reopen()


def dated(path: Path, writer: Writer, turn: int) -> None:
    path.rename(path.with_name(f"access.log-2026112{turn}"))
    writer.write(100)
    writer.reopen()


def renamed_and_compressed(path: Path, writer: Writer, turn: int) -> None:
    """delaycompress: what was rotated last time is compressed now."""
    renamed(path, writer, turn)
    compress(path.with_name("access.log.2"))


def compress(path: Path) -> None:
    if path.exists():
        with path.open("rb") as plain, gzip.open(path.with_name(f"{path.name}.gz"), "wb") as packed:
            shutil.copyfileobj(plain, packed)
        path.unlink()


def deleted(path: Path, writer: Writer, turn: int) -> None:
    """What was never opened cannot be read once it is deleted: the test waits for that."""
    path.unlink()
    writer.write(100)
    writer.reopen()


@pytest.mark.parametrize("rotate", [renamed, dated, renamed_and_compressed, deleted])
def test_rotation_while_writing(followed: Followed, logs: Path, rotate: Rotate) -> None:
    path = logs / "access.log"
    writer = Writer(path)
    with followed.running(logs / "access.log*"):
        for turn in range(4):
            writer.write(2000)
            if rotate is deleted:
                followed.wait_for(writer.written - 1999)
            rotate(path, writer, turn)
        writer.write(100)
        followed.wait_for(writer.written)
    assert followed.originals() == sorted(map(line, range(writer.written)))


def test_copytruncate_loses_at_most_what_was_written_between_copy_and_truncation(
    followed: Followed, logs: Path
) -> None:
    path = logs / "access.log"
    writer = Writer(path)
    at_risk: set[int] = set()
    with followed.running(logs / "access.log*"):
        for _ in range(3):
            writer.write(2000)
            shifted(path)
            shutil.copyfile(path, path.with_name("access.log.1"))
            at_risk |= set(range(writer.written, writer.written + 5))
            writer.write(5)
            os.truncate(path, 0)
            writer.write(1)
        certain = [number for number in range(writer.written) if number not in at_risk]
        uncertain = {"terms": {"http.response.body.bytes": sorted(at_risk)}}
        wait_for(lambda: followed.count({"bool": {"must_not": uncertain}}) == len(certain), "all that is certain")
    stored = followed.originals()
    assert len(stored) == len(set(stored))
    assert set(map(line, certain)) <= set(stored) <= set(map(line, range(writer.written)))


def test_kill_9_at_any_moment(followed: Followed, logs: Path) -> None:
    writer = Writer(logs / "access.log")
    writer.write(10_000)
    for done in (1, 4_000):
        process = followed.start(logs / "access.log*")
        followed.wait_for(done)
        process.kill()
        writer.write(1_000)
    with followed.running(logs / "access.log*"):
        followed.wait_for(writer.written)
    assert followed.originals() == sorted(map(line, range(writer.written)))


def test_an_unfinished_line_waits(followed: Followed, logs: Path) -> None:
    path = logs / "access.log"
    path.write_text(line(0) + "\n" + line(1)[:40])
    with followed.running(path) as process:
        followed.wait_for(1)
        with path.open("a") as log:
            log.write(line(1)[40:] + "\n" + line(2)[:50])
        followed.wait_for(2)
        assert "2 lines read: 2 sent" in process.stop()
    assert followed.originals() == [line(0), line(1)]


def test_a_link_is_followed_to_where_it_points(followed: Followed, logs: Path, tmp_path: Path) -> None:
    first, second, link = tmp_path / "one.log", tmp_path / "two.log", logs / "access.log"
    first.write_text(line(0) + "\n")
    link.symlink_to(first)
    with followed.running(link):
        followed.wait_for(1)
        with first.open("a") as log:
            log.write(line(1) + "\n")
        second.write_text(line(2) + "\n")
        link.unlink()
        link.symlink_to(second)
        followed.wait_for(3)
    assert followed.originals() == [line(0), line(1), line(2)]


def test_files_appear_one_cannot_be_read_and_the_others_go_on(followed: Followed, logs: Path) -> None:
    with followed.running(logs / "*" / "access.log", logs / "late.log") as process:
        wait_for(lambda: "Waiting for" in process.said)
        (logs / "shop").mkdir()
        (logs / "shop" / "access.log").write_text(line(0) + "\n")
        (logs / "late.log").mkdir()
        followed.wait_for(1)
        wait_for(lambda: "late.log is a directory" in process.said)
        (logs / "late.log").rmdir()
        (logs / "late.log").write_text(line(1) + "\n")
        followed.wait_for(2)
        assert process.said.count("is a directory") == 1
    assert followed.originals() == [line(0), line(1)]


def test_a_second_shipper_takes_over_when_the_first_dies(followed: Followed, logs: Path) -> None:
    writer = Writer(logs / "access.log")
    writer.write(100)
    first = followed.start(logs / "access.log")
    followed.wait_for(100)
    with followed.running(logs / "access.log") as second:
        wait_for(lambda: "Another wwwatch ship is delivering" in second.said)
        writer.write(100)
        followed.wait_for(200)
        first.kill()
        writer.write(100)
        followed.wait_for(300)
    assert followed.originals() == sorted(map(line, range(300)))


def test_files_with_one_first_line_are_told_apart(followed: Followed, logs: Path) -> None:
    """Only a line that is the same at the same place is taken for one."""
    one, other = Writer(logs / "one.log"), Writer(logs / "other.log")
    other.write(1)
    one.write(200)
    other.written = 1000
    with followed.running(logs / "*.log"):
        other.write(50)
        followed.wait_for(250)
        one.write(50)
        other.write(50)
        followed.wait_for(350)
    assert followed.originals() == sorted(map(line, [*range(250), *range(1000, 1100)]))


def test_a_store_that_is_away_from_the_start_is_waited_for(followed: Followed, logs: Path) -> None:
    with followed.running(logs / "access.log", WWWATCH_URL="http://127.0.0.1:9") as process:
        wait_for(lambda: "Waiting for it" in process.said)
        assert "0 lines read" in process.stop()


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
@pytest.mark.parametrize("options", ["nocompress", "compress\ndelaycompress", "copytruncate"])
def test_real_logrotate(followed: Followed, logs: Path, options: str) -> None:
    path = logs / "access.log"
    writer = Writer(path)
    config, state = logs.parent / "logrotate.conf", logs.parent / "logrotate.state"
    owner = "su root root\n" if os.getuid() == 0 else ""
    config.write_text(f"{path} {{\nrotate 9\n{owner}{options}\n}}\n")
    with followed.running(f"{path}*"):
        for _ in range(3):
            writer.write(1000)
            if options == "copytruncate":
                followed.wait_for(writer.written)
            subprocess.run(["logrotate", "--force", "--state", state, config], check=True)
            if options != "copytruncate":
                writer.reopen()
        writer.write(10)
        followed.wait_for(writer.written)
    assert followed.originals() == sorted(map(line, range(writer.written)))
