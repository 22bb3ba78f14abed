"""Every saved object of the pages, for OpenSearch Dashboards."""

from collections.abc import Iterator
from typing import Any

from dashboards.data_views import DATA_VIEWS, DataView, fields
from dashboards.layout import placed
from dashboards.opensearch.charts import controls_state, note_state, state
from dashboards.pages import PAGES
from dashboards.panels import WIDTH, AnyPanel, Documents, Note, Page
from dashboards.saved import (
    INDEX_REFERENCE,
    TITLE_PREFIX,
    dashboard_attributes,
    data_view_reference,
    panel_object_id,
    panel_title,
    reference,
    search_attributes,
    search_source,
    text,
)

Document = dict[str, Any]

# The newest migration of each type that OpenSearch Dashboards knows, or older; what is newer is refused.
MIGRATION_VERSIONS = {"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.9.3", "dashboard": "7.9.3"}
PANEL_VERSION = "7.9.3"
CONTROLS_HEIGHT = 4


def objects() -> Iterator[Document]:
    """Data views first, pages last: what is referred to comes before."""
    for view in DATA_VIEWS.values():
        yield _data_view(view)
    for page in PAGES:
        yield from _page(page)


def _object(type_: str, id_: str, attributes: Document, references: list[Document]) -> Document:
    version = {type_: MIGRATION_VERSIONS[type_]}
    return {"type": type_, "id": id_, "attributes": attributes, "references": references, "migrationVersion": version}


def _data_view(view: DataView) -> Document:
    attributes = {
        "title": view.title,
        "timeFieldName": "@timestamp",
        "fields": text(fields(view)),
        "fieldFormatMap": text(dict(view.formats)),
    }
    return _object("index-pattern", view.id, attributes, [])


def _page(page: Page) -> Iterator[Document]:
    panels, references = [], []
    # Controls lie below the bar; everything else moves down.
    first, *rest = placed(page)
    controls = {"x": 0, "y": first[1]["h"], "w": WIDTH, "h": CONTROLS_HEIGHT, "i": "controls"}
    lowered = [(panel, grid | {"y": grid["y"] + CONTROLS_HEIGHT}) for panel, grid in rest]
    drawn = [(_panel(page, first[0]), first[1]), (_controls(page), controls)]
    drawn += [(_panel(page, panel), grid) for panel, grid in lowered]
    for number, (item, grid) in enumerate(drawn):
        yield item
        name = f"panel_{number}"
        references.append(reference(name, item["type"], item["id"]))
        panels.append(
            {
                "version": PANEL_VERSION,
                "gridData": grid,
                "panelIndex": grid["i"],
                "embeddableConfig": _shown_as(grid["i"], page),
                "panelRefName": name,
            }
        )
    attributes = dashboard_attributes(page, panels) | {
        "optionsJSON": text({"hidePanelTitles": False, "useMargins": True})
    }
    yield _object("dashboard", page.id, attributes, references)


def _shown_as(panel_id: str, page: Page) -> Document:
    """Without a title of its own where the panel is only words; else with the short one of the page."""
    titles = {panel.id: panel.title for panel in page.panels() if not isinstance(panel, Note)}
    return {"title": titles[panel_id]} if panel_id in titles else {"hidePanelTitles": True, "title": ""}


def _panel(page: Page, panel: AnyPanel) -> Document:
    if isinstance(panel, Note):
        title = f"{TITLE_PREFIX}{page.title.removeprefix(TITLE_PREFIX)}: {panel.id}"
        return _visualisation(f"{page.id}-{panel.id}", title, "", note_state(panel), {}, search_source(None, False), [])
    data = [data_view_reference(INDEX_REFERENCE, panel.data)]
    if isinstance(panel, Documents):
        return _object("search", panel_object_id(page, panel), search_attributes(page, panel), data)
    told, look = state(panel)
    # Vega and words have no data view: theirs is in their text.
    asks = told["type"] != "vega"
    return _visualisation(
        panel_object_id(page, panel),
        panel_title(page, panel),
        panel.answers,
        told,
        look,
        search_source(panel.where if asks else None, asks),
        data if asks else [],
    )


def _controls(page: Page) -> Document:
    references = [
        data_view_reference(f"control_{number}_index_pattern", control.data)
        for number, control in enumerate(page.controls)
    ]
    title = f"{TITLE_PREFIX}{page.title.removeprefix(TITLE_PREFIX)}: controls"
    told = controls_state(page.controls)
    return _visualisation(f"{page.id}-controls", title, "", told, {}, search_source(None, False), references)


def _visualisation(
    id_: str, title: str, answers: str, told: Document, look: Document, source: Document, references: list[Document]
) -> Document:
    attributes = {
        "title": title,
        "description": answers,
        "version": 1,
        "visState": text({"title": title} | told),
        "uiStateJSON": text(look),
        "kibanaSavedObjectMeta": source,
    }
    return _object("visualization", id_, attributes, references)
