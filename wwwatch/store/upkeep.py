"""What housekeeping asks of the store: which indices there are, how old and large; rollover; erasing by query."""

import fnmatch
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from wwwatch.store.client import Query, Store, batched
from wwwatch.store.session import Document

ERASED_AT_ONCE = 5000
ISM_POLICY = "index.plugins.index_state_management.policy_id"


@dataclass(frozen=True)
class IndexFacts:
    """An index. size_bytes: of its primary shards. policy: the engine's own that rolls it over and deletes it."""

    name: str
    created_at: datetime
    documents: int
    size_bytes: int
    policy: str = ""


def streams(store: Store, pattern: str) -> dict[str, list[str]]:
    """The data streams of a pattern, with their backing indices, oldest first: the last one is written to."""
    answer: Any = store.admin("GET", f"/_resolve/index/{pattern}") or {}
    return {item["name"]: list(item["backing_indices"]) for item in answer.get("data_streams", [])}


def plain_indices(store: Store, pattern: str) -> list[str]:
    """The indices of a pattern that belong to no data stream, by name."""
    answer: Any = store.admin("GET", f"/_resolve/index/{pattern}") or {}
    return sorted(item["name"] for item in answer.get("indices", []) if "data_stream" not in item)


def facts(store: Store, target: str) -> dict[str, IndexFacts]:
    """What is known of an index, a pattern, or the backing indices of a stream, by name."""
    settings: Any = store.admin("GET", f"/{target}/_settings?flat_settings=true&expand_wildcards=open,hidden") or {}
    wanted = "filter_path=indices.*.primaries&expand_wildcards=open,hidden"
    stats: Any = store.admin("GET", f"/{target}/_stats/docs,store?{wanted}") or {}
    found = {}
    for name, primaries in ((name, each["primaries"]) for name, each in stats.get("indices", {}).items()):
        if name not in settings:  # begun between the two questions
            continue
        values = settings[name]["settings"]
        created = datetime.fromtimestamp(int(values["index.creation_date"]) / 1000, UTC)
        policy = values.get("index.lifecycle.name") or _ism_policy(store, name)
        found[name] = IndexFacts(name, created, primaries["docs"]["count"], primaries["store"]["size_in_bytes"], policy)
    return found


def _ism_policy(store: Store, name: str) -> str:
    if not store.offers_ism:
        return ""
    answer: Any = store.admin("GET", f"/_plugins/_ism/explain/{name}") or {}
    return str(answer.get(name, {}).get(ISM_POLICY) or "")


def roll_over(store: Store, stream: str) -> None:
    """Let a data stream begin its next backing index."""
    store.admin("POST", f"/{stream}/_rollover")


def index_templates(store: Store) -> list[Document]:
    """Every index template of the store, ours and others': {name, index_template}."""
    answer: Any = store.admin("GET", "/_index_template?filter_path=index_templates") or {}
    return list(answer.get("index_templates", []))


def owner(name: str, templates: Iterable[Document]) -> str:
    """The index template that an index of this name is made by: of those that match, the one of highest priority."""
    matching = [
        (each["index_template"].get("priority", 0), each["name"])
        for each in templates
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in each["index_template"].get("index_patterns", []))
    ]
    return max(matching, default=(0, ""))[1]


def erase(store: Store, index: str, query: Query) -> Counter[str]:
    """Delete what matches, in backing indices too. Return how many in each index.

    By search and bulk, which every engine has: one way, and the one that is tested. What is written
    while this runs may be missed; ask again to be sure.
    """
    erased: Counter[str] = Counter()
    store.refresh(index)
    with closing(store.hits(index, query, fields=["@timestamp"])) as hits:
        for batch in batched(hits, ERASED_AT_ONCE):
            for name, group in groupby(sorted(batch, key=lambda hit: hit.index), key=lambda hit: hit.index):
                erased[name] += store.delete_documents(name, [hit.id for hit in group])
    return erased
