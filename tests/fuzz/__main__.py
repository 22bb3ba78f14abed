"""`python -m tests.fuzz TARGET [options of libFuzzer]`, such as `-max_total_time=60`. It ends at the first failure."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest", "wwwatch"]):
    from tests.fuzz.targets import SEEDS, TARGETS


def main() -> None:
    """Run one target."""
    name, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        found = f"-artifact_prefix={tempfile.gettempdir()}/wwwatch-fuzz-{name}-"
        atheris.Setup([sys.argv[0], found, "-rss_limit_mb=4096", *options, corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
