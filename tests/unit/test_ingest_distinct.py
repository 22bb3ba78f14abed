"""Work once per distinct value: the same columns as value by value, in bounded memory."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ingest.distinct import Remembered

TEXTS = st.lists(st.lists(st.one_of(st.none(), st.text(max_size=3))), max_size=5)


def built(values: pl.Series) -> pl.DataFrame:
    """Two columns, one of them null for some values."""
    return pl.DataFrame({"upper": values.str.to_uppercase(), "short": values.set(values.str.len_bytes() > 1, None)})


@given(chunks=TEXTS, kept_bytes=st.integers(0, 10))
def test_columns_are_those_of_each_value(chunks: list[list[str | None]], kept_bytes: int) -> None:
    remembered = Remembered(built, kept_bytes)
    for chunk in chunks:
        values = pl.Series(chunk, dtype=pl.String)
        assert remembered(values).equals(built(values))


def test_a_value_is_looked_at_once_until_too_much_is_remembered() -> None:
    asked: list[str] = []

    def build(values: pl.Series) -> pl.DataFrame:
        asked.extend(values.to_list())
        return values.to_frame("same")

    remembered = Remembered(build, kept_bytes=4)
    for chunk in (["a", "b", "a"], ["b", "c", "c"], ["a", "c"]):
        remembered(pl.Series(chunk))
    assert asked == ["a", "b", "c"]
    remembered(pl.Series(["long"]))
    remembered(pl.Series(["a"]))
    assert asked == ["a", "b", "c", "long", "a"]


def test_threads_share_what_is_remembered() -> None:
    remembered = Remembered(built, kept_bytes=50)
    chunks = [pl.Series([str(number % 37 * start) for number in range(200)]) for start in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert all(map(pl.DataFrame.equals, pool.map(remembered, chunks), map(built, chunks)))
