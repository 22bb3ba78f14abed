"""The systemd units are as hardened as docs/operations.md states."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "wwwatch" / "systemd"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.glob("*.service")))
def test_a_unit_is_as_hardened_as_the_documents_state(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / name)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"exposure level for \S+: (\d+\.\d)", told.stdout)
    assert found, told.stdout + told.stderr
    stated = re.search(rf"^\|[^|]*`{re.escape(name)}`[^|]*\| (\d+\.\d) \|$", OPERATIONS, re.MULTILINE)
    assert stated, f"docs/operations.md does not state the exposure of {name}"
    # Versions of systemd weigh settings a little differently.
    assert abs(float(found[1]) - float(stated[1])) <= 0.2
