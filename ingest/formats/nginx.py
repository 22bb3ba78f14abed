"""nginx `log_format` to a format."""

import re
from collections.abc import Iterator

from ingest.formats.compiled import Kind, Literal, Piece, Variable, compile_format
from ingest.formats.escapes import BACKSLASH, JSON
from ingest.formats.log_format import LineFormat
from ingest.formats.nginx_syntax import tokens, unescaped
from wwwatch.errors import UsageError

VARIABLE = re.compile(r"\$(?:\{([A-Za-z_0-9]+)\}|([A-Za-z_0-9]+))")
_WHOLE_TARGET = re.compile(r"\$(?:uri|document_uri)\$is_args\$(?:args|query_string)")
_ESCAPES = {"default": BACKSLASH, "json": JSON, "none": None}

# Value, kind and rank of each variable that is kept; of one value the lowest rank is kept where several are logged.
VARIABLES: dict[str, tuple[str, Kind, int]] = {
    "remote_addr": ("address", Kind.WORD, 0),
    "realip_remote_addr": ("connection", Kind.WORD, 0),
    "binary_remote_addr": ("", Kind.FREE, 0),
    "proxy_protocol_addr": ("address", Kind.WORD, 1),
    "proxy_add_x_forwarded_for": ("addresses", Kind.LIST, 0),
    "http_x_forwarded_for": ("forwarded_for", Kind.LIST, 0),
    "http_forwarded": ("forwarded", Kind.USUALLY_WORD, 0),
    "http_x_real_ip": ("real_ip", Kind.USUALLY_WORD, 0),
    "http_cf_connecting_ip": ("real_ip", Kind.USUALLY_WORD, 1),
    "http_true_client_ip": ("real_ip", Kind.USUALLY_WORD, 2),
    "remote_user": ("user", Kind.USUALLY_WORD, 0),
    "time_local": ("time", Kind.FREE, 1),
    "time_iso8601": ("time", Kind.WORD, 0),
    "msec": ("epoch", Kind.WORD, 0),
    "request": ("request", Kind.FREE, 0),
    "request_method": ("method", Kind.WORD, 0),
    "request_uri": ("target", Kind.USUALLY_WORD, 0),
    "uri": ("path", Kind.USUALLY_WORD, 0),
    "document_uri": ("path", Kind.USUALLY_WORD, 1),
    "args": ("arguments", Kind.USUALLY_WORD, 0),
    "query_string": ("arguments", Kind.USUALLY_WORD, 1),
    "server_protocol": ("protocol", Kind.WORD, 0),
    "status": ("status", Kind.WORD, 0),
    "body_bytes_sent": ("bytes", Kind.WORD, 0),
    "bytes_sent": ("whole_bytes", Kind.WORD, 0),
    "request_length": ("request_bytes", Kind.WORD, 0),
    "request_time": ("duration_s", Kind.WORD, 0),
    "http_referer": ("referrer", Kind.USUALLY_WORD, 0),
    "http_user_agent": ("agent", Kind.FREE, 0),
    "host": ("host", Kind.WORD, 0),
    "http_host": ("host", Kind.USUALLY_WORD, 1),
    "server_name": ("host", Kind.WORD, 2),
    "ssl_server_name": ("host", Kind.WORD, 3),
    "server_port": ("port", Kind.WORD, 0),
    "scheme": ("scheme", Kind.WORD, 0),
    "request_id": ("request_id", Kind.WORD, 0),
    "http_x_request_id": ("request_id", Kind.USUALLY_WORD, 1),
    "ssl_protocol": ("tls", Kind.WORD, 0),
    "ssl_cipher": ("cipher", Kind.WORD, 0),
    "upstream_addr": ("upstream_address", Kind.LIST, 0),
    "upstream_status": ("upstream_status", Kind.LIST, 0),
    "upstream_response_time": ("upstream_s", Kind.LIST, 0),
    "upstream_cache_status": ("cache", Kind.WORD, 0),
}
_TIME_LOCAL = r"(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4})"


def directive(text: str) -> LineFormat:
    """The format of a `log_format` directive, or of its body alone. Raise UsageError where it makes no sense."""
    body, escape = _taken_apart(text.strip())
    return of_body(text.strip(), body, escape)


def of_body(name: str, body: str, escape: str = "default") -> LineFormat:
    """The format of the text that a `log_format` joins, quotes taken off."""
    if escape not in _ESCAPES:
        raise UsageError(f"escape={escape} is no escaping of nginx.", f"It knows: {', '.join(_ESCAPES)}.")
    return compile_format(name, list(_pieces(body)), "nginx", _ESCAPES[escape], may_be_empty=escape != "default")


def _taken_apart(text: str) -> tuple[str, str]:
    """(body, escape) of a directive, or of a body as it is."""
    whole = text.startswith("log_format")
    if not whole and not text.startswith(("'", "escape=")):
        return unescaped(text), "default"
    words = [token.text for token in tokens(text, "--format") if not token.mark]
    words = words[2:] if whole else words
    escape = "default"
    if words and words[0].startswith("escape="):
        escape, words = words[0].removeprefix("escape="), words[1:]
    return "".join(words), escape


def _pieces(body: str) -> Iterator[Piece]:
    at = 0
    for match in VARIABLE.finditer(body):
        if match.start() < at:
            continue
        if match.start() > at:
            yield Literal(body[at : match.start()])
        at = match.end()
        if whole := _WHOLE_TARGET.match(body, match.start()):
            at = whole.end()
            yield Variable(whole[0], whole.start() + 1, Kind.USUALLY_WORD, "target", 1)
            continue
        yield _variable(match[1] or match[2], match)
    if at < len(body):
        yield Literal(body[at:])


def _variable(name: str, match: re.Match[str]) -> Variable:
    place = match.start() + 1
    if name == "time_local":
        return Variable(match[0], place, Kind.FIXED, "time", 1, _TIME_LOCAL)
    if name in VARIABLES:
        value, kind, rank = VARIABLES[name]
        return Variable(match[0], place, kind, value, rank)
    if name.startswith("upstream_"):
        return Variable(match[0], place, Kind.LIST)
    if name.startswith(("http_", "cookie_", "arg_", "sent_http_", "request_body", "ssl_client_s", "ssl_client_i")):
        return Variable(match[0], place, Kind.USUALLY_WORD)
    return Variable(match[0], place, Kind.WORD)
