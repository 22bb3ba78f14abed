"""Who may in, and what those are told who may not: TLS and SASL of a real broker."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.conftest import Run
from tests.kafka.broker import Broker

LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="{0}" password="{1}" user_{0}="{1}";'
USER, PASSWORD = "wwwatch", "right"  # of a broker that lives for one test


@dataclass(frozen=True)
class Secured:
    """broker: one that wants TLS and a password. authority: its certificate's, PEM; other: somebody else's."""

    broker: Broker
    authority: Path
    other: Path


@pytest.fixture(scope="module")
def secured(java: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    authority, other = trustme.CA(), trustme.CA()
    for name, made in (("authority", authority), ("other", other)):
        made.cert_pem.write_to_path(folder / f"{name}.pem")
    certificate = authority.issue_cert("localhost")
    keys = folder / "keys.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(keys)
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(_as_pkcs8(keys)),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "authority.pem"),
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": LOGIN.format(USER, PASSWORD),
    }
    broker = Broker(folder / "kafka", settings=settings, listener="SASL_SSL", java=java).start()
    yield Secured(broker, folder / "authority.pem", folder / "other.pem")
    broker.kill()


def _as_pkcs8(keys: Path) -> Path:
    """The key as Java reads it: trustme writes the older form."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - of trustme

    text = keys.read_bytes()
    key = serialization.load_pem_private_key(text, None)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    keys.write_bytes(pem + text[text.index(b"-----BEGIN CERTIFICATE") :])
    return keys


def told(run: Run, secured: Secured, tmp_path: Path, **settings: str) -> str:
    """What a shipper to a topic that is not there is told: that, if it was let in."""
    log = tmp_path / "access.log"
    log.touch()
    usual = {
        "SECURITY_PROTOCOL": "sasl_ssl", "CA_FILE": str(secured.authority), "SASL_MECHANISM": "PLAIN", "USERNAME": USER,
        "PASSWORD": PASSWORD,
    }  # fmt: skip
    environment = {f"WWWATCH_KAFKA__{name}": value for name, value in (usual | settings).items()}
    done = run("ship", log, "--to", f"kafka://{secured.broker.address}/nowhere", **environment)
    assert done.returncode == 1
    assert PASSWORD not in done.stderr.split()
    return done.stderr


def test_who_is_right_is_let_in(run: Run, secured: Secured, tmp_path: Path) -> None:
    assert "There is no topic nowhere" in told(run, secured, tmp_path)


def test_a_wrong_password_is_named(run: Run, secured: Secured, tmp_path: Path) -> None:
    text = told(run, secured, tmp_path, PASSWORD="wrong")
    assert "refuses" in text
    assert "kafka.password" in text


def test_an_unknown_authority_is_named(run: Run, secured: Secured, tmp_path: Path) -> None:
    text = told(run, secured, tmp_path, CA_FILE=str(secured.other))
    assert "No trusted TLS connection" in text
    assert "kafka.ca_file" in text


def test_plaintext_to_a_tls_port_is_named(run: Run, secured: Secured, tmp_path: Path) -> None:
    assert "kafka.security_protocol" in told(run, secured, tmp_path, SECURITY_PROTOCOL="plaintext")
