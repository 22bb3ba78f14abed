"""What the nodes of the store tell of their disks."""

from dataclasses import dataclass
from typing import Any

from wwwatch.store.client import Store

# The engines' own defaults, for one that does not tell: no new shards, shards move away, read-only.
DEFAULT_LIMITS = (0.85, 0.90, 0.95)
PREFIX = "cluster.routing.allocation.disk.watermark."
UNITS = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40, "pb": 1 << 50}


@dataclass(frozen=True)
class NodeDisk:
    """The fullest data path of a node. limits: shares in use at which the store reacts, in rising order of severity."""

    node: str
    used_share: float
    total_bytes: int
    limits: tuple[float, float, float]


def disks(store: Store) -> list[NodeDisk]:
    """The disk of every node, by name. Needs the cluster privilege `monitor`; raise StoreRefused without it."""
    stats: Any = store.admin("GET", "/_nodes/stats/fs?filter_path=nodes.*.name,nodes.*.fs.data") or {}
    settings: Any = store.admin("GET", "/_cluster/settings?include_defaults=true&flat_settings=true") or {}
    told: dict[str, str] = {}
    for layer in ("defaults", "persistent", "transient"):  # the later wins
        told |= {name: str(value) for name, value in settings.get(layer, {}).items() if name.startswith(PREFIX)}
    found = []
    for node in stats.get("nodes", {}).values():
        paths = [path for path in node.get("fs", {}).get("data", []) if path.get("total_in_bytes", 0) > 0]
        if paths:
            fullest = max(paths, key=_used_share)
            total = int(fullest["total_in_bytes"])
            found.append(NodeDisk(str(node["name"]), _used_share(fullest), total, _limits(told, total)))
    return sorted(found, key=lambda disk: disk.node)


def _used_share(path: dict[str, Any]) -> float:
    return 1 - float(path["available_in_bytes"]) / float(path["total_in_bytes"])


def _limits(told: dict[str, str], total_bytes: int) -> tuple[float, float, float]:
    low, high, flood = (
        used_share(told.get(PREFIX + name, ""), total_bytes, default)
        for name, default in zip(("low", "high", "flood_stage"), DEFAULT_LIMITS, strict=True)
    )
    return low, high, flood


def used_share(text: str, total_bytes: int, default: float) -> float:
    """A watermark as a share in use: `85%` and `0.85` are in use, `10gb` are free."""
    text = text.strip().lower()
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        unit = next((unit for unit in sorted(UNITS, key=len, reverse=True) if text.endswith(unit)), "")
        if unit:
            return max(0.0, 1 - float(text[: -len(unit)]) * UNITS[unit] / total_bytes)
        return float(text)
    except ValueError:
        return default
