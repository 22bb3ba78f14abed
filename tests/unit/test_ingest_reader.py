"""Chunks of lines, and what identifies a file."""

import gzip
import io
import random
from collections.abc import Generator
from pathlib import Path

import pytest

from ingest import reader
from ingest.identity import identity, read_head
from ingest.positions import Position, skip, tail_digest
from ingest.reader import Chunk, LineReader, Prefixed, chunks, expand, opened
from wwwatch.errors import InputError, UsageError


def read(data: bytes, chunk_bytes: int, offset: int = 0) -> list[Chunk]:
    """All chunks of a stream that gives a few bytes at a time."""
    return list(chunks(io.BufferedReader(io.BytesIO(data), 16), "x", offset, chunk_bytes))


@pytest.mark.parametrize("chunk_bytes", [1, 2, 7, 64, 10_000])
def test_every_line_once_whatever_the_chunk(chunk_bytes: int) -> None:
    rng = random.Random(chunk_bytes)
    lines = [bytes(rng.choices(b"ab \r\x00\xff", k=rng.randrange(20))) for _ in range(200)]
    data = b"\n".join(lines) + b"\n"
    found = read(data, chunk_bytes, offset=100)
    assert [line for chunk in found for line in chunk.lines] == lines
    assert [chunk.offset for chunk in found] == [100, *[chunk.end for chunk in found[:-1]]]
    assert found[-1].end == 100 + len(data)
    assert all(chunk.terminated for chunk in found)
    for chunk in found:
        assert chunk.tail == data[: chunk.end - 100][-len(chunk.tail) :]


def test_unterminated_last_line_is_a_chunk_of_its_own() -> None:
    whole, tail = read(b"a\nbc\nde", 1000)
    assert (whole.lines, whole.end, whole.terminated) == ([b"a", b"bc"], 5, True)
    assert (tail.lines, tail.offset, tail.end, tail.terminated) == ([b"de"], 5, 7, False)


def test_nothing_gives_no_chunk() -> None:
    assert read(b"", 10) == []


@pytest.mark.parametrize("chunk_bytes", [8, 1000])
@pytest.mark.parametrize("end", [b"\nlast\n", b"\nlast", b""])
def test_long_lines_are_cut_and_measured(chunk_bytes: int, end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LONGEST_LINE_BYTES", 8)
    data = b"short\n" + b"0123456789" * 5 + end
    found = read(data, chunk_bytes)
    lines = [line for chunk in found for line in chunk.lines]
    assert lines == [b"short", b"01234567", *([b"last"] if end else [])]
    assert [length for chunk in found for length in chunk.lengths.values()] == [50]
    assert found[-1].end == len(data)


def test_damaged_gzip_gives_its_whole_lines_then_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.gz"
    lines = [random.Random(n).randbytes(30).hex().encode() for n in range(20_000)]
    path.write_bytes(gzip.compress(b"\n".join(lines))[:300_000])
    found: list[bytes] = []
    with opened(str(path)) as stream, pytest.raises(InputError, match=r"damaged after [0-9,]+ decompressed bytes"):
        found.extend(line for chunk in chunks(stream, str(path), chunk_bytes=100_000) for line in chunk.lines)
    assert len(found) > 1000
    assert found == lines[: len(found)]


def test_gzip_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "access.log.1"
    path.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    with opened(str(path)) as stream:
        assert [chunk.lines for chunk in chunks(stream, str(path))] == [[b"a", b"b"]]


def test_folders_missing_files_and_empty_globs_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory") as caught, opened(str(tmp_path)):
        pass
    assert f"{tmp_path}/*.log" in caught.value.hint
    with pytest.raises(InputError, match="No such file"), opened(str(tmp_path / "no.log")):
        pass
    with pytest.raises(UsageError, match="No file matches"):
        expand([str(tmp_path / "*.log")])


def test_globs_give_each_file_once(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "[x].log"):
        (tmp_path / name).touch()
    (tmp_path / "folder.log").mkdir()
    found = expand([str(tmp_path / "*.log"), str(tmp_path / "a.log"), "-", str(tmp_path / "[x].log")])
    assert found == [str(tmp_path / name) for name in ("[x].log", "a.log", "b.log")] + ["-"]


def test_prefixed_reads_the_head_again() -> None:
    stream = io.BufferedReader(io.BytesIO(b"abc\ndef\n"))
    head = stream.read1(5)
    assert [chunk.lines for chunk in chunks(Prefixed(head, stream), "-")] == [[b"abc", b"def"]]


def test_identity_is_that_of_host_and_first_telling_line() -> None:
    base = identity("web1", b"first line\nsecond\n")
    assert base == "zgcgmvculrf2wp6e"  # must never change: it is in every id
    assert identity("web1", b"first line\nother\n") == base
    assert identity("web1", b"\n# header\nfirst line\r\n") == base
    assert identity("web2", b"first line\nsecond\n") != base
    assert identity("web1", b"first lin") != base


def test_head_of_a_stream_that_breaks_later(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"first line\n" + random.Random(1).randbytes(50_000))[:-20_000])
    with opened(str(path)) as stream:
        assert read_head(stream, str(path)).startswith(b"first line\n")


def whole(steps: Generator[None, None, bytes | None]) -> bytes | None:
    """What a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: bytes | None = done.value
            return result


@pytest.mark.parametrize("compressed", [False, True])
def test_skip_recognises_what_was_delivered(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "x"
    data = b"".join(b"line %d\n" % number for number in range(1000))
    path.write_bytes(gzip.compress(data) if compressed else data)
    offset = data.index(b"line 700\n")
    known = Position("id", "x", "", "", offset=offset, tail=tail_digest(data[offset - 1024 : offset]))
    with opened(str(path)) as stream:
        assert whole(skip(stream, "x", known)) == data[offset - 1024 : offset]
        assert stream.read1(9) == b"line 700\n"
    for wrong in (
        Position("id", "x", "", "", offset=offset, tail="?"),
        Position("id", "x", "", "", offset=10**6, tail="?"),
    ):
        with opened(str(path)) as stream:
            assert whole(skip(stream, "x", wrong)) is None


def test_a_stream_that_grows_is_read_on_after_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.touch()
    with path.open("ab", buffering=0) as log, opened(str(path)) as stream:
        lines = LineReader(stream, str(path))
        assert (lines.read(), lines.rest(), lines.at_end) == (None, None, True)
        for written, whole, rest in ((b"a\nb", [b"a"], b"b"), (b"c", None, b"bc"), (b"\nd\n", [b"bc", b"d"], None)):
            log.write(written)
            chunk, last = lines.read(), lines.rest()
            assert (chunk.lines if chunk else None, last.lines[0] if last else None) == (whole, rest)
        assert (lines.offset, lines.consumed) == (7, 7)
