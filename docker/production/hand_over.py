"""After `wwwatch setup --keys`: gives Kibana's user its password, and shipper and service the key of each.

    hand_over.py FOLDER        # the folder of first_run.py

Runs as wwwatch, with the settings of `elastic`. Each key goes into a folder that only its container mounts.
"""

import os
import sys
from pathlib import Path

from wwwatch.settings import load
from wwwatch.store import connect

HANDED = {"shipper": "shipper.key", "service": "service.key"}


def main(folder: Path) -> None:
    """Set the password, copy the keys."""
    password = (folder / "setup" / "kibana.password").read_text(encoding="ascii")
    connect(load()).admin("POST", "/_security/user/kibana_system/_password", {"password": password})
    for name, file in HANDED.items():
        part = folder / name / ".key.part"
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:  # noqa: PTH123
            opened.write((folder / "keys" / file).read_bytes())
        part.replace(folder / name / "key")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
