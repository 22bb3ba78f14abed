"""What we remember of a started engine, and what it says of itself."""

import http.client
import json
import re
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wwwatch.engine.launch import LOOPBACK
from wwwatch.engine.process import birth_mark

ASK_SECONDS = 5.0


@dataclass(frozen=True)
class State:
    """A started engine. mark: `process.birth_mark`. url: empty until it has answered."""

    pid: int
    mark: str
    distribution: str
    version: str
    url: str = ""

    def lives(self) -> bool:
        """Whether the process is still the one we started."""
        return birth_mark(self.pid) == self.mark

    def with_url(self, url: str) -> "State":
        return replace(self, url=url)

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                json.dump(asdict(self), file)
                file.flush()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    @classmethod
    def read(cls, path: Path) -> "State | None":
        """Read it back. None if there is none, or none that can be read: then no engine is known to run."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        with suppress(ValueError, TypeError):
            return cls(**json.loads(text))
        return None


def port_from_file(path: Path) -> int | None:
    """The port the engine got, from the file it writes, one address a line; None until it is there."""
    try:
        text = path.read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    found = re.search(rf"^{re.escape(LOOPBACK)}:(\d{{1,5}})$", text, re.MULTILINE)
    return int(found[1]) if found else None


@dataclass(frozen=True)
class Health:
    """What the engine says of its data. red: part of it is not there. opening: parts that are being opened."""

    red: bool
    opening: int


def ask_health(port: int, cluster_name: str) -> Health | None:
    """Ask the engine of this name; None if it does not answer or another program does.

    Asks the node alone (`local`), so an engine that is still electing itself answers at once. Plain http.client: a
    proxy set in the environment must not stand between us and this machine.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/_cluster/health?local=true")
        answer = connection.getresponse()
        health = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if not isinstance(health, dict) or health.get("cluster_name") != cluster_name:
        return None
    return Health(health.get("status") == "red", int(health.get("initializing_shards", 0)))
