"""`python -m tests.containers.engine FOLDER` unpacks the test build of Elasticsearch there."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from jgo import MAVEN_CENTRAL_URL  # type: ignore[attr-defined]

from wwwatch.engine.distribution import DISTRIBUTIONS, unpack
from wwwatch.engine.download import fetch
from wwwatch.settings import load


def main() -> None:
    """Fetch if need be, unpack."""
    target, distribution = Path(sys.argv[1]), DISTRIBUTIONS["elasticsearch"]
    archive = fetch(distribution, load().cache / "downloads", MAVEN_CENTRAL_URL)
    with TemporaryDirectory(dir=target.parent) as folder:
        shutil.move(unpack(distribution, archive, Path(folder)), target)


if __name__ == "__main__":
    main()
