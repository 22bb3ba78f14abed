"""The way to Kibana or OpenSearch Dashboards: address, credentials, certificates; and which of the two it is."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError
from urllib3.filepost import encode_multipart_formdata

from wwwatch.errors import DashboardsError, SettingsError
from wwwatch.settings import Settings

Document = dict[str, Any]
Product = Literal["Kibana", "OpenSearch Dashboards"]

KIBANA: Product = "Kibana"
OPENSEARCH: Product = "OpenSearch Dashboards"
# Both ask for a header of their own against forged requests, and ignore the other's.
FORGERY_HEADERS = {"kbn-xsrf": "wwwatch", "osd-xsrf": "wwwatch"}
CONNECT_SECONDS = 10.0
CREDENTIALS = "Correct kibana.username and kibana.password, or kibana.api_key (WWWATCH_KIBANA__API_KEY)."
WRONG_URL = "Correct kibana.url (WWWATCH_KIBANA__URL, --kibana); a base path, as in /kibana, belongs to it."


@dataclass(frozen=True)
class Answer:
    """What a server answered. body: its JSON; None if it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    def reason(self) -> str:
        """What the server says of it, in short."""
        told = self.body.get("message") if isinstance(self.body, dict) else None
        return str(told or self.text[:200].strip() or "no reason given")


class Connection:
    """Requests to one server. `shown` is its address without password."""

    def __init__(self, settings: Settings) -> None:
        own = settings.kibana
        self._base, self.shown, from_url = _address(own.url)
        self.space = own.space
        self._headers = FORGERY_HEADERS | _credentials(settings, from_url)
        ca_file = own.ca_file or settings.ca_file
        if ca_file and not ca_file.is_file():
            raise SettingsError(f"The certificate authority {ca_file} (setting kibana.ca_file) is no file.")
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, own.timeout_seconds), read=own.timeout_seconds),
            cert_reqs="CERT_REQUIRED" if settings.verify_certificates else "CERT_NONE",
            ca_certs=str(ca_file) if ca_file else None,
            retries=False,
        )

    def within(self, product: Product) -> None:
        """From now on ask in the space of the settings: a path in Kibana, a tenant in OpenSearch Dashboards."""
        if self.space and product == KIBANA:
            self._base += f"/s/{quote(self.space, safe='')}"
        elif self.space:
            self._headers["securitytenant"] = self.space

    def get(self, path: str) -> Answer:
        """GET a path of the API."""
        return self._request("GET", path)

    def post(self, path: str, body: Document) -> Answer:
        """POST JSON."""
        return self._request("POST", path, orjson.dumps(body), "application/json")

    def post_file(self, path: str, name: str, content: bytes) -> Answer:
        """POST a file as a form does."""
        body, content_type = encode_multipart_formdata({"file": (name, content, "application/ndjson")})
        return self._request("POST", path, body, content_type)

    def _request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Answer:
        """Raise DashboardsError where nothing answers, or what says no to who we are."""
        headers = self._headers | ({"content-type": content_type} if content_type else {})
        try:
            response = self._pool.request(method, self._base + path, body=body, headers=headers, redirect=False)
        except SSLError as error:
            raise DashboardsError(
                f"No trusted TLS connection to {self.shown}: {error}",
                "Name its certificate authority in kibana.ca_file (WWWATCH_KIBANA__CA_FILE).",
            ) from error
        except HTTPError as error:
            cause = error.reason if isinstance(error, MaxRetryError) else error
            raise DashboardsError(f"Cannot reach {self.shown}: {cause}", f"Is it running? {WRONG_URL}") from error
        answer = Answer(response.status, response.headers, _json(response.data), response.data.decode(errors="replace"))
        if answer.status == 401:
            raise DashboardsError(f"{self.shown} does not accept our credentials.", CREDENTIALS)
        if answer.status == 403:
            raise DashboardsError(
                f"{self.shown} does not allow this: {answer.reason()}",
                "Give the user or key All of Dashboard, Data View, Saved Objects and Tag Management "
                "in Kibana's space; in OpenSearch Dashboards, a tenant it may write.",
            )
        return answer


@dataclass(frozen=True)
class Server:
    """Which product answers, and its version."""

    product: Product
    version: tuple[int, ...]
    shown: str

    @property
    def description(self) -> str:
        """For people."""
        return f"{self.product} {'.'.join(map(str, self.version))} at {self.shown}"


def identify(connection: Connection) -> Server:
    """Ask the server who it is. Raise DashboardsError if it is neither product, or does not say."""
    answer = connection.get("/api/status")
    named = {name.lower() for name in answer.headers}
    if not isinstance(answer.body, dict) or not {"status", "version"} & set(answer.body):
        if answer.status in {301, 302, 303, 307, 308}:
            raise DashboardsError(
                f"{connection.shown} sends us elsewhere: {answer.headers.get('location', '')}",
                f"It wants somebody to sign in, or the address is another. {CREDENTIALS}",
            )
        raise DashboardsError(
            f"The server at {connection.shown} is not Kibana or OpenSearch Dashboards (HTTP {answer.status}).",
            WRONG_URL,
        )
    number = answer.body.get("version", {}).get("number") if isinstance(answer.body.get("version"), dict) else None
    if not number:
        raise DashboardsError(f"{connection.shown} tells its version only to those it knows.", CREDENTIALS)
    version = tuple(int(part) for part in str(number).split("-")[0].split("."))
    # Each says its name in a header. A proxy may take it away: OpenSearch Dashboards is at 1 to 3, Kibana far beyond.
    product = OPENSEARCH if "osd-name" in named or (version < (4,) and "kbn-name" not in named) else KIBANA
    if answer.status == 503:
        raise DashboardsError(
            f"{product} at {connection.shown} is not ready: {_state(answer.body)}", "Try again when it is."
        )
    return Server(product, version, connection.shown)


def _state(status: Document) -> str:
    overall = status.get("status", {}).get("overall", {})
    return str(overall.get("summary") or overall.get("title") or overall.get("level") or "unavailable")


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _address(url: str) -> tuple[str, str, tuple[str, str] | None]:
    """(base, what may be shown, user and password in it)."""
    try:
        split = urlsplit(url.strip())
        port = split.port
    except ValueError as error:
        raise SettingsError(f"The address of Kibana (setting kibana.url) is no address: {error}", WRONG_URL) from error
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise SettingsError("The address of Kibana (setting kibana.url) needs a scheme and a host.", WRONG_URL)
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    base = f"{split.scheme}://{host}{f':{port}' if port else ''}{split.path.rstrip('/')}"
    user = (unquote(split.username), unquote(split.password or "")) if split.username is not None else None
    return base, base, user


def _credentials(settings: Settings, from_url: tuple[str, str] | None) -> dict[str, str]:
    """The header that says who we are: Kibana's own settings first, then those of the store it belongs to."""
    own = settings.kibana
    user = (own.username, own.password.get_secret_value()) if own.username else from_url
    api_key = own.api_key.get_secret_value()
    if user and api_key:
        raise SettingsError("Both a user and an API key of Kibana are set (kibana.*).", "Keep one of them.")
    if not user and not api_key:
        api_key = settings.api_key.get_secret_value()
        store = urlsplit(settings.url.split(",")[0]) if settings.url else None
        if store and store.username is not None and not api_key:
            user = (unquote(store.username), unquote(store.password or ""))
    if api_key:
        encoded = base64.b64encode(api_key.encode()).decode() if ":" in api_key else api_key
        return {"authorization": f"ApiKey {encoded}"}
    return {"authorization": f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"} if user else {}
