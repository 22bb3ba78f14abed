"""The command as a user meets it: help, mistakes, a store that is away, results for programs."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.conftest import Run
from wwwatch.cli import COMMANDS

LINE = '203.0.113.7 - - [22/Nov/2026:{hour:02d}:{minute:02d}:00 +0000] "GET /page/{number} HTTP/1.1" 200 153 "-" "-"\n'
NOWHERE = "http://127.0.0.1:9"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wwwatch.cli", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(hour=n // 20, minute=3 * (n % 20), number=n) for n in range(200)))
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    assert "Usage: " in done.stdout
    assert len(done.stdout) > 150


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"wwwatch {name}\b|`{name}`", readme), f"README.md does not mention `{name}`"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("ship",),
        ("detect", "--since", "yesterday"),
        ("detect", "--namespace", "Not Valid"),
        ("incidents", "--namespace", "a*"),
        ("ship", "x", "--format", "unheard-of"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("setup",),
        ("status",),
        ("train",),
        ("detect",),
        ("models", "list"),
        ("digest", "--print"),
        ("anomalies",),
        ("incidents",),
        ("top",),
        ("ip", "203.0.113.7"),
    ],
)
def test_a_store_that_is_away_is_told_with_host_and_setting(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, WWWATCH_URL=NOWHERE)
    assert done.returncode == 1
    assert "Cannot reach the store at http://127.0.0.1:9" in done.stderr
    assert "WWWATCH_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_a_span_that_ends_before_it_begins(run: Run, namespace: str) -> None:
    done = run("detect", "--since", "2026-01-02", "--until", "2026-01-01", "--namespace", namespace)
    assert done.returncode == 2
    assert "is not before --until" in done.stderr


def test_settings_that_are_wrong_are_told_before_anything_is_tried(run: Run) -> None:
    done = run("detect", WWWATCH_MAIL__PORT="mail")
    assert done.returncode == 2
    assert "WWWATCH_MAIL__PORT" in done.stderr


def test_secrets_are_masked(run: Run) -> None:
    done = run("config", "show", "--json", WWWATCH_MAIL__PASSWORD="swordfish", WWWATCH_URL="http://u:swordfish@h:1")
    assert done.returncode == 0
    assert "swordfish" not in done.stdout
    assert {"mail.password", "url"} <= {orjson.loads(line)["setting"] for line in done.stdout.splitlines()}


def test_results_for_programs_are_json_lines_and_messages_go_elsewhere(run: Run, log: Path, namespace: str) -> None:
    of_it = ("--namespace", namespace, "--json")
    counts = orjson.loads(run("ship", log, *of_it).stdout)
    assert (counts["read"], counts["sent"]) == (200, 200)
    outcome = orjson.loads(run("detect", *of_it).stdout)
    assert outcome["events"] == 200
    assert orjson.loads(run("status", *of_it).stdout)["events_judged"] == 200
    assert orjson.loads(run("ip", "203.0.113.7", *of_it).stdout)["requests"] == 200
    assert orjson.loads(run("setup", "--json").stdout)["installed"] == []
    assert run("incidents", *of_it).stdout == ""


def test_the_models_of_a_namespace(run: Run, log: Path, namespace: str) -> None:
    run("ship", log, "--namespace", namespace)
    trained = run("train", "--namespace", namespace)
    assert trained.returncode == 0
    assert "Too little history" in trained.stderr
    (entry,) = (
        model
        for model in map(orjson.loads, run("models", "list", "--namespace", namespace, "--json").stdout.splitlines())
        if model["active"]
    )
    assert entry["version"].startswith("base-")
    shown = run("models", "show", entry["version"], "--namespace", namespace)
    assert orjson.loads(shown.stdout)["card"]["base"] is True
    assert run("models", "activate", "nonsense", "--namespace", namespace).returncode == 1
    assert "no other model" in run("models", "rollback", "--namespace", namespace).stderr
