"""What docs/operations.md and the README say of jobs, alarms and units is what is there."""

import re
from pathlib import Path

from wwwatch.cli import COMMANDS
from wwwatch.selfwatch.rules import NEEDS, TITLES
from wwwatch.service.jobs import table
from wwwatch.settings import Settings

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "wwwatch" / "systemd"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_job_and_every_alarm_is_in_the_documents() -> None:
    assert [name for name in table(Settings()) if not re.search(rf"^\|.*\b{name}\b", OPERATIONS, re.MULTILINE)] == []
    assert [kind for kind in TITLES if f"| `{kind}` |" not in OPERATIONS] == []
    assert NEEDS.keys() == TITLES.keys()


def test_units_and_cron_lines_call_commands_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cron = re.findall(r"^\S+ \S+ \* \* \S+  wwwatch  wwwatch (\S+)", readme, re.MULTILINE)
    assert {"detect", "alerts", "digest", "train", "housekeeping"} <= set(cron)
    services = "".join(path.read_text() for path in UNITS.glob("*.service"))
    timers = "".join(path.read_text() for path in UNITS.glob("*.timer"))
    called = re.findall(r"^ExecStart=/usr/local/bin/wwwatch (\w+)", services, re.MULTILINE)
    instances = re.findall(r"^Unit=wwwatch@(\w+)\.service", timers, re.MULTILINE)
    assert called
    assert instances
    assert [name for name in [*cron, *called, *instances] if name not in COMMANDS] == []
