"""The compose files: pinned images, our own version, settings that exist, and no secret."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "docker-compose.test.yml", "docker-compose.shipper.yml")
IMAGE = re.compile(r"^\s*image: (\S+)|^x-\S+: &\S+ (\S+/\S+)$", re.MULTILINE)
DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")
SETTING = re.compile(r"^\s+(WWWATCH_[A-Z_]+):", re.MULTILINE)


@pytest.fixture(params=FILES)
def text(request: pytest.FixtureRequest) -> str:
    return (ROOT / str(request.param)).read_text()


def test_every_image_has_a_version(text: str) -> None:
    images = [DEFAULT.sub(r"\1", a or b) for a, b in IMAGE.findall(text)]
    named = [image for image in images if not image.startswith("*")]

    assert named
    for image in named:
        assert re.search(r":v?\d+\.\d+\.\d+$", image), image


def test_our_own_images_are_of_this_version(text: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert set(re.findall(r"wwwatch/\w+:\$\{WWWATCH_VERSION:-([^}]+)\}", text)) == {version}


def test_every_setting_exists(text: str) -> None:
    known = (ROOT / "docs" / "settings.md").read_text()
    named = set(SETTING.findall(text))

    assert named
    assert not {name for name in named if name not in known and name.removesuffix("_FILE") not in known}


def test_no_secret_is_written_in_it(text: str) -> None:
    """Passwords and keys are named by file only."""
    lines = [line for line in text.splitlines() if re.match(r"\s+\w*(PASSWORD|API_KEY|SECRET)\w*: ", line)]

    assert all(re.search(r"_FILE: /", line) for line in lines), lines


def test_production_has_no_simulator_and_every_service_is_restricted() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    services = re.findall(
        r"^  ([a-z-]+):\n(    .*(?:\n(?:    .*)?)*)", text.partition("\nservices:\n")[2], re.MULTILINE
    )

    assert {"store", "kibana", "setup", "shipper", "service"} <= {name for name, _ in services}
    assert "testbed" not in text
    assert "simulat" not in text
    for name, body in services:
        if name in {"kibana", "service", "setup", "shipper", "store"}:
            assert "<<: *restricted" in body or "<<: *wwwatch" in body, name
            assert "mem_limit:" in body, name
