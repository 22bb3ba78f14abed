"""JSON logs: an object a line, its members found by their usual names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl

from ingest.formats.log_format import LogFormat, Reading

Path = tuple[str, ...]


def _paths(text: str) -> tuple[Path, ...]:
    """Places in an object: `request/method host` are two, the first one level down."""
    return tuple(tuple(item.split("/")) for item in text.split())


@dataclass(frozen=True)
class JsonFormat(LogFormat):
    """places: of each value, where to look for it, the best place first. needed: of each of these groups of places one
    holds something, or the line is of another format.
    """

    places: Mapping[str, tuple[Path, ...]] = field(hash=False)
    needed: tuple[tuple[Path, ...], ...]

    def readings(self) -> Sequence[Reading]:
        """One: a JSON library is faster than any expression, and knows every escape."""
        return (Reading(_may_be_object, self._read, _MARKER, None, False, None),)

    def values(self) -> frozenset[str]:
        """The values it looks for."""
        return frozenset(self.places)

    def _read(self, lines: pl.Series) -> pl.DataFrame:
        columns: dict[str, list[str | None]] = {name: [] for name in (*self.places, _MARKER)}
        found = [(columns[name].append, places) for name, places in self.places.items()]
        for line in lines.to_list():
            members = self._members(line)
            if members is None:
                for column in columns.values():
                    column.append(None)
                continue
            columns[_MARKER].append("")
            for append, places in found:
                append(_first(members, places))
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))

    def _members(self, line: str) -> dict[str, Any] | None:
        """The object of a line, None if it is none, or not of this format."""
        try:
            members = orjson.loads(line)
        except orjson.JSONDecodeError:
            try:
                members = orjson.loads(_mended(line))
            except orjson.JSONDecodeError:
                return None
        if not isinstance(members, dict) or any(_first(members, places) is None for places in self.needed):
            return None
        return members


def _mended(line: str) -> str:
    r"""What servers write that is no JSON, as JSON.

    nginx without `escape=json` writes `\xhh` and dashes for missing numbers; with it, bytes that are no UTF-8 stand as
    they came, which reach us as `\xhh`, too.
    """

    def token(match: re.Match[str]) -> str:
        if match["string"] is None:
            return ":null"
        return _ESCAPES.sub(escape, match["string"])

    def escape(match: re.Match[str]) -> str:
        if match["bytes"]:
            raw = bytes.fromhex(match["bytes"].replace("\\x", ""))
            return orjson.dumps(raw.decode("utf-8", "backslashreplace")).decode()[1:-1]
        if match["control"]:
            return f"\\u{ord(match[0]):04x}"
        return "\\ufffd" if match["half"] else match[0]

    return _TOKENS.sub(token, line)


_TOKENS = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*")|:\s*-?\s*(?=[,}])', re.DOTALL)
_ESCAPES = re.compile(
    r"(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)|(?P<control>[\x00-\x1f])"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_MARKER = "hit"


def _may_be_object(lines: pl.Series) -> pl.Series:
    return lines.str.contains(r"^\s*\{.*\}\s*$")


def _at(members: Mapping[str, Any], place: Path) -> Any:
    value: Any = members
    for name in place:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _first(members: Mapping[str, Any], places: Iterable[Path]) -> str | None:
    """The first of some places that holds something, as text. Of a list, its first member (Caddy's headers)."""
    for place in places:
        value = _at(members, place)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, str):
            if value not in {"", "-"}:
                return value
        elif isinstance(value, bool) or value is None or isinstance(value, dict):
            continue
        else:
            return repr(value)
    return None


_HEADERS = "request/headers"
CADDY = JsonFormat(
    "caddy-json",
    {
        "time": _paths("ts"),
        "address": _paths("request/client_ip request/remote_ip"),
        "peer": _paths("request/remote_addr"),
        "user": _paths("user_id"),
        "method": _paths("request/method"),
        "target": _paths("request/uri"),
        "protocol": _paths("request/proto"),
        "host": _paths("request/host"),
        "status": _paths("status"),
        "bytes": _paths("size"),
        "duration_s": _paths("duration"),
        "referrer": _paths(f"{_HEADERS}/Referer"),
        "agent": _paths(f"{_HEADERS}/User-Agent"),
        "forwarded_for": _paths(f"{_HEADERS}/X-Forwarded-For"),
        "forwarded": _paths(f"{_HEADERS}/Forwarded"),
        "request_id": _paths(f"{_HEADERS}/X-Request-Id"),
        "tls": _paths("request/tls/version"),
    },
    (_paths("request/remote_ip request/remote_addr request/client_ip"), _paths("request/method")),
    server="caddy",
    example=(
        '{"level":"info","ts":1646861401.52,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":'
        '"203.0.113.7","client_ip":"203.0.113.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/a",'
        '"headers":{"User-Agent":["curl/8"]}},"user_id":"","duration":0.0009,"size":12,"status":200}'
    ),
)
TRAEFIK = JsonFormat(
    "traefik-json",
    {
        "time": _paths("StartUTC time"),
        "addresses": _paths("ClientHost"),
        "peer": _paths("ClientAddr"),
        "user": _paths("ClientUsername"),
        "method": _paths("RequestMethod"),
        "target": _paths("RequestPath"),
        "protocol": _paths("RequestProtocol"),
        "host": _paths("RequestHost RequestAddr"),
        "port": _paths("RequestPort"),
        "scheme": _paths("RequestScheme"),
        "status": _paths("DownstreamStatus OriginStatus"),
        "bytes": _paths("DownstreamContentSize"),
        "duration_ns": _paths("Duration"),
        "referrer": _paths("request_Referer"),
        "agent": _paths("request_User-Agent"),
        "forwarded_for": _paths("request_X-Forwarded-For"),
        "request_id": _paths("request_X-Request-Id"),
        "tls": _paths("TLSVersion"),
        "cipher": _paths("TLSCipher"),
        "upstream_address": _paths("ServiceAddr"),
    },
    (_paths("ClientHost ClientAddr"), _paths("RequestMethod")),
    server="traefik",
    example=(
        '{"ClientAddr":"203.0.113.7:56446","ClientHost":"203.0.113.7","ClientUsername":"-","DownstreamContentSize":19,'
        '"DownstreamStatus":404,"Duration":10158,"RequestHost":"shop.example","RequestMethod":"GET","RequestPath":"/a",'
        '"RequestProtocol":"HTTP/2.0","StartUTC":"2026-01-14T09:45:33.759014877Z","request_User-Agent":"curl/8"}'
    ),
)
ENVOY = JsonFormat(
    "envoy-json",
    {
        "time": _paths("start_time"),
        "peer": _paths("downstream_remote_address downstream_direct_remote_address"),
        "addresses": _paths("client_address"),
        "method": _paths("method"),
        "target": _paths("x-envoy-origin-path x_envoy_original_path path"),
        "protocol": _paths("protocol"),
        "host": _paths(":authority authority"),
        "status": _paths("response_code"),
        "bytes": _paths("bytes_sent"),
        "duration_ms": _paths("duration"),
        "referrer": _paths("referer"),
        "agent": _paths("user-agent user_agent"),
        "forwarded_for": _paths("x-forwarded-for x_forwarded_for"),
        "request_id": _paths("x-request-id request_id"),
        "upstream_address": _paths("upstream_host"),
    },
    (_paths("start_time"), _paths("response_code"), _paths("method protocol")),
    server="envoy",
    example=(
        '{":authority":"shop.example","bytes_sent":512,"downstream_remote_address":"203.0.113.7:54321","duration":15,'
        '"method":"GET","protocol":"HTTP/2","response_code":200,"start_time":"2026-01-24T01:35:00.000Z",'
        '"user-agent":"curl/8","x-envoy-origin-path":"/a","x-forwarded-for":"203.0.113.7"}'
    ),
)
_ADDRESS = (
    "remote_addr source.ip source/ip client.ip client/ip client_ip clientip remote_ip remote_address remoteAddr "
    "source.address source/address remote_host ip client"
)
_STATUS = "status http.response.status_code http/response/status_code status_code response_code code"
_REQUEST = "request request_line"
_METHOD = "request_method method http.request.method http/request/method verb"
_USUAL = {
    "address": _paths(_ADDRESS),
    "forwarded_for": _paths("http_x_forwarded_for x_forwarded_for forwarded_for xff"),
    "forwarded": _paths("http_forwarded"),
    "real_ip": _paths("http_x_real_ip x_real_ip"),
    "user": _paths("remote_user user.name user/name user auth"),
    "time": _paths("@timestamp msec time_iso8601 timestamp time_local time date datetime ts"),
    "request": _paths(_REQUEST),
    "method": _paths(_METHOD),
    "target": _paths("request_uri url.original url/original url"),
    "path": _paths("uri path url.path url/path request_path"),
    "arguments": _paths("args query query_string url.query url/query"),
    "protocol": _paths("server_protocol protocol"),
    "version": _paths("http.version http/version"),
    "status": _paths(_STATUS),
    "bytes": _paths("body_bytes_sent http.response.body.bytes http/response/body/bytes bytes size length"),
    "whole_bytes": _paths("bytes_sent http.response.bytes http/response/bytes"),
    "request_bytes": _paths("request_length http.request.bytes http/request/bytes"),
    "duration_s": _paths("request_time response_time responsetime"),
    "duration_us": _paths("duration_us request_time_us"),
    "duration_ms": _paths("duration_ms request_time_ms"),
    "duration_ns": _paths("event.duration event/duration"),
    "referrer": _paths("http_referer http_referrer http.request.referrer http/request/referrer referer referrer"),
    "agent": _paths(
        "http_user_agent user_agent.original user_agent/original user_agent agent useragent userAgent user-agent"
    ),
    "host": _paths("http_host url.domain url/domain host vhost virtual_host server_name domain"),
    "port": _paths("server_port url.port url/port"),
    "scheme": _paths("scheme url.scheme url/scheme"),
    "request_id": _paths("request_id http.request.id http/request/id x_request_id"),
    "tls": _paths("ssl_protocol tls_protocol"),
    "cipher": _paths("ssl_cipher tls.cipher tls/cipher tls_cipher"),
    "upstream_address": _paths("upstream_addr"),
    "upstream_status": _paths("upstream_status"),
    "upstream_s": _paths("upstream_response_time"),
    "cache": _paths("upstream_cache_status"),
}
_USUAL_NEEDED = (_paths(_ADDRESS), _paths(f"{_STATUS} {_REQUEST} {_METHOD}"))
_USUAL_EXAMPLE = (
    '{"time_iso8601":"2026-01-24T01:35:00+00:00","remote_addr":"203.0.113.7","request":"GET /a HTTP/1.1",'
    '"status":200,"body_bytes_sent":12,"request_time":0.003,"http_referer":"","http_user_agent":"curl/8"}'
)
USUAL = JsonFormat("json", _USUAL, _USUAL_NEEDED, example=_USUAL_EXAMPLE)
FORMATS = (CADDY, TRAEFIK, ENVOY, USUAL)
NAMED_ONLY = tuple(
    JsonFormat(f"{server}-json", _USUAL, _USUAL_NEEDED, server=server, example=_USUAL_EXAMPLE)
    for server in ("nginx", "apache")
)
