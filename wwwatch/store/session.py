"""A connection to one store: which engine it is, and requests that end in an answer or one of our errors."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar

from elasticsearch import Elasticsearch

from wwwatch.errors import StoreError
from wwwatch.settings import Settings
from wwwatch.store import failures
from wwwatch.store.connection import make_client, parse_addresses
from wwwatch.store.foreign import Reading

T = TypeVar("T")
Document = dict[str, Any]
# Namespace -> index patterns to read access events by; none: our own streams.
Patterns = Callable[[str], Sequence[str]]


class Session:
    """A connection to one store. Safe to share between threads."""

    def __init__(self, client: Elasticsearch, shown: str, patterns: Patterns = lambda _: ()) -> None:
        self._client = client
        self._shown = shown
        self._patterns = patterns
        self._readings: dict[str, Reading | None] = {}  # of the patterns in use; None: not asked yet
        self._nodes = len(client.transport.node_pool)
        self._identify()

    @classmethod
    def from_settings(cls, settings: Settings, url: str) -> Self:
        """Connect. Raise StoreUnreachable or StoreRefused, naming host, cause and setting."""
        address = parse_addresses(url, settings)
        return cls(make_client(address, settings), address.shown, settings.detector.patterns)

    def _identify(self) -> None:
        """Ask once which engine this is. The makers' test build of Elasticsearch lacks `GET /`."""
        try:
            info: Any = self._attempt(self._client.info)
            version = info["version"]
            self.is_opensearch: bool = version.get("distribution") == "opensearch"
            number = str(version["number"])
        except StoreError as error:
            if getattr(error.__cause__, "status_code", None) not in {400, 405}:
                raise
            nodes: Any = self._request("GET", "/_nodes/_local?filter_path=nodes.*.version")["nodes"]
            self.is_opensearch, number = False, str(next(iter(nodes.values()))["version"])
        except (KeyError, TypeError) as error:
            raise StoreError(
                f"The server at {self._shown} is not Elasticsearch or OpenSearch.",
                "Correct url (WWWATCH_URL).",
            ) from error
        self.version: tuple[int, ...] = tuple(int(part) for part in number.split("-")[0].split("."))
        self.description = f"{'OpenSearch' if self.is_opensearch else 'Elasticsearch'} {number} at {self._shown}"

    @cached_property
    def cluster_uuid(self) -> str:
        """The store's identity: it stays when its address changes."""
        return str(self._request("GET", "/_cluster/state/version?filter_path=cluster_uuid")["cluster_uuid"])

    @cached_property
    def offers_ilm(self) -> bool:
        """Whether the engine has index lifecycle management (Elasticsearch)."""
        return not self.is_opensearch and self._offers("/_ilm/status")

    @cached_property
    def offers_ism(self) -> bool:
        """Whether the engine has index state management (OpenSearch, with that plugin)."""
        return self.is_opensearch and self._offers("/_plugins/_ism/policies?size=1")

    @cached_property
    def offers_security(self) -> bool:
        """Whether the engine asks who somebody is, and lets not everybody do everything."""
        return self._offers("/_plugins/_security/authinfo" if self.is_opensearch else "/_security/_authenticate")

    def _offers(self, path: str) -> bool:
        """Whether the engine knows a request; what it does not know it answers with 400, 404 or 405."""
        try:
            self._request("GET", path)
        except StoreError as error:
            if getattr(error.__cause__, "status_code", None) in {400, 404, 405}:
                return False
            raise
        return True

    @property
    def shown(self) -> str:
        """Its address, safe to print."""
        return self._shown

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _request(self, method: str, path: str, body: Document | None = None) -> Any:
        headers = {"accept": "application/json", "content-type": "application/json"}
        return self._call(lambda: self._client.perform_request(method, path, headers=headers, body=body)).body

    def _call(self, call: Callable[[], T], at_once: tuple[type[StoreError], ...] = ()) -> T:
        """Call, and again while the store is busy or away. For calls that are harmless when repeated.

        at_once: errors to raise without trying again.
        """
        return failures.with_retries(lambda: self._attempt(call), at_once=at_once)

    def _attempt(self, call: Callable[[], T]) -> T:
        """Call once. A node that does not take the connection was sent nothing: the next one is asked at once."""
        return failures.attempt(call, self._shown, self._nodes)
