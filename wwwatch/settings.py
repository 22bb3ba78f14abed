"""Every setting, declared once: type, default, help. File, environment and documentation follow from here.

Order, strongest first: arguments of the command, environment, file named by a secret's `*_FILE` variable,
`wwwatch.toml`, default. In the environment `__` separates levels: `WWWATCH_MAIL__HOST`.
"""

import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from wwwatch.alert_settings import AlertSettings
from wwwatch.errors import SettingsError
from wwwatch.ingest_settings import IngestSettings, Network
from wwwatch.retention_settings import RetentionSettings
from wwwatch.section import Section
from wwwatch.selfwatch_settings import SelfwatchSettings
from wwwatch.service_settings import ServiceSettings

PREFIX = "WWWATCH_"
FILE_NAME = "wwwatch.toml"


class EngineSettings(Section):
    """The embedded engine, used when no `url` is set."""

    distribution: Literal["opensearch", "elasticsearch"] = Field(
        "opensearch",
        description="which engine to run; elasticsearch is its makers' test build, for contract tests",
    )
    port: int = Field(0, ge=0, le=65535, description="HTTP port on 127.0.0.1; 0 takes the first free one from 9273")
    heap_mb: int = Field(1024, ge=256, description="Java heap, MB")


class HostSettings(Section):
    """The web server the logs come from."""

    name: str = Field(
        default_factory=socket.gethostname,
        min_length=1,
        description="host.name of its events and part of their ids: keep it stable, in containers above all",
    )


class LoginSettings(Section):
    """What a pinned login page answers."""

    failed: tuple[int, ...] = Field((), description="status codes after a wrong password")
    passed: tuple[int, ...] = Field((), description="status codes after the right one; empty: answered alike")


class DetectorSettings(Section):
    """Where events are read from, what is known of the site, and how much is raised."""

    index_pattern: tuple[str, ...] = Field(
        (),
        description="index patterns of access events, ECS, instead of wwwatch's own; {namespace} stands for the site",
    )
    index_patterns: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="the same for single namespaces: namespace = patterns"
    )
    logins: dict[str, LoginSettings] = Field(
        default_factory=dict,
        description='login pages that are known, by path: "/konto" = { failed = [200], passed = [302] }',
    )

    false_incidents_per_week: float = Field(
        1.0, ge=0, description="alert budget: incidents about harmless clients a site's thresholds may let pass a week"
    )
    verify_crawlers: bool = Field(
        True, description="ask the DNS whether a client that calls itself a search engine is one"
    )
    crawler_lists: tuple[Path, ...] = Field(
        (), description="published address lists, JSON files such as googlebot.json; believed instead of the DNS"
    )

    def patterns(self, namespace: str) -> tuple[str, ...]:
        """The patterns of a namespace; () where wwwatch's own streams are read."""
        chosen = self.index_patterns.get(namespace, self.index_pattern)
        return tuple(pattern.replace("{namespace}", namespace) for pattern in chosen)


class MailSettings(Section):
    """How the digest and alert mails leave."""

    host: str = Field("", description="SMTP server; empty: nothing is mailed")
    port: int = Field(25, ge=1, le=65535, description="its port")
    security: Literal["none", "starttls", "tls"] = Field("none", description="none, starttls (587), or tls (465)")
    ca_file: Path | None = Field(None, description="certificate authority of the SMTP server, PEM")
    username: str = Field("", description="SMTP user; empty: no authentication")
    password: SecretStr = Field(SecretStr(""), description="SMTP password; better in WWWATCH_MAIL__PASSWORD_FILE")
    sender: str = Field("wwwatch@localhost", description="address in From")
    recipients: tuple[str, ...] = Field((), description="addresses of the digest and the alerts")
    timeout_seconds: float = Field(30, gt=0, description="how long to wait for the server")


class KibanaSettings(Section):
    """Kibana or OpenSearch Dashboards, where `setup` installs the pages."""

    url: str = Field("", description="https://kibana.example.org:5601, with the base path if it has one; empty: none")
    space: str = Field("", description="Kibana's space or, empty, the default one")
    api_key: SecretStr = Field(SecretStr(""), description="API key, base64; empty: the store's, if it has one")
    username: str = Field("", description="user, instead of an API key; empty: that of the store's url")
    password: SecretStr = Field(SecretStr(""), description="password; better in WWWATCH_KIBANA__PASSWORD_FILE")
    ca_file: Path | None = Field(None, description="certificate authority, PEM; unset: the store's")
    timeout_seconds: float = Field(60, gt=0, description="how long one request may take")


class BlocklistSettings(Section):
    """What `wwwatch blocklist` never names, beside the allow list, verified crawlers, proxies and private ranges."""

    never: tuple[Network, ...] = Field(
        (), description="addresses and networks that are never listed: your servers, your office, your monitoring"
    )


class SiteSettings(Section):
    """The site as people know it."""

    name: str = Field("", description="name in mails and pages; empty: the namespace")
    timezone: str = Field(
        "UTC", description="IANA time zone of digests and of log times that name none, such as Europe/Berlin"
    )


class Settings(Section):
    """All settings."""

    url: str = Field("", description="the store: https://user:password@host:9200, several by comma; empty: embedded")
    username: str = Field("", description="user of the store, where url names none")
    password: SecretStr = Field(SecretStr(""), description="their password; better in WWWATCH_PASSWORD_FILE")
    api_key: SecretStr = Field(SecretStr(""), description="API key of the store, base64, instead of a password")
    ca_file: Path | None = Field(None, description="certificate authority of the store, PEM")
    verify_certificates: bool = Field(True, description="false accepts any certificate: for a first try only")
    timeout_seconds: float = Field(60, gt=0, description="how long one request to the store may take")
    compress: bool | None = Field(
        None, description="gzip requests to the store: true, false; unset: where it is another machine"
    )
    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("wwwatch"),
        description="positions and engine data",
    )
    cache: Path = Field(default_factory=lambda: platformdirs.user_cache_path("wwwatch"), description="downloads")
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    blocklist: BlocklistSettings = Field(default_factory=BlocklistSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    detector: DetectorSettings = Field(default_factory=DetectorSettings)
    host: HostSettings = Field(default_factory=HostSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    kibana: KibanaSettings = Field(default_factory=KibanaSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    selfwatch: SelfwatchSettings = Field(default_factory=SelfwatchSettings)
    service: ServiceSettings = Field(default_factory=ServiceSettings)
    site: SiteSettings = Field(default_factory=SiteSettings)


def load(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raise SettingsError naming every wrong one at once, with where it came from.

    config: a file that must exist; None looks for WWWATCH_CONFIG, `./wwwatch.toml`, the user's folder of settings
    and `/etc/wwwatch`, in this order, and takes the first that is there.
    """
    path = _config_path(config, environ)
    values = _read_file(path) if path else {}
    origin = _merge_environment(values, environ)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [f"  {_place(item['loc'], origin, path)}: {_told(item)}" for item in error.errors()]
        raise SettingsError(
            "Settings that cannot be used:\n" + "\n".join(lines), "Correct them where they are named."
        ) from error


def _config_path(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = config or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    if named:
        return named
    usual = (
        Path(FILE_NAME),
        platformdirs.user_config_path("wwwatch") / FILE_NAME,
        Path("/etc/wwwatch") / FILE_NAME,
    )
    return next((path for path in usual if path.is_file()), None)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}") from error


def _merge_environment(values: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lay the environment over the values, in place. Return which variable set which setting."""
    origin: dict[tuple[str, ...], str] = {}
    names = sorted(name for name in environ if name.startswith(PREFIX))
    known = set(Settings.model_fields) | {f"{name}_file" for name in Settings.model_fields}
    for name in names:
        keys = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
        text = environ[name]
        # Empty is unset, as compose files leave it. CONFIG is no setting; a first word that is none of ours may be
        # somebody else's name. Below a word of ours, a misspelt setting is an error like in the file.
        if not text or keys[0] not in known:
            continue
        if keys[-1].endswith("_file") and _is_secret(secret := (*keys[:-1], keys[-1].removesuffix("_file"))):
            keys, text = secret, _read_secret(name, Path(text))
        target = values
        for key in keys[:-1]:
            target = target.setdefault(key, {})
            if not isinstance(target, dict):
                raise SettingsError(f"{name}: {key} is a single setting, not a group")
        target[keys[-1]] = _split(keys, text)
        origin[keys] = name
    return origin


def _field(keys: tuple[str, ...]) -> Any:
    model: type[BaseModel] = Settings
    for key in keys[:-1]:
        field = model.model_fields.get(key)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return None
        model = field.annotation
    field = model.model_fields.get(keys[-1])
    return field.annotation if field else None


def _is_secret(keys: tuple[str, ...]) -> bool:
    return _field(keys) is SecretStr


def _split(keys: tuple[str, ...], text: str) -> str | tuple[str, ...]:
    """A list in the environment is separated by commas."""
    if str(_field(keys)).startswith("tuple"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name} names {path}, which cannot be read: {error.strerror}") from error


def _told(item: ErrorDetails) -> str:
    return "there is no such setting; see wwwatch config show" if item["type"] == "extra_forbidden" else item["msg"]


def _place(loc: tuple[int | str, ...], origin: dict[tuple[str, ...], str], path: Path | None) -> str:
    keys = tuple(str(part) for part in loc)
    for length in range(len(keys), 0, -1):
        if keys[:length] in origin:
            return origin[keys[:length]]
    return f"{'.'.join(keys)} in {path}" if path else ".".join(keys)
