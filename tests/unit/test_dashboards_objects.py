"""The saved objects, against the rules of the products that import them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from dashboards import build
from dashboards.data_views import DATA_VIEWS, fields
from dashboards.pages import PAGES
from dashboards.panels import WIDTH, Documents, Figure, Groups, Note, OverTime, Panel
from dashboards.vocabulary import STATUS_CLASSES
from wwwatch.pages import ID_PREFIX

Document = dict[str, Any]

FILES = tuple(build.MAKERS)
# The last migration of each type that OpenSearch Dashboards 2 and 3 know.
OPENSEARCH_KNOWS = {"index-pattern": (7, 6, 0), "search": (7, 9, 3), "visualization": (7, 9, 3), "dashboard": (7, 9, 3)}
# Between the renaming of Lens's state (8.6.0) and the last of its old migrations, which Kibana 8.9 has.
LENS_SHAPE = ((8, 6, 0), (8, 9, 0))
KIBANA_KNOWS = {"index-pattern": (8, 0, 0), "search": (8, 0, 0), "tag": (8, 0, 0), "dashboard": (8, 9, 0)}
# Attributes of the strict mappings and create schemas; anything else is refused.
SEARCH = {"title", "description", "hits", "columns", "sort", "version", "kibanaSavedObjectMeta"}
DASHBOARD = {
    "title", "description", "hits", "version", "panelsJSON", "optionsJSON", "timeRestore", "timeFrom", "timeTo",
    "refreshInterval", "kibanaSavedObjectMeta",
}  # fmt: skip
ALLOWED: dict[str, dict[str, set[str]]] = {
    build.OPENSEARCH: {
        "index-pattern": {"title", "timeFieldName", "fields", "fieldFormatMap"},
        "search": SEARCH,
        "visualization": {"title", "description", "version", "visState", "uiStateJSON", "kibanaSavedObjectMeta"},
        "dashboard": DASHBOARD,
    },
    build.KIBANA: {
        "index-pattern": {
            "title", "name", "timeFieldName", "fields", "fieldFormatMap", "typeMeta", "sourceFilters", "allowNoIndex",
        },
        "search": SEARCH,
        "tag": {"name", "description", "color"},
        "dashboard": DASHBOARD | {"controlGroupInput"},
    },
}  # fmt: skip
OPENSEARCH_DRAWS = {
    "metric", "histogram", "line", "area", "horizontal_bar", "pie", "table", "heatmap", "markdown", "vega",
    "input_control_vis",
}  # fmt: skip
LENS_DRAWS = {"lnsMetric", "lnsXY", "lnsPie", "lnsDatatable", "lnsHeatmap"}


def objects(name: str) -> list[Document]:
    return [orjson.loads(line) for line in build.shipped(name).splitlines()]


def of_type(name: str, type_: str) -> list[Document]:
    return [item for item in objects(name) if item["type"] == type_]


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) of JSON, also inside the strings that hold JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)
    elif isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            yield from walk(orjson.loads(value))
        except orjson.JSONDecodeError:
            return  # words that begin with a bracket


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_those_of_the_specifications(name: str) -> None:
    assert build.shipped(name) == build.built(name), "stale: run `wwwatch dashboards build` and commit its files"
    assert build.built(name) == build.built(name)


@pytest.mark.parametrize("name", FILES)
def test_ids_are_ours_and_occur_once(name: str) -> None:
    ids = Counter((item["type"], item["id"]) for item in objects(name))
    assert [key for key, count in ids.items() if count > 1] == []
    assert all(id_.startswith(ID_PREFIX) for _, id_ in ids)


@pytest.mark.parametrize("name", FILES)
def test_what_is_referred_to_is_in_the_file(name: str) -> None:
    known = {(item["type"], item["id"]) for item in objects(name)}
    for item in objects(name):
        assert {(one["type"], one["id"]) for one in item["references"]} <= known
        names = [one["name"] for one in item["references"]]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("name", FILES)
def test_attributes_are_those_the_products_take(name: str) -> None:
    for item in objects(name):
        assert set(item["attributes"]) <= ALLOWED[name][item["type"]], item["id"]


def test_opensearch_dashboards_takes_the_versions() -> None:
    for item in objects(build.OPENSEARCH):
        assert set(item) == {"type", "id", "attributes", "references", "migrationVersion"}
        assert version(item["migrationVersion"][item["type"]]) <= OPENSEARCH_KNOWS[item["type"]]
    for page in of_type(build.OPENSEARCH, "dashboard"):
        for panel in orjson.loads(page["attributes"]["panelsJSON"]):
            assert version(panel["version"]) <= (7, 9, 3)


def test_kibana_takes_the_versions_and_leaves_the_lens_state_as_it_is() -> None:
    for item in objects(build.KIBANA):
        assert version(item["typeMigrationVersion"]) <= KIBANA_KNOWS[item["type"]]
        assert version(item["coreMigrationVersion"]) <= (8, 8, 0)
    oldest, newest = LENS_SHAPE
    for page in of_type(build.KIBANA, "dashboard"):
        assert oldest <= version(page["typeMigrationVersion"]) <= newest
        for panel in orjson.loads(page["attributes"]["panelsJSON"]):
            assert oldest <= version(panel["version"]) <= newest


def test_opensearch_dashboards_has_the_charts_and_every_reference_is_used() -> None:
    for item in of_type(build.OPENSEARCH, "visualization"):
        state = orjson.loads(item["attributes"]["visState"])
        assert state["type"] in OPENSEARCH_DRAWS
        used = {value for key, value in walk(item["attributes"]) if key in {"indexRefName", "indexPatternRefName"}}
        assert used == {one["name"] for one in item["references"]}
    for item in of_type(build.OPENSEARCH, "dashboard"):
        panels = orjson.loads(item["attributes"]["panelsJSON"])
        assert [panel["panelRefName"] for panel in panels] == [one["name"] for one in item["references"]]


def test_every_chart_of_opensearch_dashboards_begins_with_a_metric_and_orders_by_one_that_is_there() -> None:
    for item in of_type(build.OPENSEARCH, "visualization"):
        aggregations = orjson.loads(item["attributes"]["visState"])["aggs"]
        ids = [one["id"] for one in aggregations]
        assert len(ids) == len(set(ids))
        for one in aggregations:
            order = one["params"].get("orderBy")
            assert order in {None, "_key", *(m["id"] for m in aggregations if m["schema"] == "metric")}


def test_kibana_panels_are_of_types_that_are_there_and_tied_by_the_names_it_looks_for() -> None:
    for page in of_type(build.KIBANA, "dashboard"):
        names = {one["name"]: one for one in page["references"]}
        expected = {"tag-ref-wwwatch-tag"}
        for panel in orjson.loads(page["attributes"]["panelsJSON"]):
            index = panel["panelIndex"]
            assert panel["type"] in {"lens", "visualization", "search"}
            if panel["type"] == "search":
                expected.add(f"{index}:{panel['panelRefName']}")
            for event in panel["embeddableConfig"].get("enhancements", {}).get("dynamicActions", {}).get("events", []):
                expected.add(f"{index}:drilldown:{event['action']['factoryId']}:{event['eventId']}:dashboardId")
            if panel["type"] == "lens":
                attributes = panel["embeddableConfig"]["attributes"]
                assert attributes["visualizationType"] in LENS_DRAWS
                for layer in attributes["state"]["datasourceStates"]["formBased"]["layers"]:
                    name = f"indexpattern-datasource-layer-{layer}"
                    expected.add(f"{index}:{name}")
                    assert [one["name"] for one in attributes["references"]] == [name]
                    assert attributes["references"][0]["id"] == names[f"{index}:{name}"]["id"]
        for id_ in orjson.loads(page["attributes"]["controlGroupInput"]["panelsJSON"]):
            expected.add(f"controlGroup_{id_}:optionsListDataView")
        assert set(names) == expected


def test_lens_states_are_whole() -> None:
    for page in of_type(build.KIBANA, "dashboard"):
        for panel in orjson.loads(page["attributes"]["panelsJSON"]):
            if panel["type"] != "lens":
                continue
            state = panel["embeddableConfig"]["attributes"]["state"]
            assert {"visualization", "query", "filters", "datasourceStates"} <= set(state)
            assert state["internalReferences"] == []
            assert state["adHocDataViews"] == {}
            (layer,) = state["datasourceStates"]["formBased"]["layers"].values()
            columns = layer["columns"]
            assert layer["columnOrder"] == list(columns)
            bucketed = [column["isBucketed"] for column in columns.values()]
            assert bucketed == sorted(bucketed, reverse=True), "Lens wants splits before measures"
            drawn = {
                value for key, value in walk(state["visualization"]) if key in ACCESSORS and isinstance(value, str)
            }
            listed = {one for key, value in walk(state["visualization"]) if key in LISTS for one in value}
            assert drawn | listed <= set(columns)
            inner = {one for column in columns.values() for one in column.get("references", [])}
            assert set(columns) == drawn | listed | inner
            for column in columns.values():
                order = column["params"].get("orderBy", {}).get("columnId")
                assert order is None or order in columns


ACCESSORS = {"metricAccessor", "xAccessor", "yAccessor", "valueAccessor", "splitAccessor", "columnId", "forAccessor"}
LISTS = {"accessors", "primaryGroups", "metrics"}


def test_what_vega_draws_survives_an_answer_without_aggregations() -> None:
    """As a store without any index gives it: taking a property of nothing is an error on the page."""
    drawn = 0
    for item in of_type(build.OPENSEARCH, "visualization"):
        state = orjson.loads(item["attributes"]["visState"])
        if state["type"] == "vega":
            (data,) = orjson.loads(state["params"]["spec"])["data"]
            assert "format" not in data
            drawn += 1
    assert drawn > 2


def test_a_page_with_its_own_time_restores_it_and_the_client_page_keeps_the_one_it_is_called_with() -> None:
    for name in FILES:
        for page in of_type(name, "dashboard"):
            attributes = page["attributes"]
            assert attributes["timeRestore"] == ("timeFrom" in attributes) == (page["id"] != "wwwatch-client")


def test_the_grid_is_full_and_nothing_overlaps() -> None:
    for name in FILES:
        for page in of_type(name, "dashboard"):
            cells: Counter[tuple[int, int]] = Counter()
            for panel in orjson.loads(page["attributes"]["panelsJSON"]):
                grid = panel["gridData"]
                assert grid["i"] == panel["panelIndex"]
                cells.update(
                    (x, y)
                    for x in range(grid["x"], grid["x"] + grid["w"])
                    for y in range(grid["y"], grid["y"] + grid["h"])
                )
            assert set(cells.values()) == {1}
            assert max(x for x, _ in cells) == WIDTH - 1
            assert len(cells) == WIDTH * (max(y for _, y in cells) + 1)


def test_status_classes_have_the_same_colours_everywhere() -> None:
    wanted = {group.label: group.colour for group in STATUS_CLASSES.groups}
    seen = set()
    for item in of_type(build.OPENSEARCH, "visualization"):
        colours = orjson.loads(item["attributes"]["uiStateJSON"]).get("vis", {}).get("colors", {})
        seen |= {(label, colour) for label, colour in colours.items() if label in wanted}
    assert seen == set(wanted.items())
    for page in of_type(build.KIBANA, "dashboard"):
        for panel in orjson.loads(page["attributes"]["panelsJSON"]):
            if panel["type"] != "lens" or panel["embeddableConfig"]["attributes"]["visualizationType"] != "lnsXY":
                continue
            state = panel["embeddableConfig"]["attributes"]["state"]
            columns = state["datasourceStates"]["formBased"]["layers"]["layer"]["columns"]
            for drawn in state["visualization"]["layers"][0]["yConfig"]:
                label = columns[drawn["forAccessor"]]["label"]
                assert drawn["color"] == wanted.get(label, drawn["color"])


def test_every_panel_says_what_it_answers_and_ids_are_its_own() -> None:
    for page in PAGES:
        ids = [panel.id for panel in page.panels()]
        assert len(ids) == len(set(ids))
        for panel in page.panels():
            assert isinstance(panel, Note) or panel.answers.endswith((".", "?"))


def test_the_first_screen_answers_the_first_question() -> None:
    """Of 1600x1200 pixels some 37 rows of the grid are seen; figures come first, then what explains them."""
    for page in PAGES:
        kinds = [type(panel) for panel in page.rows[1].panels]
        assert kinds == [Figure] * len(kinds)
        assert sum(row.height for row in page.rows[:4]) <= 37


def test_fields_are_those_of_the_templates_and_can_be_counted() -> None:
    for name in FILES:
        for view in of_type(name, "index-pattern"):
            formats = orjson.loads(view["attributes"]["fieldFormatMap"])
            told = {field["name"] for field in orjson.loads(view["attributes"]["fields"])}
            assert set(formats) <= told
    for page in PAGES:
        for panel in page.panels():
            if isinstance(panel, Panel):
                known = {field["name"]: field for field in fields(DATA_VIEWS[panel.data])}
                counted, shown = asked_for(panel)
                assert all(known[name]["aggregatable"] for name in counted)
                assert shown <= known.keys()
        for control in page.controls:
            assert {f["name"]: f for f in fields(DATA_VIEWS[control.data])}[control.field]["aggregatable"]


def asked_for(panel: Panel) -> tuple[set[str], set[str]]:
    """(fields that are aggregated, fields that are shown)."""
    if isinstance(panel, Documents):
        return {field for field, _ in panel.sort}, set(panel.columns)
    splits = getattr(panel, "by", None) or ()
    splits = splits if isinstance(splits, tuple) else (splits,)
    measures = getattr(panel, "measures", ()) or ((panel.measure,) if hasattr(panel, "measure") else ())
    fields_of_splits = {by.field for by in splits if not isinstance(by, Groups)}
    return fields_of_splits | {measure.field for measure in measures if measure.field}, set()


def test_only_plain_counts_are_split_into_groups() -> None:
    for page in PAGES:
        for panel in page.panels():
            if isinstance(panel, OverTime) and panel.by:
                assert len(panel.measures) == 1


def test_links_are_made_of_addresses_and_numbers_only() -> None:
    """A value of a log in a link of ours could change the page's state; only kinds that cannot are linked."""
    for view in DATA_VIEWS.values():
        kinds = {field["name"]: field["esTypes"][0] for field in fields(view)}
        for name, told in view.formats.items():
            if told["id"] == "url" and told["params"]["urlTemplate"].startswith("dashboards#"):
                assert kinds[name] in {"ip", "long"} or name == "wwwatch.net"
                assert told["params"]["openLinkInCurrentTab"] is True
