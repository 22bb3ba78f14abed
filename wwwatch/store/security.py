"""Roles, keys and passwords on a store with security on. Secrets go into files that only their owner can read."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wwwatch.errors import InputError, StoreError
from wwwatch.store.client import Store
from wwwatch.store.roles import PREFIX, ROLES, SERVICE, descriptors, elasticsearch_role, opensearch_role, role

PASSWORD_BYTES = 32
OPENSEARCH_API = "/_plugins/_security/api"
# Credential -> its roles. A person signs in to dashboards with a password; an API key cannot.
CREDENTIALS: Mapping[str, tuple[str, ...]] = {"shipper": ("shipper",), "service": SERVICE, "reader": ("reader",)}
PEOPLE = ("reader",)


@dataclass(frozen=True)
class Credential:
    """A secret that was made. file: where it is. variables: what whoever uses it sets."""

    name: str
    file: Path
    variables: Mapping[str, str]


def write_roles(store: Store) -> list[str]:
    """Write every role, replacing what was there. Return their names. Raise StoreError where security is off."""
    require_security(store)
    for each in ROLES:
        if store.is_opensearch:
            store.admin("PUT", f"{OPENSEARCH_API}/roles/{each.full_name}", opensearch_role(each))
        else:
            store.admin("PUT", f"/_security/role/{each.full_name}", elasticsearch_role(each))
    return [each.full_name for each in ROLES]


def require_security(store: Store) -> None:
    """Raise StoreError if anybody may do anything on this store."""
    if not store.offers_security:
        raise StoreError(
            f"Security is off at {store.shown}: whoever reaches it may read and delete everything.",
            "Turn it on (xpack.security.enabled: true, or OpenSearch's security plugin), then run this again.",
        )


def write_credentials(store: Store, folder: Path) -> list[Credential]:
    """Make a key or password for each of CREDENTIALS whose file is not in the folder yet. Return those that were made.

    Raise InputError if the folder cannot be written.
    """
    made = []
    for name, roles in CREDENTIALS.items():
        by_password = store.is_opensearch or name in PEOPLE
        file = folder / f"{name}.{'password' if by_password else 'key'}"
        if file.exists():
            continue
        _reserve(file)
        try:
            secret = _make_user(store, name, roles) if by_password else _make_key(store, name, roles)
        except BaseException:
            file.unlink()  # empty: the next run would take it for a secret that was made
            raise
        file.write_text(secret + "\n", encoding="ascii")
        signed_in = {"WWWATCH_USERNAME": PREFIX + name, "WWWATCH_PASSWORD_FILE": str(file)}
        made.append(Credential(name, file, signed_in if by_password else {"WWWATCH_API_KEY_FILE": str(file)}))
    return made


def _reserve(file: Path) -> None:
    """Make the file, empty and private, before there is a secret that could be lost. Refuse one that is there."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        message = f"Cannot write the secret {file}: {error.strerror}."
        raise InputError(message, "Name another folder in --keys.") from error


def _make_key(store: Store, name: str, roles: tuple[str, ...]) -> str:
    body = {"name": PREFIX + name, "role_descriptors": descriptors(roles), "metadata": {"managed_by": "wwwatch"}}
    answer: Any = store.admin("POST", "/_security/api_key", body)
    return str(answer["encoded"])


def _make_user(store: Store, name: str, roles: tuple[str, ...]) -> str:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    names = [role(each).full_name for each in roles]
    if store.is_opensearch:
        body = {"password": password, "opendistro_security_roles": names}
        store.admin("PUT", f"{OPENSEARCH_API}/internalusers/{PREFIX}{name}", body)
    else:
        store.admin("PUT", f"/_security/user/{PREFIX}{name}", {"password": password, "roles": names})
    return password
