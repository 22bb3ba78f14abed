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
from urllib.parse import quote

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
from wwwatch.store import Store, roles
from wwwatch.store.roles import elasticsearch_role, role

ADMIN, PASSWORD = "admin", "correct horse battery staple"


def _without(body: dict[str, Any], *privileges: str) -> dict[str, Any]:
    indices = [
        each | {"privileges": [p for p in each["privileges"] if p not in privileges]} for each in body["indices"]
    ]
    return body | {"indices": [each for each in indices if each["privileges"]]}


def _readable(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"indices": [each | {"privileges": [*each["privileges"], "read"]} for each in body["indices"]]}


_SHIPPER = elasticsearch_role(role("shipper"))
# The roles that setup writes, and shippers that have more or lack something.
ROLES: dict[str, dict[str, Any]] = {each.name: elasticsearch_role(each) for each in roles.ROLES} | {
    "exact": _readable(_SHIPPER),
    "bare": _without(_SHIPPER | {"indices": _SHIPPER["indices"][:1]}),
    "unable": _without(_SHIPPER, "create_doc"),
    "blind": {"cluster": [], "indices": []},
}
# Who has several of them.
USERS: dict[str, tuple[str, ...]] = {name: (name,) for name in ROLES} | {"service": roles.SERVICE}
READY_SECONDS = 120
HEAP_MB = "512"
ITERATIONS = 10_000


@dataclass(frozen=True)
class SecuredEngine:
    """Where it is, the file of the authority that signed its certificate, and its passwords."""

    port: int
    ca_file: Path
    admin_password: str = PASSWORD
    user_password: str = PASSWORD

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def settings(self, home: Path) -> Settings:
        """Settings of somebody who has no credentials yet."""
        return wwwatch_settings.load(environ=self.environment(home))

    def environment(self, home: Path) -> dict[str, str]:
        """The same, as variables."""
        return {"WWWATCH_URL": self.url, "WWWATCH_CA_FILE": str(self.ca_file), "WWWATCH_HOME": str(home)}

    def url_of(self, user: str) -> str:
        """The address with a user's password: `admin`, who may do anything, or one of USERS."""
        password = self.admin_password if user == ADMIN else self.user_password
        return f"https://{user}:{quote(password)}@localhost:{self.port}"

    def store(self, user: str, home: Path) -> Store:
        """A connection as a user."""
        return Store.from_settings(self.settings(home), self.url_of(user))


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
        "users": "".join(f"{user}:{_hashed(PASSWORD)}\n" for user in (ADMIN, *USERS)),
        "users_roles": f"superuser:{ADMIN}\n"
        + "".join(f"{each}:{','.join(u for u, own in USERS.items() if each in own)}\n" for each in ROLES),
        # A file of roles is the same to the engine as an API key's role descriptors, which this build cannot store.
        "roles.yml": yaml_lines(ROLES),
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
                engine.store(ADMIN, folder).close()
                return engine
        except StoreError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, folders.log.read_text()[-4000:]
        time.sleep(0.2)
