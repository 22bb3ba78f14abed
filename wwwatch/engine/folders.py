"""Who the engine runs as, and the folders it lives in.

The engines refuse root. As root the engine therefore runs as `nobody`, in folders that user can reach: the usual ones
where it can (below WWWATCH_HOME and WWWATCH_CACHE), else below /var/lib/wwwatch.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wwwatch.errors import EngineError
from wwwatch.settings import Settings

SYSTEM_FOLDER = Path("/var/lib/wwwatch")
ACCOUNT_NAME = "nobody"  # the one low-privilege user every system has
# Subfolders the engine itself writes to; everything else belongs to whoever runs wwwatch.
ENGINE_SUBFOLDERS = ("config", "data", "logs", "tmp")


@dataclass(frozen=True)
class Account:
    """A user to start processes as."""

    user_id: int
    group_id: int

    @property
    def process_options(self) -> dict[str, Any]:
        """Arguments of subprocess calls that run as this user, without root's other groups."""
        return {"user": self.user_id, "group": self.group_id, "extra_groups": []}


def engine_account(effective_user_id: int) -> Account | None:
    """The user to start the engine as: None means the user we are."""
    if effective_user_id != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError as error:
        raise EngineError(
            f"The engine refuses to run as root, and this system has no user {ACCOUNT_NAME} to run it as.",
            "Run wwwatch as a normal user.",
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether the user could enter `path`, if we made what is missing of it. Asked of the system, by trying."""
    if account is None:
        return True
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    try:
        tried = subprocess.run(  # noqa: S603 - the program is ours, the path an argument
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", there], stderr=subprocess.DEVNULL, check=False, cwd="/",
            **account.process_options,
        )  # fmt: skip
    except PermissionError as error:
        raise EngineError(
            f"The engine refuses to run as root, and we may not start it as {ACCOUNT_NAME}: {error.strerror}.",
            "Run wwwatch as a normal user, or allow the container to change users (CAP_SETUID, CAP_SETGID).",
        ) from error
    return tried.returncode == 0


@dataclass(frozen=True)
class Folders:
    """Where the files of one engine are: one for each WWWATCH_HOME and distribution."""

    home: Path
    cache: Path
    distribution: str
    account: Account | None
    system: Path = SYSTEM_FOLDER

    @classmethod
    def of(cls, settings: Settings) -> "Folders":
        """The folders the settings ask for. Nothing is created."""
        return cls(
            settings.home.absolute(),
            settings.cache.absolute(),
            settings.engine.distribution,
            engine_account(os.geteuid()),
        )

    @property
    def key(self) -> str:
        """Tells homes apart where they cannot be told by folder."""
        return hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:12]

    @property
    def cluster_name(self) -> str:
        """By this name we know our engine from another program on the same port."""
        return f"wwwatch-{self.key}"

    @cached_property
    def base(self) -> Path:
        """Everything of this engine but the lock."""
        if can_reach(self.home, self.account):
            return self.home / "engine" / self.distribution
        return self.system / "homes" / self.key / self.distribution

    @cached_property
    def engines(self) -> Path:
        """Unpacked engines, shared by all homes."""
        return (self.cache if can_reach(self.cache, self.account) else self.system) / "engines"

    @property
    def downloads(self) -> Path:
        return self.cache / "downloads"

    @property
    def lock(self) -> Path:
        """In the home itself, so that it goes with it and not with `wipe`."""
        return self.home / "engine" / f"{self.distribution}.lock"

    @property
    def state(self) -> Path:
        return self.base / "state.json"

    @property
    def start_log(self) -> Path:
        """What Java and the engine print: errors of the start. Begun anew at every start."""
        return self.base / "start.log"

    @property
    def config(self) -> Path:
        return self.base / "config"

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def logs(self) -> Path:
        return self.base / "logs"

    @property
    def log(self) -> Path:
        """The engine's own log, which it rotates."""
        return self.logs / "engine.log"

    @property
    def ports_file(self) -> Path:
        """The engine writes here which port it got."""
        return self.logs / "http.ports"

    @property
    def tmp(self) -> Path:
        return self.base / "tmp"

    def prepare(self, config_files: Mapping[str, str]) -> None:
        """Make the folders; those the engine writes to belong to its user. `config` and `tmp` begin anew.

        Only for a stopped engine. config_files: name -> content. They are written before their folder is given away,
        so that nothing in it (a symbolic link) can lead our pen elsewhere.
        """
        self.make(self.base)
        for name in ("config", "tmp"):
            if (self.base / name).exists():
                shutil.rmtree(self.base / name)
        for name in ENGINE_SUBFOLDERS:
            (self.base / name).mkdir(mode=0o700, exist_ok=True)
        for name, content in config_files.items():
            path = self.config / name
            path.write_text(content, encoding="utf-8")
            path.chmod(0o644)
        if self.account:
            for name in ENGINE_SUBFOLDERS:
                os.chown(self.base / name, self.account.user_id, self.account.group_id, follow_symlinks=False)
        self.ports_file.unlink(missing_ok=True)
        if self.log.exists():  # so that the causes of an earlier death are not taken for those of this one
            self.log.replace(self.log.with_name("engine.previous.log"))

    def make(self, folder: Path) -> None:
        """Make what is missing of a folder: private, or enterable where the engine runs as another user."""
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            # After mkdir, because the umask may have taken bits away.
            each.chmod(0o755 if self.account else 0o700)

    def remove(self) -> None:
        """Delete the engine's files, and the folders above that only it filled."""
        if self.base.exists():
            shutil.rmtree(self.base)
        # Other engines and homes may have theirs there.
        for folder in (self.base.parent, *([self.system / "homes"] if self.system in self.base.parents else [])):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
