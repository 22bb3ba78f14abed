"""Tags that steps add to the ones a request shows by itself."""

from collections.abc import Collection, Sequence

import orjson
import polars as pl

from ingest.distinct import Remembered

TAGS = "tags"


def with_tags(frame: pl.DataFrame, names: Sequence[str], where: pl.Series | None = None) -> pl.DataFrame:
    """Append tags to the JSON array in `tags`, in the rows that `where` marks, or in all."""
    inner = orjson.dumps(list(names)).decode()[1:-1]
    known = pl.col(TAGS) if TAGS in frame.columns else pl.lit(None, dtype=pl.String)
    more = pl.concat_str(known.str.strip_suffix("]"), pl.lit("," + inner + "]")).fill_null("[" + inner + "]")
    return frame.with_columns((more if where is None else pl.when(where).then(more).otherwise(known)).alias(TAGS))


class WithoutTags:
    """A step that takes tags out; null where none is left."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._left = Remembered(self._build)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(self._left(frame[TAGS]))

    def _build(self, arrays: pl.Series) -> pl.DataFrame:
        kept = [[tag for tag in orjson.loads(array) if tag not in self._names] for array in arrays]
        return pl.DataFrame({TAGS: [orjson.dumps(tags).decode() if tags else None for tags in kept]}, {TAGS: pl.String})
