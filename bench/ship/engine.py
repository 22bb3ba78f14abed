"""What the engine is asked beside the documents: what it has cost, what lies on its disk."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wwwatch.store import Store, names

DATASET = "nginx.access"


def cpu_seconds(store: Store) -> float:
    """CPU time of all nodes of the store since they started."""
    answer: Any = store.admin("GET", "/_nodes/stats/process?filter_path=nodes.*.process.cpu.total_in_millis")
    return sum(int(node["process"]["cpu"]["total_in_millis"]) for node in answer["nodes"].values()) / 1000


def disk_bytes(store: Store, index: str, merged: bool) -> int:
    """What an index or data stream takes on disk, without replicas; merged: into one segment first."""
    if merged:
        store.admin("POST", f"/{index}/_forcemerge?max_num_segments=1")
        store.refresh(index)  # lets go of what was merged
    store.admin("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")
    # Not the index's own statistics: those of its store are up to ten seconds old.
    answer: Any = store.admin("GET", f"/{index}/_segments")
    copies = [copy for one in answer["indices"].values() for shard in one["shards"].values() for copy in shard]
    return sum(
        int(segment["size_in_bytes"])
        for copy in copies
        if copy["routing"]["primary"]
        for segment in copy["segments"].values()
        if segment["search"]
    )


@contextmanager
def fresh_namespace(store: Store) -> Iterator[str]:
    """A namespace of its own; the disk is given back, where the engine can delete a data stream."""
    namespace = f"bench-{uuid.uuid4().hex[:8]}"
    try:
        yield namespace
    finally:
        for stream in (
            names.access_stream(DATASET, namespace),
            names.rejects_stream(namespace),
            names.pipeline_stream(namespace),
        ):
            store.admin("DELETE", f"/_data_stream/{stream}")
