"""Who may do what on the store: the roles of wwwatch, each with as little as its commands need.

One list of roles in the words of Elasticsearch; `opensearch_role` says the same to OpenSearch's security plugin. The
tests run every command with its role on both (tests/integration/test_roles.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wwwatch.store import names
from wwwatch.store.session import Document

PREFIX = "wwwatch-"

EVENTS = "logs-*.access-*"
REJECTS = "logs-wwwatch.rejects-*"
FIGURES = "metrics-wwwatch.pipeline-*"
ROLLUPS = "metrics-wwwatch.rollup-*"
ALERTS = ("wwwatch-anomalies-*", "wwwatch-incidents-*", "wwwatch-selfwatch-*")
LEDGER = "wwwatch-windows-*"
LABELS = "wwwatch-labels-*"
SCRATCH = f"{names.SCRATCH_PREFIX}*"

APPEND = ("create_doc", "auto_configure", "view_index_metadata")
READ = ("read", "view_index_metadata")
KEEP = ("read", "index", "delete", "auto_configure", "view_index_metadata", "maintenance")
OWN = (*KEEP, "create_index", "delete_index")


@dataclass(frozen=True)
class Grant:
    """Privileges on indices and data streams, by pattern."""

    on: tuple[str, ...]
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """A role. does: for people. grants: on indices. cluster: on the whole cluster. kibana: it reads dashboards."""

    name: str
    does: str
    grants: tuple[Grant, ...]
    cluster: tuple[str, ...] = ("monitor",)
    kibana: bool = False

    @property
    def full_name(self) -> str:
        """As it is called on the store."""
        return PREFIX + self.name


ROLES = (
    Role(
        "shipper",
        "adds events and keeps its positions; reads no log, deletes nothing",
        (Grant((EVENTS, REJECTS, FIGURES), APPEND), Grant((names.POSITIONS,), ("index", "read", "auto_configure"))),
    ),
    Role(
        "detector",
        "reads events, keeps findings, ledger, models and control documents; cannot change an event",
        (
            Grant((EVENTS, REJECTS, LABELS), READ),
            Grant((*ALERTS, LEDGER, ROLLUPS, names.MODELS, names.CONTROL), KEEP),
            Grant((FIGURES,), (*APPEND, "read")),
            Grant((SCRATCH,), OWN),
        ),
    ),
    Role(
        "alerts",
        "reads what was found, keeps the outbox of mails",
        (
            Grant((EVENTS, REJECTS, *ALERTS, LEDGER, ROLLUPS, names.MODELS, FIGURES), READ),
            Grant((names.CONTROL,), KEEP),
        ),
    ),
    Role(
        "reader",
        "reads events and findings, for dashboards and questions; sees no control document",
        (Grant((EVENTS, REJECTS, *ALERTS, LEDGER, ROLLUPS, FIGURES, LABELS), READ),),
        kibana=True,
    ),
    Role(
        "housekeeper",
        "rolls streams over, deletes what is too old, erases on request",
        (
            Grant((EVENTS, REJECTS, FIGURES), ("read", "manage", "delete", "index")),
            Grant((*ALERTS, LEDGER, ROLLUPS, LABELS, names.MODELS, names.CONTROL, names.POSITIONS), KEEP),
            Grant((SCRATCH,), OWN),
        ),
    ),
)
# What one process does under several roles: `wwwatch run`.
SERVICE = ("detector", "alerts", "housekeeper")


def role(name: str) -> Role:
    """The role of a name. Raise KeyError if there is none."""
    return {each.name: each for each in ROLES}[name]


def elasticsearch_role(role: Role) -> Document:
    """As `PUT /_security/role/NAME` takes it, and as the role descriptor of an API key."""
    body: Document = {
        "cluster": list(role.cluster),
        "indices": [{"names": list(grant.on), "privileges": list(grant.privileges)} for grant in role.grants],
    }
    if role.kibana:
        features = ("discover", "dashboard", "visualize", "indexPatterns")
        kibana = [f"feature_{feature}.read" for feature in features]
        body["applications"] = [{"application": "kibana-.kibana", "privileges": kibana, "resources": ["*"]}]
    return body


# What each privilege is in actions of OpenSearch. It does not tell creating from overwriting; that a document of a
# data stream is only created is the stream's own rule.
ACTIONS: dict[str, tuple[str, ...]] = {
    "create_doc": ("indices:data/write/index", "indices:data/write/bulk*"),
    "index": ("indices:data/write/index", "indices:data/write/bulk*", "indices:data/write/update"),
    "delete": ("indices:data/write/delete", "indices:data/write/bulk*"),
    "read": ("indices:data/read/*",),
    "auto_configure": ("indices:admin/auto_create", "indices:admin/create", "indices:admin/mapping/auto_put"),
    "view_index_metadata": (
        "indices:admin/get", "indices:admin/mappings/get", "indices:admin/aliases/get", "indices:admin/resolve/index",
        "indices:admin/data_stream/get", "indices:monitor/settings/get", "indices:monitor/stats",
    ),
    "maintenance": ("indices:admin/refresh*",),
    "create_index": ("indices:admin/create",),
    "delete_index": ("indices:admin/delete",),
    "manage": ("indices:admin/*", "indices:monitor/*"),
}  # fmt: skip
CLUSTER_ACTIONS = (
    "cluster:monitor/*", "indices:admin/index_template/get", "cluster:admin/component_template/get",
    # Requests on several indices are let in here and allowed for each index by the roles' own patterns.
    "indices:data/write/bulk", "indices:data/read/mget", "indices:data/read/msearch", "indices:data/read/scroll*",
    "indices:admin/resolve/index",
)  # fmt: skip


def opensearch_role(role: Role) -> Document:
    """As `PUT /_plugins/_security/api/roles/NAME` takes it."""
    return {
        "description": f"wwwatch: {role.does}",
        "cluster_permissions": list(CLUSTER_ACTIONS),
        "index_permissions": [
            {"index_patterns": list(grant.on), "allowed_actions": _actions(grant.privileges)} for grant in role.grants
        ],
    }


def _actions(privileges: Sequence[str]) -> list[str]:
    return sorted({action for privilege in privileges for action in ACTIONS[privilege]})


def descriptors(names_: Sequence[str]) -> dict[str, Any]:
    """Role descriptors of an API key that has several roles."""
    return {role(name).full_name: elasticsearch_role(role(name)) for name in names_}
