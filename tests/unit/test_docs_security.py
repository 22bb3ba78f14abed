"""docs/security.md names the tests that show what it says, and the roles that are written."""

import ast
import re
from pathlib import Path

from wwwatch.service import serving
from wwwatch.store.roles import ACTIONS, ROLES, SERVICE, elasticsearch_role, opensearch_role, role

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def test_every_test_named_exists() -> None:
    assert len(NAMED) > 20
    for file, name in NAMED:
        functions = {
            node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, f"docs/security.md names {file}::{name}"


def test_every_threat_has_a_test() -> None:
    rows = [row for row in PAGE.split("## Threats")[1].split("##")[0].splitlines() if row.startswith("|")][2:]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []


def test_every_role_is_described() -> None:
    assert set(re.findall(r"^\| `(wwwatch-\w+)`", PAGE, re.MULTILINE)) == {each.full_name for each in ROLES}


def test_every_privilege_has_its_actions_on_opensearch() -> None:
    for each in ROLES:
        for grant in each.grants:
            assert set(grant.privileges) <= set(ACTIONS)
        assert opensearch_role(each)["index_permissions"]
        assert elasticsearch_role(each)["cluster"] == ["monitor"]


def test_a_shipper_only_adds() -> None:
    on_streams, on_positions = role("shipper").grants
    assert {"read", "index", "delete", "manage"}.isdisjoint(on_streams.privileges)
    assert on_positions.on == ("wwwatch-positions",)


def test_nobody_in_the_service_manages_templates_or_security() -> None:
    for name in SERVICE:
        assert role(name).cluster == ("monitor",)


def test_the_health_port_only_answers_get() -> None:
    """Nor does it let another site's page read an answer: it sends no CORS header."""
    methods = {name for name in dir(serving._Handler) if name.startswith("do_")}
    assert methods == {"do_GET", "do_HEAD"}
    assert "access-control" not in Path(serving.__file__).read_text().lower()
