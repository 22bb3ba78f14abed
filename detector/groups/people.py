"""Which members of a group are people: their browsers fetch styles, scripts and pictures."""

from collections.abc import Sequence

from detector.features import ENTITY_FIELD
from detector.signs import Document, Signs, all_of, span_query
from detector.windows import Span
from wwwatch.store import Store

# Browsers keep what they fetched: an asset within the hour before counts as well.
BEFORE_SECONDS = 3600
# With more people than this among them, what is left is no group but the rest of a crowd.
MOST_PEOPLE = 0.7
# Where the rest of the site fetches hardly any assets (they are kept elsewhere), nothing can be told from them.
LEAST_ASSETS = 0.03


def among(store: Store, index: str, window: Span, members: Sequence[str], signs: Signs) -> set[str] | None:
    """Those that fetched an asset in or shortly before the window.

    None where this says nothing: neither they nor the rest of the site fetch any.
    """
    span = Span(window.start - BEFORE_SECONDS, window.end)
    static = signs.tagged("static")
    theirs: Document = {"terms": {ENTITY_FIELD: list(members)}}
    clients = {"clients": {"terms": {"field": ENTITY_FIELD, "size": max(len(members), 1)}}}
    aggs: Document = {
        "members": {"filter": all_of(static, theirs), "aggs": clients},
        "rest": {"filter": {"bool": {"must_not": [theirs]}}, "aggs": {"static": {"filter": static}}},
    }
    answer = store.aggregate(index, span_query(span.since, span.until), aggs)
    found = {str(bucket["key"]) for bucket in answer.get("members", {}).get("clients", {}).get("buckets", [])}
    rest = answer.get("rest", {"doc_count": 0, "static": {"doc_count": 0}})
    tells = rest["static"]["doc_count"] >= max(1, LEAST_ASSETS * rest["doc_count"])
    return found if found or tells else None
