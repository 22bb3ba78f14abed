"""Ids of lines: one line, one id, whether it was made for a frame or for a line; and back."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ingest import ids

IDENTITY = "abcdefghij234567"
OFFSETS = st.integers(0, (1 << 40) - 1)
CHECKS = st.integers(0, (1 << 32) - 1)


def frame(*places: tuple[int, int]) -> pl.DataFrame:
    offsets, checks = zip(*places, strict=True)
    return pl.DataFrame({"log.offset": pl.Series(offsets, dtype=pl.Int64), "check": pl.Series(checks, dtype=pl.UInt32)})


@given(st.lists(st.tuples(OFFSETS, CHECKS), min_size=1, max_size=20))
def test_a_frame_and_a_line_make_the_same_ids(places: list[tuple[int, int]]) -> None:
    made = ids.of_lines(frame(*places), IDENTITY).to_list()
    assert made == [ids.of_line(IDENTITY, offset, check) for offset, check in places]
    assert len(set(made)) == len(set(places))
    assert [ids.parts(id_) for id_ in made] == [(IDENTITY, check) for _, check in places]
    assert all(len(id_) % 4 == 0 for id_ in made)  # so that the engine packs them


def test_ids_never_change() -> None:
    assert ids.of_line(IDENTITY, 0, 0) == IDENTITY + "AAAAAAAAAAAA"
    assert ids.of_line(IDENTITY, 123_456_789, 0xDEADBEEF) == IDENTITY + "AAdbzRXerb7v"


def test_a_file_beyond_a_tebibyte_still_has_ids() -> None:
    [beyond] = ids.of_lines(frame(((1 << 40) + 5, 7)), IDENTITY)
    assert beyond == ids.of_line(IDENTITY, (1 << 40) + 5, 7) == ids.of_line(IDENTITY, 5, 7)
