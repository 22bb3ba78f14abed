"""`python -m tests.containers.kafka FOLDER` puts the jars of a Kafka broker and of its tools there."""

import shutil
import sys
from pathlib import Path

import jgo

from tests.kafka.broker import ARTIFACT

TOOLS = ARTIFACT.replace("kafka_2.13", "kafka-tools")


def main() -> None:
    """Fetch if need be, copy."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    for endpoint in (ARTIFACT, TOOLS):
        for artifact in jgo.resolve(endpoint):
            jar = Path(str(artifact.resolve()))
            shutil.copyfile(jar, target / jar.name)


if __name__ == "__main__":
    main()
