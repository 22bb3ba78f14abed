"""Makes what docker-compose.yml needs before the store can start: an authority, certificates, passwords. As root, once.

    first_run.py FOLDER [NAME...]      # NAME: further names and addresses the store and Kibana are reached by

Each reader has a folder of its own below FOLDER, owned by the user its container runs as, every secret of mode 600:

    authority/  root                ca.key, by which certificates are renewed
    ca/         anybody             ca.crt
    store/      1000, Elasticsearch http.key, http.crt, elastic.password
    kibana/     1000, Kibana        kibana.yml (with its password and keys), http.key, http.crt
    setup/      10001, wwwatch      elastic.password, kibana.password
    keys/, shipper/, service/       10001; empty, `wwwatch setup --keys` and hand_over.py fill them

What is there stays as it is, except a certificate that ends soon or lacks a name: it is made anew.
"""

import ipaddress
import json
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT, ELASTIC, WWWATCH = 0, 1000, 10001
AUTHORITY_DAYS, CERTIFICATE_DAYS, RENEWED_BEFORE_DAYS = 3650, 730, 60
# A certificate is valid from a little before it was made: clocks differ.
BACKDATED = timedelta(hours=1)
PASSWORD_BYTES = 32
STORE_NAMES, KIBANA_NAMES = ("store", "localhost", "127.0.0.1"), ("kibana", "localhost", "127.0.0.1")
READERS = {
    "authority": ROOT, "ca": ROOT, "store": ELASTIC, "kibana": ELASTIC, "setup": WWWATCH, "keys": WWWATCH,
    "shipper": WWWATCH, "service": WWWATCH,
}  # fmt: skip

KIBANA = """\
# Made by first_run.py. Delete it and run `docker compose up` to have it made anew.
server.host: 0.0.0.0
server.ssl.enabled: true
server.ssl.certificate: /usr/share/kibana/secrets/http.crt
server.ssl.key: /usr/share/kibana/secrets/http.key
elasticsearch.hosts: ["https://store:9200"]
elasticsearch.username: kibana_system
elasticsearch.password: {password}
elasticsearch.ssl.certificateAuthorities: /usr/share/kibana/ca/ca.crt
telemetry.optIn: false
xpack.security.encryptionKey: {session_key}
xpack.encryptedSavedObjects.encryptionKey: {object_key}
xpack.reporting.encryptionKey: {report_key}
"""


def main(folder: Path, names: Sequence[str], now: datetime) -> list[str]:
    """Make what is missing. Return what was made, for people."""
    for name, owner in READERS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name).chmod(0o755 if name == "ca" else 0o700)
        os.chown(folder / name, owner, 0 if owner != WWWATCH else WWWATCH)
    folder.chmod(0o755)
    made = _authority(folder, now)
    for reader, usual in (("store", STORE_NAMES), ("kibana", KIBANA_NAMES)):
        made += _certificate(folder, reader, list(dict.fromkeys((*usual, *names))), now)
    return made + _passwords(folder)


def _authority(folder: Path, now: datetime) -> list[str]:
    key_file, certificate_file = folder / "authority" / "ca.key", folder / "ca" / "ca.crt"
    if key_file.exists() and certificate_file.exists():
        return []
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("wwwatch authority")
    built = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write(key_file, _pem(key), ROOT)
    write(certificate_file, built.public_bytes(serialization.Encoding.PEM), ROOT, mode=0o644)
    return [f"an authority, {certificate_file}"]


def _certificate(folder: Path, reader: str, names: Sequence[str], now: datetime) -> list[str]:
    certificate_file = folder / reader / "http.crt"
    authority = x509.load_pem_x509_certificate((folder / "ca" / "ca.crt").read_bytes())
    if certificate_file.exists() and _still_good(certificate_file, authority, names, now):
        return []
    signer = serialization.load_pem_private_key((folder / "authority" / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        sys.exit(
            f"{folder}/authority/ca.key is no key of first_run.py; delete authority/ and ca/ to have both made anew."
        )
    key = ec.generate_private_key(ec.SECP256R1())
    built = (
        _builder(_name(names[0]), authority.subject, key.public_key(), now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    write(folder / reader / "http.key", _pem(key), ELASTIC)
    write(certificate_file, built.public_bytes(serialization.Encoding.PEM), ELASTIC)
    return [f"a certificate of {reader} for {', '.join(names)}, good until {now + timedelta(days=CERTIFICATE_DAYS):%F}"]


def _still_good(file: Path, authority: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    found = x509.load_pem_x509_certificate(file.read_bytes())
    told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        found.issuer == authority.subject
        and found.not_valid_after_utc - now > timedelta(days=RENEWED_BEFORE_DAYS)
        and set(told) >= {_alternative(name) for name in names}
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _passwords(folder: Path) -> list[str]:
    """One for Elasticsearch's first user, one for Kibana; each where whoever needs it can read it."""
    made = []
    for name, others in (("elastic", ["store"]), ("kibana", [])):
        file = folder / "setup" / f"{name}.password"
        if not file.exists():
            write(file, secrets.token_urlsafe(PASSWORD_BYTES).encode(), WWWATCH)
            made.append(f"a password of {name}, {file}")
        for other in others:
            write(folder / other / file.name, file.read_bytes(), READERS[other])
    if not (settings := folder / "kibana" / "kibana.yml").exists():
        keys = {name: secrets.token_hex(16) for name in ("session_key", "object_key", "report_key")}
        password = (folder / "setup" / "kibana.password").read_text(encoding="ascii")
        text = KIBANA.format(password=json.dumps(password), **keys)
        write(settings, text.encode(), ELASTIC)
        made.append(f"Kibana's settings, {settings}")
    return made


def write(file: Path, content: bytes, owner: int, mode: int = 0o600) -> None:
    """A file that nobody but its owner ever saw, whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:  # noqa: PTH123
        opened.write(content)
    part.chmod(mode)
    os.chown(part, owner, WWWATCH if owner == WWWATCH else 0)
    part.replace(file)


if __name__ == "__main__":
    for line in main(Path(sys.argv[1]), sys.argv[2:], datetime.now(UTC)) or ["nothing: all of it is there"]:
        print(f"Made {line}")
