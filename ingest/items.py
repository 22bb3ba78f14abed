"""Bulk items: a document led by its action line, as text."""

import orjson
import polars as pl


def item_of(id_: str, document: str) -> str:
    """A document, as JSON, with the action line that creates it."""
    return f'{{"create":{{"_id":{orjson.dumps(id_).decode()}}}}}\n{document}'


def source_of(item: str) -> dict[str, dict[str, object]]:
    """The document of an item."""
    document: dict[str, dict[str, object]] = orjson.loads(item.split("\n", 1)[1])
    return document


def id_of(item: str) -> str:
    """The id in the action line of an item."""
    action: dict[str, dict[str, str]] = orjson.loads(item.split("\n", 1)[0])
    return action["create"]["_id"]


def ids_of(items: pl.Series) -> pl.Series:
    """The ids of items."""
    return items.str.extract(r'^\{"create":\{"_id":"([^"]+)"')
