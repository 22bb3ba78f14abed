"""From a file of ours to saved objects on a server: the right file, nobody else's objects, every error told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from dashboards import build
from dashboards.data_views import DATA_VIEWS
from dashboards.install.connection import KIBANA, OPENSEARCH, Answer, Connection, Server, identify
from dashboards.saved import TITLE_PREFIX
from wwwatch.errors import DashboardsError
from wwwatch.settings import Settings

Document = dict[str, Any]

OLDEST = {KIBANA: (7, 10), OPENSEARCH: (1, 0)}
# Lens state as we write it; what is older gets visualisations by aggregation, which it has.
LENS_SINCE = (8, 9)
ERRORS_TOLD = 10
EXPORT, IMPORT = "/api/saved_objects/_export", "/api/saved_objects/_import?overwrite=true"
OTHER_IDS = (
    "{count} objects got ids of their own, as another space has ours. Links of mails and between pages expect ours: "
    "delete the objects in the other space and run setup again."
)
HINTS = {
    "unsupported_type": "OpenSearch Dashboards 3.7.0 refuses every import so (its issue 12201): use another version.",
    "missing_references": "A data view could not be made: may this user manage data views (index patterns)?",
}


@dataclass(frozen=True)
class Installed:
    """What `install` did. objects: how many are there now; replaced: how many of them were there before."""

    server: Server
    objects: int
    replaced: int
    notes: tuple[str, ...]


def install(settings: Settings) -> Installed:
    """Install the pages where the settings say. Safe to run again: our objects are replaced, nobody else's.

    Raise DashboardsError naming every object that was refused, SettingsError for settings that contradict.
    """
    connection = Connection(settings)
    server = identify(connection)
    connection.within(server.product)
    content = build.shipped(file_for(server))
    objects = [orjson.loads(line) for line in content.splitlines()]
    there = existing(connection, objects)
    if foreign := [item for item in there if not is_ours(item)]:
        raise DashboardsError(
            f"{server.description} has objects of somebody else under our ids; nothing was written:\n{_lines(foreign)}",
            "Delete or rename them there, or name another space in kibana.space.",
        )
    answer = connection.post_file(IMPORT, build.KIBANA, content)
    notes = judge(answer, objects, server)
    return Installed(server, len(objects), len(there), notes)


def file_for(server: Server) -> str:
    """The file a server takes. Raise DashboardsError for one that is too old for either."""
    if server.version < OLDEST[server.product]:
        oldest = ".".join(map(str, OLDEST[server.product]))
        raise DashboardsError(f"{server.description} is too old: the pages need {oldest} or later.", "Upgrade it.")
    return build.KIBANA if server.product == KIBANA and server.version >= LENS_SINCE else build.OPENSEARCH


def existing(connection: Connection, objects: Iterable[Document]) -> list[Document]:
    """Those of our objects that are there, as they are. The export API names what is missing; it is left out then."""
    wanted = [{"type": item["type"], "id": item["id"]} for item in objects]
    for _ in range(2):
        if not wanted:
            return []
        answer = connection.post(EXPORT, {"objects": wanted, "excludeExportDetails": True})
        if answer.status == 200:
            return [orjson.loads(line) for line in answer.text.splitlines() if line.strip()]
        missing = {(one["type"], one["id"]) for one in _export_errors(answer) if one["error"].get("statusCode") == 404}
        if not missing:
            break
        wanted = [one for one in wanted if (one["type"], one["id"]) not in missing]
    raise DashboardsError(
        f"{connection.shown} does not tell which objects it has (HTTP {answer.status}): {answer.reason()}",
        "Is kibana.space right, and is this the address of Kibana or OpenSearch Dashboards?",
    )


def _export_errors(answer: Answer) -> list[Document]:
    attributes = answer.body.get("attributes", {}) if isinstance(answer.body, dict) else {}
    return [one for one in attributes.get("objects", []) if isinstance(one.get("error"), dict)]


def is_ours(item: Document) -> bool:
    """Whether an object was made by wwwatch, of whatever version: its title says so."""
    title = str(item.get("attributes", {}).get("title") or item.get("attributes", {}).get("name") or "")
    return title.startswith((TITLE_PREFIX, "wwwatch")) or title in {view.title for view in DATA_VIEWS.values()}


def judge(answer: Answer, objects: list[Document], server: Server) -> tuple[str, ...]:
    """Whether every object was imported, by what the answer holds and not by its status alone. Return notes.

    Raise DashboardsError naming those that were not.
    """
    body = answer.body
    if not isinstance(body, dict) or "success" not in body:
        raise DashboardsError(
            f"{server.description} did not import the pages (HTTP {answer.status}): {answer.reason()}",
            "See the server's own log for more." if answer.status >= 500 else "",
        )
    errors = [one for one in body.get("errors", []) if isinstance(one, dict)]
    count = int(body.get("successCount", 0))
    if body["success"] is not True or errors or count != len(objects):
        kinds = [str(one.get("error", {}).get("type", "unknown")) for one in errors]
        hint = next((HINTS[kind] for kind in kinds if kind in HINTS), "See the server's own log for more.")
        raise DashboardsError(
            f"{server.description} imported {count} of {len(objects)} objects.\n{_lines(errors)}".rstrip(), hint
        )
    moved = [one for one in body.get("successResults", []) if one.get("destinationId", one.get("id")) != one.get("id")]
    if moved:
        return (OTHER_IDS.format(count=len(moved)),)
    return ()


def _lines(items: list[Document]) -> str:
    told = [f"  {item.get('type')} {item.get('id')}: {_why(item)}" for item in items[:ERRORS_TOLD]]
    rest = len(items) - len(told)
    return "\n".join([*told, *([f"  and {rest} more"] if rest else [])])


def _why(item: Document) -> str:
    error = item.get("error")
    if not isinstance(error, dict):
        return str(item.get("attributes", {}).get("title", "without a title"))
    return ", ".join(str(error[name]) for name in ("type", "message", "reason") if error.get(name)) or "no reason given"
