"""What saved objects of both products have in common."""

from typing import Any

import orjson

from dashboards.data_views import DATA_VIEWS
from dashboards.filters import Filter, kql
from dashboards.panels import Documents, Page, Panel

Document = dict[str, Any]

INDEX_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index"
# Titles of ours begin so; with the ids it tells our objects from others.
TITLE_PREFIX = "[wwwatch] "


def text(value: Any) -> str:
    """JSON in a string, as saved objects hold their parts; the same bytes every time."""
    return orjson.dumps(value).decode()


def query(wanted: Filter | None) -> Document:
    """A query of a saved object."""
    return {"query": kql(wanted), "language": "kuery"}


def reference(name: str, type_: str, id_: str) -> Document:
    """A link from one saved object to another."""
    return {"name": name, "type": type_, "id": id_}


def data_view_reference(name: str, data: str) -> Document:
    """A link to a data view."""
    return reference(name, "index-pattern", DATA_VIEWS[data].id)


def panel_object_id(page: Page, panel: Panel) -> str:
    """The id of a saved object made of a panel."""
    return f"{page.id}-{panel.id}"


def panel_title(page: Page, panel: Panel) -> str:
    """The title of a saved object made of a panel: what a list of all objects shows."""
    return f"{TITLE_PREFIX}{page.title.removeprefix(TITLE_PREFIX)}: {panel.title}"


def search_source(wanted: Filter | None, with_index: bool = True) -> Document:
    """The `kibanaSavedObjectMeta` of an object that asks one data view, or several."""
    source: Document = {"query": query(wanted), "filter": []}
    if with_index:
        source["indexRefName"] = INDEX_REFERENCE
    return {"searchSourceJSON": text(source)}


def search_attributes(page: Page, panel: Documents) -> Document:
    """A saved search."""
    return {
        "title": panel_title(page, panel),
        "description": panel.answers,
        "hits": 0,
        "columns": list(panel.columns),
        "sort": [list(pair) for pair in panel.sort],
        "version": 1,
        "kibanaSavedObjectMeta": search_source(panel.where),
    }


def dashboard_attributes(page: Page, panels: list[Document]) -> Document:
    """A dashboard, without what only one product knows."""
    attributes: Document = {
        "title": page.title,
        "description": page.answers,
        "hits": 0,
        "version": 1,
        "panelsJSON": text(panels),
        "timeRestore": bool(page.time_from),
        "kibanaSavedObjectMeta": search_source(None, with_index=False),
    }
    if page.time_from:
        attributes |= {"timeFrom": page.time_from, "timeTo": "now"}
        milliseconds = page.refresh_seconds * 1000
        attributes["refreshInterval"] = {"pause": not milliseconds, "value": milliseconds}
    return attributes
