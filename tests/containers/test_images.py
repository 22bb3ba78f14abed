"""What is in the images, and what is not."""

import json
import subprocess

import pytest

TARGETS = ("shipper", "detector", "testbed")
# Of the detector only, and of nobody: what builds, installs and downloads.
HEAVY = ("sklearn", "pandas", "matplotlib", "skops", "jinja2")
TOOLS = ("gcc", "cc", "make", "pip", "pip3", "git", "curl", "wget")


@pytest.fixture(params=TARGETS)
def image(request: pytest.FixtureRequest, images: str) -> str:
    return f"wwwatch/{request.param}:{images}"


def inside(docker: str, image: str, *command: str) -> str:
    """What a command prints in a container as restricted as the compose files have it."""
    restricted = ("--network", "none", "--read-only", "--cap-drop", "ALL")
    return subprocess.check_output(
        [docker, "run", "--rm", *restricted, "--entrypoint", command[0], image, *command[1:]], text=True
    )


def test_it_runs_as_nobody_and_says_what_it_is(docker: str, image: str) -> None:
    (found,) = json.loads(subprocess.check_output([docker, "image", "inspect", image]))
    labels = found["Config"]["Labels"]

    assert found["Config"]["User"] == "10001:10001"
    assert {"title", "description", "version", "revision", "licenses"} <= {
        name.removeprefix("org.opencontainers.image.") for name in labels
    }
    assert inside(docker, image, "wwwatch", "--version").startswith("wwwatch, version ")


def test_no_tools_to_build_with_and_no_secret_in_a_layer(docker: str, image: str) -> None:
    script = (
        "for name in "
        + " ".join(TOOLS)
        + "; do command -v $name; done; ls /run/secrets /etc/pip.conf 2>/dev/null; true"
    )

    assert inside(docker, image, "sh", "-c", script) == ""


def test_only_the_detector_has_the_detectors_packages(docker: str, image: str) -> None:
    script = f"import importlib.util; print([n for n in {HEAVY} if importlib.util.find_spec(n)])"
    found = inside(docker, image, "/opt/wwwatch/bin/python", "-c", script)

    assert found.strip() == str([*HEAVY] if "/detector" in image else [])


def test_its_bill_of_materials_lists_what_is_installed(docker: str, image: str) -> None:
    bill = json.loads(inside(docker, image, "cat", "/usr/share/sbom/wwwatch.cdx.json"))
    purls = {component["purl"].split("@")[0] for component in bill["components"]}
    script = "import importlib.metadata as m; print(*{d.metadata['Name'] for d in m.distributions()})"
    names = inside(docker, image, "/opt/wwwatch/bin/python", "-c", script).split()
    installed = {name.lower().replace("_", "-") for name in names}

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert {f"pkg:pypi/{name}" for name in installed} <= purls
    assert "pkg:deb/debian/libc6" in purls
    assert ("pkg:deb/debian/nginx" in purls) == ("/testbed" in image)
