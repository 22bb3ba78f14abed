"""Every setting, declared once: type, default, help. File, environment and documentation follow from here.

Order, strongest first: arguments of the command, environment, file named by a secret's `*_FILE` variable,
`wwwatch.toml`, default. In the environment `__` separates levels: `WWWATCH_MAIL__HOST`.
"""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError

from wwwatch.alert_settings import AlertSettings
from wwwatch.errors import SettingsError
from wwwatch.ingest_settings import IngestSettings, Network
from wwwatch.kafka_settings import KafkaSettings
from wwwatch.retention_settings import RetentionSettings
from wwwatch.section import Section
from wwwatch.selfwatch_settings import SelfwatchSettings
from wwwatch.service_settings import ServiceSettings
from wwwatch.settings_reading import PREFIX, read, wrong

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


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("it must be the IANA name of a time zone, such as Europe/Berlin or UTC") from error
    return name


class SiteSettings(Section):
    """The site as people know it."""

    name: str = Field("", description="name in mails and pages; empty: the namespace")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
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
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
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
    sources = read(Settings, path, environ)
    problems = list(sources.problems)
    try:
        settings = Settings.model_validate(sources.values)
    except ValidationError as error:
        problems += wrong(Settings, error.errors(), sources, path)
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise SettingsError(f"Settings that cannot be used:\n{told}", "Correct them where they are named.")
    return settings


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
