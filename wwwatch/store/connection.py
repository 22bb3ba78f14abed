"""From settings to a client: addresses, credentials, certificates, and one dialect for every engine."""

import base64
import zlib
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from elastic_transport import NodeConfig, Urllib3HttpNode
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import Elasticsearch
from urllib3 import Timeout

from wwwatch.errors import SettingsError
from wwwatch.settings import Settings
from wwwatch.store.serializers import PlainJson, PlainNdjson

DEFAULT_PORT = 9200
CONNECT_SECONDS = 10.0
GZIP = 31  # zlib's wbits for gzip's header and trailer
WORTH_COMPRESSING_BYTES = 1400  # less fits in one packet as it is
COMPATIBLE_JSON = "application/vnd.elasticsearch+json"
COMPATIBLE_NDJSON = "application/vnd.elasticsearch+x-ndjson"


class PlainNode(Urllib3HttpNode):
    """Speaks plain JSON, which Elasticsearch 8 and 9 and OpenSearch 2 and 3 all take.

    The client sends media types only Elasticsearch knows, and insists on a header only Elasticsearch sends.
    Which engine answers is asked once, by `wwwatch.store.session`, and by its version, not by a header.
    """

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)  # asks for compressed answers, if so configured
        self._compresses = config.http_compress
        self._http_compress = False  # its own way, at gzip's level 9, costs four times the CPU for a fifth less

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Any = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> Any:
        """Send one request. Headers are a mapping; the answer is (meta, body)."""
        plain = dict(headers or {})
        for name in ("accept", "content-type"):
            if plain.get(name, "").startswith(COMPATIBLE_NDJSON):
                plain[name] = "application/x-ndjson"
            elif plain.get(name, "").startswith(COMPATIBLE_JSON):
                plain[name] = "application/json"
        if self._compresses and body and len(body) >= WORTH_COMPRESSING_BYTES:
            body = zlib.compress(body, level=1, wbits=GZIP)
            plain["content-encoding"] = "gzip"
        if isinstance(request_timeout, float | int):
            # A host that is switched off answers nothing at all; one that works hard may take its time.
            request_timeout = Timeout(connect=min(CONNECT_SECONDS, request_timeout), total=request_timeout)  # type: ignore[assignment]
        response = super().perform_request(method, target, body, plain, request_timeout)  # type: ignore[arg-type]
        response.meta.headers["x-elastic-product"] = "Elasticsearch"
        return response


@dataclass(frozen=True)
class Address:
    """Where the store is. `shown` is safe to print: it holds no password."""

    nodes: tuple[NodeConfig, ...]
    basic_auth: tuple[str, str] | None
    shown: str


def parse_addresses(url: str, settings: Settings) -> Address:
    """Read `https://user:password@host:9200`, several separated by commas.

    Raise SettingsError for anything that is no http(s) address, without repeating a password.
    """
    nodes, shown = [], []
    basic_auth: tuple[str, str] | None = None
    for number, part in enumerate(filter(None, (piece.strip() for piece in url.split(","))), start=1):
        try:
            split = urlsplit(part)
            port = split.port or DEFAULT_PORT
        except ValueError as error:
            raise _bad_url(number, str(error)) from error
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise _bad_url(number, "it needs a scheme and a host")
        if split.username is not None:
            basic_auth = (unquote(split.username), unquote(split.password or ""))
        nodes.append(_node(split.scheme, split.hostname, port, split.path.rstrip("/"), settings))
        host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
        shown.append(f"{split.scheme}://{host}:{port}{split.path.rstrip('/')}")
    if not nodes:
        raise _bad_url(1, "it is empty")
    return Address(tuple(nodes), basic_auth, ", ".join(shown))


def _bad_url(number: int, reason: str) -> SettingsError:
    return SettingsError(
        f"The store's address (setting url, WWWATCH_URL) is no address, part {number}: {reason}",
        "Write it as https://user:password@host:9200, several separated by commas.",
    )


def _node(scheme: str, host: str, port: int, path: str, settings: Settings) -> NodeConfig:
    compress = not is_loopback(host) if settings.compress is None else settings.compress
    if scheme == "http":
        return NodeConfig(scheme, host, port, path_prefix=path, http_compress=compress)
    if settings.ca_file and not settings.ca_file.is_file():
        raise SettingsError(f"The certificate authority {settings.ca_file} (setting ca_file) is no file.")
    return NodeConfig(
        scheme,
        host,
        port,
        path_prefix=path,
        http_compress=compress,
        verify_certs=settings.verify_certificates,
        ca_certs=str(settings.ca_file) if settings.ca_file else None,
        ssl_show_warn=False,
    )


def make_client(address: Address, settings: Settings) -> Elasticsearch:
    """Build the client. It does not retry by itself: `wwwatch.store.failures` does, with backoff."""
    api_key = settings.api_key.get_secret_value() or None
    basic_auth = address.basic_auth
    if settings.username and not basic_auth:
        basic_auth = (settings.username, settings.password.get_secret_value())
    if api_key and basic_auth:
        raise SettingsError("Both a password (in url, or username) and an api_key are set.", "Keep one of them.")
    return Elasticsearch(
        hosts=list(address.nodes),
        api_key=_encoded(api_key) if api_key else None,
        basic_auth=basic_auth,
        node_class=PlainNode,
        serializers={item.mimetype: item for item in (PlainJson(), PlainNdjson())},
        request_timeout=settings.timeout_seconds,
        max_retries=0,
        retry_on_timeout=False,
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as far as its name tells."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _encoded(api_key: str) -> str:
    """Take `id:key` as well as its base64 form, which is what the store prints as `encoded`."""
    return base64.b64encode(api_key.encode()).decode() if ":" in api_key else api_key
