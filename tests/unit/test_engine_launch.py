"""Configuration and command line of each engine."""

import json
from pathlib import Path

import pytest

from wwwatch.engine.distribution import DISTRIBUTIONS
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import Java
from wwwatch.engine.launch import Launch, engine_settings, plan_launch, yaml_lines
from wwwatch.settings import EngineSettings

VECTOR = "jdk.incubator.vector"


def plan(name: str = "opensearch", version: int = 25, modules: frozenset[str] = frozenset(), **values: int) -> Launch:
    folders = Folders(Path("/h o"), Path("/c"), name, None)
    java = Java(Path("/j/bin/java"), version, modules)
    engine = EngineSettings.model_validate(values)
    return plan_launch(DISTRIBUTIONS[name], Path("/p"), folders, java, engine=engine, path="/bin")


def settings_of(launch: Launch, name: str = "opensearch") -> dict[str, object]:
    pairs = (line.split(": ", 1) for line in launch.files[f"{name}.yml"].splitlines())
    return {key: json.loads(value) for key, value in pairs}


@pytest.mark.parametrize("name", ["opensearch", "elasticsearch"])
def test_it_listens_on_this_machine_only(name: str) -> None:
    values = settings_of(plan(name), name)
    assert {values[key] for key in ("network.host", "http.host", "transport.host")} == {"127.0.0.1"}
    assert values["discovery.type"] == "single-node"
    assert values["path.data"] == f"/h o/engine/{name}/data"


def test_the_port_is_a_range_or_the_one_asked_for() -> None:
    assert settings_of(plan())["http.port"] == "9273-9373"
    assert settings_of(plan(port=9500))["http.port"] == "9500"


def test_security_is_a_setting_of_elasticsearch_only() -> None:
    folders = Folders(Path("/h"), Path("/c"), "x", None)
    assert engine_settings(DISTRIBUTIONS["elasticsearch"], folders, 0)["xpack.security.enabled"] is False
    assert not [key for key in engine_settings(DISTRIBUTIONS["opensearch"], folders, 0) if key.startswith("xpack")]


def test_java_gets_what_it_knows() -> None:
    assert f"--add-modules={VECTOR}" in plan(modules=frozenset({VECTOR})).command
    small = plan(version=21).command
    assert f"--add-modules={VECTOR}" not in small
    assert "-XX:+UseCompactObjectHeaders" not in small


def test_heap() -> None:
    assert {"-Xms256m", "-Xmx512m", "-XX:MaxDirectMemorySize=256m"} <= set(plan(heap_mb=512).command)
    assert "-Xmx512m" in plan("elasticsearch", heap_mb=512).files["jvm.options"].splitlines()


def test_nothing_of_the_callers_environment_comes_along() -> None:
    assert set(plan().environment) == {"PATH", "LANG", "TMPDIR", "HOME"}


def test_a_path_cannot_break_the_settings_file() -> None:
    assert yaml_lines({"path.data": '/a "b": #c\n'}) == 'path.data: "/a \\"b\\": #c\\n"\n'
