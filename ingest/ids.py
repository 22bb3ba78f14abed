"""Ids of lines in the store: identity of the file, offset and checksum, the same in every run and version.

The store keeps every id twice, as a term and in the document, and it is the one part of a document that does not
compress: so ids are short. A length that divides by four in letters of base64url lets the engine pack it further.
"""

import base64
import re

import polars as pl

from ingest.parse import CHECK

PLACE_LENGTH = 12  # of base64url: 5 bytes of offset (modulo 1 TiB), 4 of checksum
OFFSET_BYTES, CHECK_BYTES = 5, 4
_ID = re.compile(rf"[a-z2-7]{{16}}[A-Za-z0-9_-]{{{PLACE_LENGTH}}}")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# Two letters for every 12 bits: looked up instead of worked out line by line.
_PAIRS = pl.Series([first + second for first in _ALPHABET for second in _ALPHABET], dtype=pl.String)
_OFFSET, _CHECK = pl.col("log.offset"), pl.col(CHECK).cast(pl.Int64)
_DIGITS = (
    _OFFSET // (1 << 28),
    _OFFSET // (1 << 16),
    _OFFSET // (1 << 4),
    (_OFFSET & 15) * 256 + _CHECK // (1 << 24),
    _CHECK // (1 << 12),
    _CHECK,
)
_PLACE = pl.concat_str(pl.lit(_PAIRS).gather((digit & (len(_PAIRS) - 1)).cast(pl.UInt32)) for digit in _DIGITS)


def places(lines: pl.DataFrame) -> pl.Series:
    """What follows the identity in the id of each line. Needs `log.offset` and check."""
    return lines.select(place=_PLACE)["place"]


def of_lines(lines: pl.DataFrame, identity: str) -> pl.Series:
    """The id of each line, document or reject."""
    return lines.select(id=pl.lit(identity) + places(lines))["id"]


def of_line(identity: str, offset: int, check: int) -> str:
    """The id of one line."""
    place = (offset % (1 << 8 * OFFSET_BYTES)).to_bytes(OFFSET_BYTES, "big") + check.to_bytes(CHECK_BYTES, "big")
    return identity + base64.urlsafe_b64encode(place).decode()


def is_id(text: str) -> bool:
    """Whether a text is the id of a line."""
    return _ID.fullmatch(text) is not None


def offset_of(id_: str) -> int:
    """The offset in an id, modulo 1 TiB."""
    return int.from_bytes(base64.urlsafe_b64decode(id_[-PLACE_LENGTH:])[:OFFSET_BYTES], "big")


def parts(id_: str) -> tuple[str, int]:
    """(identity, check) of an id."""
    place = base64.urlsafe_b64decode(id_[-PLACE_LENGTH:])
    return id_[:-PLACE_LENGTH], int.from_bytes(place[OFFSET_BYTES:], "big")
