"""The rows of the base model: counts of made-up sites, their visitors and their attackers. Package data.

Made by `make base-rows` (`detector/make_base_rows.py`). Counts, not an estimator, so that whatever scikit-learn is
installed fits its own, and anyone can read what the base model learned from.
"""

import hashlib
from functools import cache
from importlib import resources

import pandas as pd
import polars as pl

from detector.features import KEYS, RAW, schema_hash
from detector.registry import BASE_PREFIX
from detector.training import Rows

FILE_NAME = "base_rows.parquet"
LABEL, GROUP = "label", "group"


def _bytes() -> bytes:
    return (resources.files("detector") / FILE_NAME).read_bytes()


@cache
def version() -> str:
    """The base model's version: of these rows, counted by this schema."""
    return f"{BASE_PREFIX}{schema_hash()}-{hashlib.sha256(_bytes()).hexdigest()[:8]}"


def load() -> Rows:
    """Labelled counts, columns KEYS + RAW."""
    table = pl.read_parquet(_bytes())
    frame = pd.DataFrame({name: table[name].to_list() for name in (*KEYS, *RAW)})
    return Rows(frame, *(pd.Series(table[name].to_list(), dtype=str) for name in (LABEL, GROUP)))


def save(rows: Rows, path: str) -> None:
    """Write rows as `load` reads them. Counts as float32: exact up to 16 million."""
    columns = {name: rows.counts[name].tolist() for name in (*KEYS, *RAW)}
    columns |= {LABEL: rows.labels.tolist(), GROUP: rows.groups.tolist()}
    numbers = [name for name in (*KEYS, *RAW) if name not in {"entity", "window_start"}]
    table = pl.DataFrame(columns).with_columns(pl.col(numbers).cast(pl.Float32), pl.col("window_start").cast(pl.Int64))
    table.write_parquet(path, compression="zstd", compression_level=15)
