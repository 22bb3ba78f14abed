"""Prints what an image holds as CycloneDX 1.6: Debian's packages and Python's, each with its package URL.

    /opt/wwwatch/bin/python docker/sbom.py NAME > sbom.json

Run in the image itself, at the end of its build, so that it lists what is there and not what was asked for.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

FORMAT = "${Package}\t${Version}\t${Architecture}\t${db:Status-Abbrev}\n"


def python_packages() -> Iterator[dict[str, Any]]:
    """Every distribution this interpreter sees."""
    for found in sorted(distributions(), key=lambda one: one.metadata["Name"].lower()):
        name = found.metadata["Name"].lower().replace("_", "-")
        component: dict[str, Any] = {
            "type": "library",
            "name": name,
            "version": found.version,
            "purl": f"pkg:pypi/{name}@{quote(found.version)}",
        }
        if licence := licence_of(found):
            component["licenses"] = [{"license": {"name": licence}}]
        yield component


def licence_of(found: Distribution) -> str:
    """What a package says its licence is, in one line."""
    told = found.metadata.get_all("License-Expression") or found.metadata.get_all("License") or [""]
    lines = told[0].strip().splitlines()
    return lines[0][:100] if lines else ""


def debian_packages() -> Iterator[dict[str, Any]]:
    """Every installed package of the distribution; none where there is no dpkg."""
    if not Path("/usr/bin/dpkg-query").exists():
        return
    listed = subprocess.check_output(["/usr/bin/dpkg-query", "-W", f"-f={FORMAT}"], text=True)  # noqa: S603 - constants
    for line in sorted(listed.splitlines()):
        name, version, architecture, status = line.split("\t")
        if status.startswith("ii"):
            purl = f"pkg:deb/debian/{name}@{quote(version)}?arch={architecture}"
            yield {"type": "library", "name": name, "version": version, "purl": purl}


def main() -> None:
    """Print."""
    components = [*debian_packages(), *python_packages()]
    for component in components:
        component["bom-ref"] = component["purl"]
    json.dump(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": {"type": "container", "name": sys.argv[1]}},
            "components": components,
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
