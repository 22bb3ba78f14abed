"""The first run of the production stack: certificates that are believed, secrets that only their owner reads."""

import os
import runpy
import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

SCRIPT = Path(__file__).parents[2] / "docker" / "production" / "first_run.py"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
Made = Callable[..., list[str]]


@pytest.fixture
def owners() -> dict[str, int]:
    return {}


@pytest.fixture
def first_run(tmp_path: Path, owners: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> Made:
    """The script on a folder. Who owns what is noted: only root can give files away."""

    def chown(path: Any, user: int, _group: int) -> None:
        owners[Path(path).name.removeprefix(".").removesuffix(".part")] = user

    monkeypatch.setattr(os, "chown", chown)
    main = runpy.run_path(str(SCRIPT))["main"]

    def run(*names: str, now: datetime = NOW) -> list[str]:
        made: list[str] = main(tmp_path, names, now)
        return made

    return run


def certificate(folder: Path, reader: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / reader / "http.crt").read_bytes())


def test_every_secret_is_private_and_only_the_authority_is_public(first_run: Made, tmp_path: Path) -> None:
    first_run()
    modes = {str(file.relative_to(tmp_path)): stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*/*")}

    assert modes.pop("ca/ca.crt") == 0o644
    assert set(modes) == {
        "authority/ca.key", "store/http.key", "store/http.crt", "store/elastic.password", "kibana/http.key",
        "kibana/http.crt", "kibana/kibana.yml", "setup/elastic.password", "setup/kibana.password",
    }  # fmt: skip
    assert set(modes.values()) == {0o600}
    for folder in tmp_path.iterdir():
        assert stat.S_IMODE(folder.stat().st_mode) == (0o755 if folder.name == "ca" else 0o700)


def test_each_reader_owns_its_folder(first_run: Made, owners: dict[str, int]) -> None:
    first_run()

    assert (owners["store"], owners["kibana"], owners["authority"]) == (1000, 1000, 0)
    assert {owners[name] for name in ("setup", "keys", "shipper", "service")} == {10001}


def test_certificates_are_signed_by_the_authority_for_the_names_given(first_run: Made, tmp_path: Path) -> None:
    first_run("watch.example.org", "192.0.2.7")
    authority = x509.load_pem_x509_certificate((tmp_path / "ca" / "ca.crt").read_bytes())
    ssl.create_default_context(cafile=str(tmp_path / "ca" / "ca.crt"))

    for reader in ("store", "kibana"):
        found = certificate(tmp_path, reader)
        found.verify_directly_issued_by(authority)
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert {reader, "localhost", "watch.example.org"} == set(told.get_values_for_type(x509.DNSName))
        assert {"127.0.0.1", "192.0.2.7"} == {str(one) for one in told.get_values_for_type(x509.IPAddress)}
        assert isinstance(found.public_key(), ec.EllipticCurvePublicKey)


def test_a_second_run_makes_nothing(first_run: Made, tmp_path: Path) -> None:
    first_run("localhost")
    before = {file: file.read_bytes() for file in tmp_path.glob("*/*")}

    assert first_run("localhost") == []
    assert {file: file.read_bytes() for file in tmp_path.glob("*/*")} == before


def test_a_certificate_that_ends_soon_or_lacks_a_name_is_made_anew(first_run: Made, tmp_path: Path) -> None:
    first_run()
    first = certificate(tmp_path, "store")

    assert len(first_run("watch.example.org")) == 2
    named = certificate(tmp_path, "store")
    assert first_run("watch.example.org", now=NOW + timedelta(days=600)) == []
    assert len(first_run("watch.example.org", now=NOW + timedelta(days=700))) == 2
    assert len({first.serial_number, named.serial_number, certificate(tmp_path, "store").serial_number}) == 3


def test_passwords_differ_and_the_store_gets_its_own(first_run: Made, tmp_path: Path) -> None:
    first_run()
    elastic, kibana = ((tmp_path / "setup" / f"{name}.password").read_text() for name in ("elastic", "kibana"))

    assert len(elastic) >= 40
    assert elastic != kibana
    assert (tmp_path / "store" / "elastic.password").read_text() == elastic
    assert kibana in (tmp_path / "kibana" / "kibana.yml").read_text()
    assert elastic not in (tmp_path / "kibana" / "kibana.yml").read_text()
