"""An OpenSearch with its security plugin, TLS and users, in folders of its own. The plugin's newest release in Java's
central repository is for 3.4.0, so that is the engine here.
"""

import base64
import json
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization

from tests.integration.secured_engine import ADMIN, SecuredEngine
from wwwatch import settings as wwwatch_settings
from wwwatch.engine import lifecycle
from wwwatch.engine.distribution import DISTRIBUTIONS, Distribution
from wwwatch.engine.folders import Folders
from wwwatch.engine.java import find_java
from wwwatch.engine.launch import LOOPBACK, plan_launch, yaml_lines
from wwwatch.engine.process import spawn
from wwwatch.engine.state import port_from_file

ENGINE = replace(
    DISTRIBUTIONS["opensearch"],
    version="3.4.0",
    sha256="6540e95fe8bfaedc3eb1c58e829912ea2203af2ac1f88f76411c20a2fc5254a6",
    size_bytes=133_384_684,
    # The security plugin signs tokens and reads directories, which take more of a Java than the engine does.
    java_modules=DISTRIBUTIONS["opensearch"].java_modules | {"java.naming", "java.sql", "java.xml"},
)
PLUGIN = Distribution(
    name="opensearch-security",
    title="OpenSearch's security plugin",
    version="3.4.0.0",
    group="org.opensearch.plugin",
    sha256="fc164c084979f7f793d295b6bca56bf8bee76dafb762adef9f14fa872e0a7596",
    size_bytes=49_263_978,
    java_modules=frozenset(),
)
PASSWORD = "admin"  # of the plugin's own sample of users
READY_SECONDS = 180
HEAP_MB = "768"


@contextmanager
def secured_opensearch(folder: Path) -> Iterator[SecuredEngine]:
    """Start it, give it, end it and delete what it held."""
    kept = {name: os.environ[name] for name in ("WWWATCH_CACHE",) if name in os.environ}
    settings = wwwatch_settings.load(environ=kept | {"WWWATCH_HOME": str(folder), "WWWATCH_ENGINE__HEAP_MB": HEAP_MB})
    folders = Folders.of(settings)
    folders.make(folders.engines)
    java = find_java(ENGINE, folders.account, folders.engines, os.environ)
    program = _with_plugin(lifecycle._program(ENGINE, folders), folders)
    path = os.environ.get("PATH", os.defpath)
    launch = plan_launch(ENGINE, program, folders, java, engine=settings.engine, path=path)
    authority = trustme.CA()
    folder.mkdir(parents=True, exist_ok=True)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    folders.prepare(_secured(launch.files, authority))
    shutil.copytree(program / "plugins" / PLUGIN.name / "config", folders.config / PLUGIN.name)
    child = spawn(launch.command, dict(launch.environment), folders.base, folders.start_log, folders.account)
    try:
        yield _await(folders, ca_file)
    finally:
        child.kill()
        folders.remove()


def _with_plugin(plain: Path, folders: Folders) -> Path:
    """A copy of the engine that has the plugin; made once."""
    target = plain.with_name(f"{plain.name}-with-{PLUGIN.name}")
    if not target.exists():
        from jgo import MAVEN_CENTRAL_URL  # type: ignore[attr-defined]  # noqa: PLC0415

        from wwwatch.engine.download import fetch  # noqa: PLC0415

        archive = fetch(PLUGIN, folders.downloads, MAVEN_CENTRAL_URL)
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copytree(plain, aside)
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(aside / "plugins" / PLUGIN.name)
        descriptor = aside / "plugins" / PLUGIN.name / "plugin-descriptor.properties"
        # The makers' test build of 3.4.0 lacks this module; the plugin does without it, but for a library it brings.
        descriptor.write_text(descriptor.read_text().replace(",rule-framework", ",rule-framework;optional=true"))
        embedded = lifecycle._program(DISTRIBUTIONS["opensearch"], folders)
        [library] = (embedded / "modules" / "rule-framework").glob("commons-collections4-*.jar")
        shutil.copy(library, aside / "plugins" / PLUGIN.name)
        for each in (aside / "plugins").rglob("*"):
            each.chmod(0o755 if each.is_dir() else 0o644)
        aside.rename(target)
    return target


def _secured(files: object, authority: trustme.CA) -> dict[str, str]:
    assert isinstance(files, dict)
    certificate = authority.issue_cert("localhost", LOOPBACK)
    # The plugin takes keys in PKCS #8 only.
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    security: dict[str, object] = {
        "plugins.security.allow_default_init_securityindex": True,
        "plugins.security.restapi.roles_enabled": ["all_access"],
        "plugins.security.ssl.http.enabled": True,
        "plugins.security.ssl.transport.enforce_hostname_verification": False,
    }
    for layer in ("http", "transport"):
        security[f"plugins.security.ssl.{layer}.pemcert_filepath"] = "node.crt"
        security[f"plugins.security.ssl.{layer}.pemkey_filepath"] = "node.key"
        security[f"plugins.security.ssl.{layer}.pemtrustedcas_filepath"] = "ca.crt"
    return {
        **files,
        "opensearch.yml": files["opensearch.yml"] + yaml_lines(security),
        "node.key": key.decode(),
        "node.crt": "".join(blob.bytes().decode() for blob in certificate.cert_chain_pems),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }


def _await(folders: Folders, ca_file: Path) -> SecuredEngine:
    """Until the plugin has made its index and knows its users."""
    deadline = time.monotonic() + READY_SECONDS
    context = ssl.create_default_context(cafile=str(ca_file))
    token = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
    while True:
        port = port_from_file(folders.ports_file)
        if port:
            ask = urllib.request.Request(f"https://localhost:{port}/", headers={"authorization": f"Basic {token}"})
            try:
                with urllib.request.urlopen(ask, context=context, timeout=5) as answer:
                    json.load(answer)
                return SecuredEngine(port, ca_file, PASSWORD)
            except (urllib.error.URLError, OSError, ValueError):
                pass  # not yet
        log = folders.start_log if not folders.log.exists() else folders.log
        assert time.monotonic() < deadline, log.read_text()[-4000:]
        time.sleep(0.2)
