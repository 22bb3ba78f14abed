"""Lines through parse, enrichment and serialise, as `ship` does."""

from typing import Any

import orjson
import polars as pl

from ingest.convert import Converter
from ingest.enrichment import Enrichment, of_settings
from ingest.preview import in_order
from ingest.reader import Chunk
from wwwatch.ingest_settings import IngestSettings

INGESTED = "2026-01-01T00:00:00.000Z"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def line(
    address: str = "203.0.113.7",
    target: str = "/a",
    user: str = "-",
    referrer: str = "-",
    agent: str = "Mozilla/5.0 (X11)",
) -> str:
    """A combined line."""
    return f'{address} - {user} [10/Oct/2026:13:55:36 +0000] "GET {target} HTTP/1.1" 404 12 "{referrer}" "{agent}"'


def enrichment_of(**wishes: Any) -> Enrichment:
    """The enrichment of these settings, as the file gives them; what it says is an error here."""

    def tell(text: str) -> None:
        raise AssertionError(text)

    return of_settings(IngestSettings.model_validate(wishes), tell)


def enriched(*lines: str, **wishes: Any) -> list[dict[str, Any]]:
    """The documents of these lines under these settings of `[ingest]`."""
    raw = [text.encode() for text in lines]
    chunk = Chunk(0, sum(len(text) + 1 for text in raw), raw, b"")
    converter = Converter(
        "identity", "/var/log/x.log", "default", "host", "", None, only=False, with_actions=False,
        enrichment=enrichment_of(**wishes),
    )  # fmt: skip
    return [orjson.loads(text) for text in in_order(converter.convert(chunk, INGESTED))]


def frame_of_peers(peers: list[str], column: str, headers: list[str | None]) -> pl.DataFrame:
    """Events as a format that logs such a header makes them."""
    size = len(peers)
    return pl.DataFrame(
        {
            "source.address": peers, "source.ip": peers, "wwwatch.net": [None] * size, column: headers,
            "tags": [None] * size,
        },
        {
            "source.address": pl.String, "source.ip": pl.String, "wwwatch.net": pl.String, column: pl.String,
            "tags": pl.String,
        },
    )  # fmt: skip
