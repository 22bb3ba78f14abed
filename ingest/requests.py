"""The request line and its target, taken apart."""

import polars as pl

# A method is a token; the target reaches to the last protocol word, spaces included, as hostile ones have them.
_HTTP = (
    r"(?s)^(?<method_>[A-Za-z][A-Za-z_-]{0,31}) +(?<target_>\S.*|) HTTP/(?<version_>[0-9](?:\.[0-9])?)\s*(?:\\n|\\r)*$"
)
_HTTP_0_9 = r"^(?<method_>GET|HEAD|POST) (?<target_>/[^ ]*)$"
NO_REQUEST = ("-", "")
PREFACE_METHOD = "PRI"  # HTTP/2 spoken to a server that expects HTTP/1: no request either

GARBAGE = "garbage"


def split_request_lines(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill method, target and version from whole request lines, where a format gave those.

    Adds garbage: the request line where it is not HTTP (TLS, other protocols, noise), else null.
    """
    request = frame["request"]
    groups = request.str.extract_groups(_HTTP).struct.unnest()
    old = request.str.extract_groups(_HTTP_0_9).struct.unnest()
    is_old = old["method_"].is_not_null()
    return (
        frame.with_columns(
            method=pl.coalesce(pl.col("method"), groups["method_"], old["method_"]),
            target=pl.coalesce(pl.col("target"), groups["target_"], old["target_"]),
            version=pl.coalesce(
                pl.col("version"), groups["version_"], pl.when(is_old).then(pl.lit("0.9"))
            ),
        )
        .with_columns(
            pl.when(pl.col("method").is_null() & ~pl.col("request").is_in(NO_REQUEST))
            .then(pl.col("request"))
            .alias(GARBAGE)
        )
    )  # fmt: skip


def fields(targets: pl.Series) -> pl.DataFrame:
    """`url.path`, `url.query`, `url.extension` of request targets, and target_host where one names a host.

    A target is a path, `*`, an absolute URL (as sent to a proxy) or, for CONNECT, host:port.
    """
    absolute = targets.str.contains(r"^[A-Za-z][A-Za-z0-9+.-]*://")
    local, host = targets, pl.repeat(None, len(targets), dtype=pl.String, eager=True)
    if absolute.any():
        local = local.set(absolute, None)
        rows = absolute.arg_true()
        urls = targets.gather(rows)
        host = host.scatter(rows, urls.str.extract(r"^[^:]+://(?:[^/@]*@)?([^/?#:]*)").str.to_lowercase())
        local = local.scatter(rows, urls.str.replace(r"^[^:]+://[^/?#]*", ""))
    parts = local.str.splitn("?", 2).struct.unnest()
    path = parts["field_0"].set(parts["field_0"] == "", "/")
    return pl.DataFrame(
        {
            "url.path": path,
            "url.query": parts["field_1"].set(parts["field_1"] == "", None),
            "url.extension": path.str.extract(r"[^/]\.([A-Za-z0-9]{1,10})$").str.to_lowercase(),
            "target_host": host,
        }
    )
