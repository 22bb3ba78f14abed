"""The settings of `ingest/`: what is made of a line beyond its own fields, and what is left out."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from wwwatch.section import Section

UNIX = "unix:"  # how nginx logs a peer on a socket of its own machine


def _network(text: str) -> str:
    """A network or address as it is written usually; `unix:` as it is."""
    return text if text == UNIX else str(ip_network(text, strict=False))


def _listed(value: Any) -> Any:
    """One value stands for a list of one; numbers are compared as text."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item) if isinstance(item, (int, float)) and not isinstance(item, bool) else item for item in values]


def _flat(value: Any, parents: tuple[str, ...] = ()) -> Any:
    """Dotted keys, which TOML reads as tables in tables, as one table of dotted field names."""
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = (*parents, str(key))
        if isinstance(item, Mapping) and not set(item) & set(Condition.model_fields):
            found |= _flat(item, name)
        else:
            found[".".join(name)] = item
    return found


Network = Annotated[str, AfterValidator(_network)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Condition(Section):
    """What a field's value must be: any of these. A bare value or list means equals."""

    equals: Texts = ()
    glob: Texts = ()
    regex: Texts = ()
    cidr: Annotated[tuple[Network, ...], BeforeValidator(_listed)] = ()

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, Condition)) else {"equals": value}

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if not (self.equals or self.glob or self.regex or self.cidr):
            raise ValueError("give at least one value, or equals, glob, regex or cidr")
        return self

    def __repr__(self) -> str:
        """As `config show` prints it: only what is said."""
        return str(self.model_dump(exclude_defaults=True))


# All conditions of a rule must hold: dotted field name, condition.
Rule = Annotated[dict[str, Condition], BeforeValidator(_flat), Field(min_length=1)]


class RealClientSettings(Section):
    """Whom a request came from, where a proxy passed it on."""

    trusted_proxies: tuple[Network, ...] = Field(
        (), description="your proxies: addresses, networks (CIDR), unix: for a socket; empty: the peer is the client"
    )
    header: Literal["x-forwarded-for", "forwarded", "x-real-ip"] = Field(
        "x-forwarded-for", description="the one header your proxies write themselves; others are not believed"
    )


class GeoSettings(Section):
    """Where a client's address is, and whose network it is in."""

    databases: tuple[Path, ...] = Field((), description="MaxMind-format files (.mmdb): country, city, ASN; first wins")
    city: bool = Field(False, description="also region, city and coordinates, where a database has them")
    registry: bool = Field(
        False, description="country by the registries' assignments (package iptocc) where no database knows it"
    )


class PseudonymSettings(Section):
    """Stored instead of what names a person. Networks still group; without the key nobody finds the way back."""

    addresses: bool = Field(False, description="addresses become others, networks staying networks (Crypto-PAn)")
    users: bool = Field(False, description="user names become user-..., always the same for the same name")
    key: SecretStr = Field(
        SecretStr(""), description="32 bytes, base64; better in WWWATCH_INGEST__PSEUDONYMS__KEY_FILE"
    )
    rejects: Literal["omitted", "replaced"] = Field(
        "omitted",
        description="text of lines no format takes: omitted, or kept with the addresses in it replaced",
    )


def _label(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise ValueError("a label's name is made of a-z, 0-9, _ and -")
    return name


class FieldSettings(Section):
    """Your own fields of every event."""

    labels: dict[Annotated[str, AfterValidator(_label)], str] = Field({}, description="labels.NAME and their values")
    tags: tuple[str, ...] = Field((), description="tags added to every event")


class IngestSettings(Section):
    """What is made of a log line on its way into the store."""

    spool_mb: int = Field(1024, ge=1, description="lines by syslog and pipe that the store has not taken: at most, MB")
    tags_left_out: tuple[str, ...] = Field(
        (), description="tags not to set, such as static; the detector counts by tags, so it will see less"
    )
    real_client: RealClientSettings = Field(default_factory=RealClientSettings)
    user_agent: tuple[Literal["name", "version", "os.name", "os.version", "device.name"], ...] = Field(
        (), description="user_agent.* to make of the agent: name, version, os.name, os.version, device.name"
    )
    geo: GeoSettings = Field(default_factory=GeoSettings)
    drop: tuple[Rule, ...] = Field((), description="rules; an event that one of them fits is not stored, but counted")
    keep: tuple[Rule, ...] = Field((), description="rules; if any, an event that none of them fits is dropped")
    fields: FieldSettings = Field(default_factory=FieldSettings)
    pseudonyms: PseudonymSettings = Field(default_factory=PseudonymSettings)
