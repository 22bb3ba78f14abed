"""An Elasticsearch with security on, TLS and users, in folders of its own. Its makers' test build brings all of it."""

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

from wwwatch import settings as wwwatch_settings
from wwwatch.engine import lifecycle
from wwwatch.engine.distribution import DISTRIBUTIONS
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import find_java
from wwwatch.engine.launch import LOOPBACK, plan_launch, yaml_lines
from wwwatch.engine.process import spawn
from wwwatch.engine.state import port_from_file
from wwwatch.errors import StoreError
from wwwatch.settings import Settings
from wwwatch.store import Store

ADMIN, PASSWORD = "admin", "correct horse battery staple"
READY_SECONDS = 120
HEAP_MB = "512"
ITERATIONS = 10_000


@dataclass(frozen=True)
class SecuredEngine:
    """Where it is, and the file of the authority that signed its certificate."""

    port: int
    ca_file: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def settings(self, home: Path, **changes: Any) -> Settings:
        """Settings of somebody who has no credentials yet."""
        environ = {"WWWATCH_URL": self.url, "WWWATCH_CA_FILE": str(self.ca_file), "WWWATCH_HOME": str(home)}
        return wwwatch_settings.load(environ=environ | changes)

    def admin(self, home: Path) -> Store:
        """A connection that may do anything."""
        password = PASSWORD.replace(" ", "%20")
        settings = self.settings(home)
        return Store.from_settings(settings, f"https://{ADMIN}:{password}@localhost:{self.port}")


@contextmanager
def secured_engine(folder: Path) -> Iterator[SecuredEngine]:
    """Start it, give it, end it and delete what it held."""
    kept = {name: os.environ[name] for name in ("WWWATCH_CACHE",) if name in os.environ}
    settings = wwwatch_settings.load(
        environ=kept
        | {
            "WWWATCH_HOME": str(folder),
            "WWWATCH_ENGINE__DISTRIBUTION": "elasticsearch",
            "WWWATCH_ENGINE__HEAP_MB": HEAP_MB,
        }
    )
    distribution, folders = DISTRIBUTIONS["elasticsearch"], Folders.of(settings)
    folders.make(folders.engines)
    java = find_java(distribution, folders.account, folders.engines, os.environ)
    program = lifecycle._program(distribution, folders)
    path = os.environ.get("PATH", os.defpath)
    launch = plan_launch(distribution, program, folders, java, engine=settings.engine, path=path)
    authority = trustme.CA()
    folder.mkdir(parents=True, exist_ok=True)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    folders.prepare(_secured(launch.files, authority))
    child = spawn(launch.command, dict(launch.environment), folders.base, folders.start_log, folders.account)
    try:
        yield _await(folders, ca_file, folder)
    finally:
        child.kill()
        folders.remove()


def _secured(files: Any, authority: trustme.CA) -> dict[str, str]:
    certificate = authority.issue_cert("localhost", LOOPBACK)
    security = {
        "xpack.security.enabled": True,
        "xpack.security.http.ssl.enabled": True,
        "xpack.security.http.ssl.key": "http.key",
        "xpack.security.http.ssl.certificate": "http.crt",
    }
    plain = [line for line in files["elasticsearch.yml"].splitlines() if not line.startswith("xpack.security")]
    return {
        **files,
        "elasticsearch.yml": "\n".join(plain) + "\n" + yaml_lines(security),
        "http.key": certificate.private_key_pem.bytes().decode(),
        "http.crt": "".join(blob.bytes().decode() for blob in certificate.cert_chain_pems),
        "users": f"{ADMIN}:{_hashed(PASSWORD)}\n",
        "users_roles": f"superuser:{ADMIN}\n",
    }


def _hashed(password: str) -> str:
    """As Elasticsearch's file realm stores passwords."""
    salt = os.urandom(32)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 32)
    return f"{{PBKDF2}}{ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _await(folders: Folders, ca_file: Path, folder: Path) -> SecuredEngine:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        port = port_from_file(folders.ports_file)
        try:
            if port:
                engine = SecuredEngine(port, ca_file)
                engine.admin(folder).close()
                return engine
        except StoreError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, folders.log.read_text()[-4000:]
        time.sleep(0.2)
