"""The values a line may hold, and how those that come in several shapes become one.

A format names its values as below. What `ingest.parse` takes as it is: address, user, time, request (or method, target
and version), status, bytes, referrer, agent, domain. All others are turned into those, or into fields by their ECS
name, by `canonical`.

| value | is |
|---|---|
| addresses | clients and proxies by comma, the peer last: address and forwarded_for |
| peer | address and port: address |
| connection | whom the server spoke with, where it finds clients behind proxies by itself: `network.peer.address` |
| forwarded_for, forwarded, real_ip | raw text of those headers, for the enrichment |
| date, clock | the parts of a time in UTC, as W3C logs have them |
| epoch | since 1970, in seconds with or without decimals, milliseconds, microseconds |
| time_year, time_month, ... | pieces of a time; see `ingest.formats.pieces` |
| path, query, arguments | of a request target; query begins with `?`, arguments do not |
| protocol | `HTTP/1.1`: version |
| host | domain, with or without port |
| port, scheme | `url.port`, `url.scheme` |
| duration_s, _ms, _us, _ns | `event.duration`, nanoseconds |
| stages_s | the same as the sum of seconds, by blanks; -1 means that it never came so far |
| whole_bytes, request_bytes | `http.response.bytes`, `http.request.bytes`: headers included |
| tls, cipher | `tls.version_protocol` and `tls.version`, `tls.cipher` |
| request_id | `http.request.id` |
| upstream_address, upstream_status, upstream_s, cache | `wwwatch.upstream.*`; lists as nginx writes them |
"""

from collections.abc import Mapping

import polars as pl

from ingest.formats import pieces

PLAIN = frozenset({
    "address", "user", "time", "request", "method", "target", "version", "status", "bytes", "referrer", "agent",
    "domain",
})  # fmt: skip
# Texts to fields as they are, where there is something.
FIELDS: Mapping[str, str] = {
    "request_id": "http.request.id",
    "cipher": "tls.cipher",
    "scheme": "url.scheme",
    "upstream_address": "wwwatch.upstream.address",
    "upstream_status": "wwwatch.upstream.status",
    "cache": "wwwatch.upstream.cache",
}
NANOSECONDS = {"duration_s": 10**9, "duration_ms": 10**6, "duration_us": 10**3, "duration_ns": 1}
_DASHED = ("address", "method", "target", "domain", "forwarded_for", "forwarded", "real_ip")
_TLS_NUMBERS = {"769": "TLSv1.0", "770": "TLSv1.1", "771": "TLSv1.2", "772": "TLSv1.3"}
NOTHING = ("-", "")
PROXY = "network.peer.address"


def present(name: str) -> pl.Expr:
    """A text column without the dash and the empty text that stand for nothing."""
    return pl.when(~pl.col(name).is_in(NOTHING)).then(pl.col(name)).alias(name)


def canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn all values of a frame into those `ingest.parse` takes and into fields."""
    for name, step in _STEPS.items():
        if name in frame.columns:
            frame = step(frame)
    frame = pieces.moment(frame)
    frame = frame.with_columns(present(name) for name in _DASHED if name in frame.columns)
    present_fields = [present(name).alias(field) for name, field in FIELDS.items() if name in frame.columns]
    return frame.with_columns(present_fields).drop(*FIELDS, "arguments", "hit", strict=False)


def _addresses(frame: pl.DataFrame) -> pl.DataFrame:
    """The last of a list is the peer; those before it are what it said."""
    listed = pl.col("addresses").str.strip_chars()
    before = listed.str.extract(r"^(.*\S)\s*,[^,]*$")
    earlier = present("forwarded_for") if "forwarded_for" in frame.columns else pl.lit(None, dtype=pl.String)
    return frame.with_columns(
        address=listed.str.extract(r"([^\s,]+)$"), forwarded_for=pl.coalesce(before, earlier)
    ).drop("addresses")


def _peer(frame: pl.DataFrame) -> pl.DataFrame:
    """`1.2.3.4:80`, `[::1]:80`, `::1:80` or without port."""
    peer = pl.col("peer")
    address = (
        pl.when(peer.str.starts_with("["))
        .then(peer.str.extract(r"^\[([^\]]*)\]"))
        .when(peer.str.contains(r"^[^:]*$|^unix:$"))
        .then(peer)
        .otherwise(peer.str.replace(r":[0-9]+$", ""))
    )
    known = [pl.col("address")] if "address" in frame.columns else []
    return frame.with_columns(address=pl.coalesce(*known, address)).drop("peer")


def _connection(frame: pl.DataFrame) -> pl.DataFrame:
    """The proxy is kept beside the client; where no client is logged, it is all that is known."""
    other = present("connection")
    client = present("address") if "address" in frame.columns else pl.lit(None, dtype=pl.String)
    proxy = pl.when(other != client).then(other)
    return frame.with_columns(pl.coalesce(client, other).alias("address"), proxy.alias(PROXY)).drop("connection")


def _host(frame: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("host").str.extract_groups(r"^(?<name>\[[^\]]*\]|[^:]*)(?::(?<number>[0-9]{1,5}))?$")
    host = pl.coalesce(parts.struct["name"], pl.col("host"))
    frame = _with_default(frame, "domain", host)
    return _with_default(frame, "port", parts.struct["number"]).drop("host")


def _with_default(frame: pl.DataFrame, name: str, default: pl.Expr) -> pl.DataFrame:
    """A column, filled from another one where it holds nothing."""
    if name not in frame.columns:
        return frame.with_columns(default.alias(name))
    return frame.with_columns(pl.coalesce(present(name), default).alias(name))


def _query(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(arguments=pl.col("query").str.strip_prefix("?")).drop("query")


def _path(frame: pl.DataFrame) -> pl.DataFrame:
    """Path and arguments are the target, where no better is logged."""
    target = present("path")
    if "arguments" in frame.columns:
        target = pl.concat_str(target, pl.lit("?") + present("arguments"), ignore_nulls=False).fill_null(target)
    if "request" in frame.columns:
        return frame.drop("path")
    return _with_default(frame, "target", target).drop("path")


def _protocol(frame: pl.DataFrame) -> pl.DataFrame:
    version = pl.col("protocol").str.extract(r"^(?i:HTTP)/([0-9](?:\.[0-9])?)$")
    return _with_default(frame, "version", version).drop("protocol")


def _port(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("port").cast(pl.UInt16, strict=False).alias("url.port")).drop("port")


def _whole_bytes(frame: pl.DataFrame) -> pl.DataFrame:
    """Detection looks at the body's size; where only the whole is logged, that is the nearest to it."""
    frame = _with_default(frame, "bytes", pl.col("whole_bytes"))
    whole = pl.col("whole_bytes").cast(pl.Int64, strict=False).alias("http.response.bytes")
    return frame.with_columns(whole).drop("whole_bytes")


def _request_bytes(frame: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("request_bytes").cast(pl.Int64, strict=False).alias("http.request.bytes")
    return frame.with_columns(size).drop("request_bytes")


def _tls(frame: pl.DataFrame) -> pl.DataFrame:
    """`TLSv1.3`, `SSLv3`, or only the number."""
    # Caddy writes the number of the protocol.
    tls = pl.col("tls").replace(_TLS_NUMBERS)
    parts = tls.str.extract_groups(r"^(?<protocol>(?i:TLS|SSL))?v?(?<number>[0-9](?:\.[0-9])?)$").struct
    protocol = pl.when(parts["number"].is_not_null()).then(
        pl.coalesce(parts["protocol"].str.to_lowercase(), pl.lit("tls"))
    )
    return frame.with_columns(
        protocol.alias("tls.version_protocol"), parts["number"].alias("tls.version")
    ).drop("tls")  # fmt: skip


def nanoseconds(text: pl.Expr, unit: int) -> pl.Expr:
    """A decimal number of a unit, in nanoseconds; null where it is none or negative (never happened)."""
    number = (text.cast(pl.Float64, strict=False) * unit).round()
    return pl.when((number >= 0) & (number < 2**62)).then(number).cast(pl.Int64)


def _duration(frame: pl.DataFrame) -> pl.DataFrame:
    """The finest of the durations that are logged."""
    known = [name for name in reversed(NANOSECONDS) if name in frame.columns]
    finest = pl.coalesce(nanoseconds(pl.col(name), NANOSECONDS[name]) for name in known)
    return frame.with_columns(finest.alias("event.duration")).drop(known)


def _sum_of_seconds(name: str) -> pl.Expr:
    each = pl.col(name).str.extract_all(r"[0-9]+(?:\.[0-9]+)?").list.eval(nanoseconds(pl.element(), 10**9))
    return pl.when(each.list.len() > 0).then(each.list.sum())


def _upstream_seconds(frame: pl.DataFrame) -> pl.DataFrame:
    """`0.010, 0.002 : 0.1`: several servers were asked one after the other; together they took the sum."""
    return frame.with_columns(_sum_of_seconds("upstream_s").alias("wwwatch.upstream.duration")).drop("upstream_s")


def _stages(frame: pl.DataFrame) -> pl.DataFrame:
    whole = pl.when(~pl.col("stages_s").str.contains("-", literal=True)).then(_sum_of_seconds("stages_s"))
    return frame.with_columns(whole.alias("event.duration")).drop("stages_s")


_STEPS = {
    "addresses": _addresses,
    "peer": _peer,
    "connection": _connection,
    "host": _host,
    "port": _port,
    "query": _query,
    "path": _path,
    "protocol": _protocol,
    "whole_bytes": _whole_bytes,
    "request_bytes": _request_bytes,
    "tls": _tls,
    "stages_s": _stages,
    "duration_ns": _duration,
    "duration_us": _duration,
    "duration_ms": _duration,
    "duration_s": _duration,
    "upstream_s": _upstream_seconds,
}
