"""Where pieces of the benchmark work: the command in this process, namespaces of their own, results that are kept.

A finished piece is a JSON file in a folder named after the code it measured: a run that was cut off goes on, and
changed code begins anew.
"""

import hashlib
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from click.testing import CliRunner

from wwwatch.cli import wwwatch
from wwwatch.console import say
from wwwatch.settings import load
from wwwatch.store import Store, connect, names

ROOT = Path(__file__).parents[2]
# The sample logs lie beside the checkout, or beside the folder that holds several.
SHARED = Path("shared") / "data"
DATA = next((parent / SHARED for parent in ROOT.parents if (parent / SHARED).is_dir()), ROOT.parent / SHARED)
MEASURED = ("bench/quality", "detector", "ingest", "simulator")

P = ParamSpec("P")
Document = dict[str, Any]


def fingerprint() -> str:
    """Of all code and data whose quality is measured."""
    found = hashlib.sha256()
    for folder in MEASURED:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".parquet"}:
                found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


@dataclass
class Workplace:
    """quick: a small sample of everything, to see that it works; its figures mean little."""

    quick: bool = False
    store: Store = field(default_factory=lambda: connect(load()))

    def __post_init__(self) -> None:
        self.folder = ROOT / "bench" / "out" / f"quality-{fingerprint()}{'-quick' if self.quick else ''}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def piece(
        self,
        piece_name: str,
        measure: Callable[Concatenate["Workplace", P], Document],
        *given: P.args,
        **named: P.kwargs,
    ) -> Document:
        """The result of a piece, measured now unless it was before. given: for `measure`, beside the workplace."""
        path = self.folder / f"{piece_name}.json"
        if path.is_file():
            return dict(json.loads(path.read_text()))
        say(f"{piece_name} ...")
        result = measure(self, *given, **named)
        written = path.with_suffix(f".{uuid.uuid4().hex}")
        written.write_text(json.dumps(result, indent=1, sort_keys=True))
        written.rename(path)
        return result

    @contextmanager
    def namespace(self, name: str) -> Iterator[str]:
        """A namespace nobody else uses. What it holds goes when the piece is done."""
        namespace = f"quality-{name.lower().replace('_', '-')}-{uuid.uuid4().hex[:6]}"
        try:
            yield namespace
        finally:
            for dataset in ("nginx.access", "apache.access"):
                self.store.admin("DELETE", f"/_data_stream/{names.access_stream(dataset, namespace)}")
            self.store.admin("DELETE", f"/_data_stream/{names.rejects_stream(namespace)}")
            for index in (names.anomalies, names.incidents, names.windows):
                self.store.delete_index(index(namespace))


def command(*arguments: str | Path) -> str:
    """`wwwatch` with these arguments, in this process. Return its stdout; end the benchmark if it fails."""
    done = CliRunner().invoke(wwwatch, [str(argument) for argument in arguments])
    if done.exception is not None:
        sys.exit(f"wwwatch {' '.join(map(str, arguments))} failed: {done.exception!r}\n{done.stderr}")
    return done.stdout


def records(*arguments: str | Path) -> list[Document]:
    """The JSON lines a command prints."""
    return [json.loads(line) for line in command(*arguments).splitlines()]


def found_in(namespace: str) -> tuple[list[Document], list[Document]]:
    """The anomalies and incidents of a namespace, as a user gets them."""
    spot = ("--namespace", namespace, "--json")
    return records("anomalies", *spot), records("incidents", *spot)
