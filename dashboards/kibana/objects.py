"""Every saved object of the pages, for Kibana."""

from collections.abc import Iterator
from typing import Any

from dashboards import vega
from dashboards.data_views import DATA_VIEWS, DataView, fields
from dashboards.kibana.charts import LAYER, lens
from dashboards.layout import placed
from dashboards.pages import PAGES
from dashboards.panels import AnyPanel, Control, Documents, Note, Page, Panel, Table, WeekdayHours
from dashboards.saved import (
    INDEX_REFERENCE,
    dashboard_attributes,
    data_view_reference,
    panel_object_id,
    query,
    reference,
    search_attributes,
    text,
)
from dashboards.vocabulary import ADDRESS
from wwwatch import pages

Document = dict[str, Any]

CORE_VERSION = "8.8.0"
# 8.9.0 is the last of the Lens state's old migrations: any older stamp would have them run over this newer state.
TYPE_VERSIONS = {"index-pattern": "8.0.0", "search": "7.9.3", "dashboard": "8.9.0", "tag": "8.0.0"}
PANEL_VERSION = "8.9.0"
TAG_ID = "wwwatch-tag"
DRILLDOWN = "DASHBOARD_TO_DASHBOARD_DRILLDOWN"
TO_CLIENT_EVENT = "to-client"
HEED_EVERYTHING = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
OPTIONS = {"hidePanelTitles": False, "syncColors": False, "syncCursor": True, "syncTooltips": False, "useMargins": True}


def objects() -> Iterator[Document]:
    """Tag and data views first, pages last: what is referred to comes before."""
    tag = {"name": "wwwatch", "description": "Made by `wwwatch setup`, and written anew by it.", "color": "#6092c0"}
    yield _object("tag", TAG_ID, tag, [])
    for view in DATA_VIEWS.values():
        yield _data_view(view)
    for page in PAGES:
        yield from _page(page)


def _object(type_: str, id_: str, attributes: Document, references: list[Document]) -> Document:
    return {
        "type": type_,
        "id": id_,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": TYPE_VERSIONS[type_],
        "managed": False,
    }


def _data_view(view: DataView) -> Document:
    attributes = {
        "title": view.title,
        "name": view.name,
        "timeFieldName": "@timestamp",
        "fields": text(fields(view)),
        "fieldFormatMap": text(dict(view.formats)),
        "typeMeta": "{}",
        "sourceFilters": "[]",
        # A new installation has no index of it yet, and that is no error.
        "allowNoIndex": True,
    }
    return _object("index-pattern", view.id, attributes, [])


def _page(page: Page) -> Iterator[Document]:
    panels, references = [], [_tag_reference()]
    for panel, grid in placed(page):
        if isinstance(panel, Documents):
            tied = [data_view_reference(INDEX_REFERENCE, panel.data), _tag_reference()]
            yield _object("search", panel_object_id(page, panel), search_attributes(page, panel), tied)
        told, own = _panel(page, panel)
        panels.append({"version": PANEL_VERSION, "gridData": grid, "panelIndex": panel.id} | told)
        references += own
    for control in page.controls:
        references.append(data_view_reference(f"controlGroup_{_control_id(control)}:optionsListDataView", control.data))
    attributes = dashboard_attributes(page, panels) | {
        "optionsJSON": text(OPTIONS),
        "controlGroupInput": _controls(page),
    }
    yield _object("dashboard", page.id, attributes, references)


def _tag_reference() -> Document:
    return reference(f"tag-ref-{TAG_ID}", "tag", TAG_ID)


def _panel(page: Page, panel: AnyPanel) -> tuple[Document, list[Document]]:
    """(a panel without its place, its references in the dashboard)."""
    match panel:
        case Note(markdown=markdown):
            params = {"fontSize": 12, "openLinksInNewTab": False, "markdown": markdown}
            return _visualisation("markdown", params, "", "", hide_title=True), []
        case WeekdayHours():
            return _visualisation("vega", {"spec": vega.weekday_hours(panel)}, panel.title, panel.answers), []
        case Documents():
            name = f"panel_{panel.id}"
            shown = {"title": panel.title, "description": panel.answers, "enhancements": {}}
            told = {"type": "search", "title": panel.title, "embeddableConfig": shown, "panelRefName": name}
            return told, [reference(f"{panel.id}:{name}", "search", panel_object_id(page, panel))]
        case Panel():
            return _lens_panel(panel)
    raise TypeError(f"no panel is known for {type(panel).__name__}")


def _visualisation(type_: str, params: Document, title: str, answers: str, hide_title: bool = False) -> Document:
    """What is no Lens, as a part of the dashboard."""
    visualisation = {
        "id": "",
        "title": title,
        "description": answers,
        "type": type_,
        "params": params,
        "uiState": {},
        "data": {"aggs": [], "searchSource": {"query": query(None), "filter": []}},
    }
    shown = {"savedVis": visualisation, "hidePanelTitles": hide_title, "description": answers, "enhancements": {}}
    return {"type": "visualization", "title": title, "embeddableConfig": shown}


def _lens_panel(panel: Panel) -> tuple[Document, list[Document]]:
    drawn = lens(panel)
    layer = f"indexpattern-datasource-layer-{LAYER}"
    own = data_view_reference(layer, panel.data)
    attributes = {
        "title": panel.title,
        "description": panel.answers,
        "type": "lens",
        "visualizationType": drawn.type,
        "references": [own],
        "state": {
            "visualization": drawn.state,
            "query": query(panel.where),
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {LAYER: drawn.layer.state()}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }
    enhancements, leads = _to_client(panel)
    # A figure says its title itself.
    shown = {
        "attributes": attributes,
        "description": panel.answers,
        "hidePanelTitles": False,
        "enhancements": enhancements,
    }
    told = {"type": "lens", "title": panel.title, "embeddableConfig": shown}
    return told, [data_view_reference(f"{panel.id}:{layer}", panel.data), *leads]


def _to_client(panel: Panel) -> tuple[Document, list[Document]]:
    """From a table of addresses to the page of one, with time and filters."""
    if not (isinstance(panel, Table) and any(by.field == ADDRESS for by in panel.by)):
        return {}, []
    config = {"useCurrentFilters": True, "useCurrentDateRange": True, "openInNewTab": False}
    action = {"factoryId": DRILLDOWN, "name": "Investigate this client", "config": config}
    event = {"eventId": TO_CLIENT_EVENT, "triggers": ["FILTER_TRIGGER"], "action": action}
    name = f"{panel.id}:drilldown:{DRILLDOWN}:{TO_CLIENT_EVENT}:dashboardId"
    return {"dynamicActions": {"events": [event]}}, [reference(name, "dashboard", pages.CLIENT)]


def _control_id(control: Control) -> str:
    return f"control-{control.field}"


def _controls(page: Page) -> Document:
    panels = {
        _control_id(control): {
            "order": order,
            "width": "medium",
            "grow": True,
            "type": "optionsListControl",
            "explicitInput": {
                "id": _control_id(control),
                "fieldName": control.field,
                "title": control.label,
                "selectedOptions": [],
                "singleSelect": False,
                "enhancements": {},
            },
        }
        for order, control in enumerate(page.controls)
    }
    return {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "ignoreParentSettingsJSON": text(HEED_EVERYTHING),
        "panelsJSON": text(panels),
    }
