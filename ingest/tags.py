"""Tags: what a request shows by itself, by vectorised matching. Each distinct target and agent is looked at once."""

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from operator import or_

import polars as pl

from ingest import signatures
from ingest.distinct import Remembered
from ingest.requests import GARBAGE, PREFACE_METHOD

NAMES = (
    "static", "login", "probe", "sqli", "xss", "traversal", "rce", "tool-agent", "script-agent", "bot", "empty-agent",
    "proxy", "malformed",
)  # fmt: skip
# The last two are no tags: they become `probe` only together with the answer.
BIT = {name: 1 << number for number, name in enumerate((*NAMES, "hunted", "absent"))}

NOT_THERE = (404, 410)
ANSWERED = (200, 201, 202, 203, 204, 206, 304)
BAD_REQUEST = 400
NOTHING = ("-", "")
STATUS = "http.response.status_code"
_DECODING = {f"%{code:02x}": chr(code) for code in range(128)} | {f"%u00{code:02x}": chr(code) for code in range(128)}
# Every combination of tags, by its bits, as JSON: looked up instead of put together line by line.
_JSON = pl.Series(
    [
        "[" + ",".join(f'"{name}"' for name in NAMES if bits & BIT[name]) + "]" if bits else None
        for bits in range(1 << len(NAMES))
    ],
    dtype=pl.String,
)


def add(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `tags`: a JSON array as text, null where no tag fits.

    Needs method, target, domain, http.response.status_code and what `requests.fields` made; uses agent and referrer as
    logged, and the request line with its garbage (what is not HTTP), where present.
    """
    given = tuple(column for column in _BITS_OF if column in frame.columns)
    shown = [_BITS_OF[column](frame[column])["bits"].alias(f"{column}.bits") for column in given]
    found = frame.hstack(shown).select(STATUS, _found(given)).select(_judged())["bits"]
    return frame.hstack([_JSON.gather(found & (len(_JSON) - 1)).alias("tags")])


@cache
def _found(given: tuple[str, ...]) -> pl.Expr:
    """The bits of a request, by the columns that show something."""
    bits = _if(_is_foreign(), "proxy") | _if(pl.col("method") == PREFACE_METHOD, "malformed")
    for column in given:
        bits |= pl.col(f"{column}.bits").fill_null(0)
    return (bits | _if(_is_noise(), "malformed") if GARBAGE in given else bits).alias("bits")


@cache
def _judged() -> pl.Expr:
    """The bits of a request, by what the answer was.

    A hunted path is a probe unless its owner got an answer, or a crawler follows old links; a crawler that names
    itself and is a tool all the same counts.
    """
    found, status = pl.col("bits"), pl.col(STATUS)
    crawler = _has(found, "bot") & ~_has(found, "tool-agent")
    refused = _has(found, "hunted") & ~status.is_in(ANSWERED)
    absent = _has(found, "absent") & status.is_in(NOT_THERE)
    return found | _if((refused | absent) & ~crawler, "probe")


def _if(condition: pl.Expr, tag: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(BIT[tag], dtype=pl.Int32)).otherwise(pl.lit(0, dtype=pl.Int32))


def _has(bits: pl.Expr, tag: str) -> pl.Expr:
    return (bits & BIT[tag]) != 0


def _matches(text: pl.Expr, expressions: Mapping[str, str]) -> pl.Expr:
    """The bits of the tags whose expression is found in each text."""
    return reduce(or_, (_if(text.str.contains(expression), name) for name, expression in expressions.items()))


def decoded(texts: pl.Series) -> pl.Series:
    """Lower-case text with percent escapes and plus signs undone, twice where it was encoded twice.

    Escapes of bytes beyond ASCII stay as they are: no signature is written in them, overlong forms apart.
    """
    plain = texts.str.to_lowercase()
    if plain.str.contains("+", literal=True).any():
        plain = plain.str.replace_all("+", " ", literal=True)
    for _ in range(2):
        escaped = plain.str.contains("%", literal=True).arg_true()
        if not len(escaped):
            break
        parts = plain.gather(escaped).str.replace_many(list(_DECODING), list(_DECODING.values()))
        plain = plain.scatter(escaped, parts)
        plain = plain.str.to_lowercase()
    return plain


def _target_bits(targets: pl.Series) -> pl.DataFrame:
    plain, local, path = pl.col("plain"), pl.col("local"), pl.col("path")
    texts = (
        pl.DataFrame({"target": targets, "plain": decoded(targets)})
        .with_columns(local=plain.str.replace(r"^[a-z][a-z0-9+.-]*://[^/?]*", ""))
        .with_columns(path=local.str.extract(r"(?s)^([^?]*)").str.replace_all("//", "/", literal=True))
        .with_columns(path=path.str.replace("/.well-known/", "/", literal=True))
        .with_columns(is_static=path.str.extract(r"\.([a-z0-9]{1,5})$").is_in(signatures.STATIC).fill_null(value=False))
    )
    is_static = pl.col("is_static")
    is_probe = path.str.contains(signatures.PROBE) | local.str.contains(signatures.PROBE_QUERY)
    attacks = {"sqli": signatures.SQLI, "xss": signatures.XSS, "rce": signatures.RCE, "traversal": signatures.TRAVERSAL}
    hides_dots = pl.col("target").str.to_lowercase().str.contains(signatures.HIDDEN_DOTS)
    return texts.select(
        bits=_matches(plain, attacks)
        | _if(plain.str.contains(signatures.PARENT) & hides_dots, "traversal")
        | _if(is_static, "static")
        | _if(path.str.contains(signatures.LOGIN) & ~is_static, "login")
        | _if(is_probe, "probe")
        | _if(path.str.contains(signatures.HUNTED) & ~is_static, "hunted")
        | _if(path.str.contains(signatures.ABSENT) & ~is_static, "absent")
    )


def told_by(column: str, values: Sequence[str]) -> dict[str, list[str]]:
    """Tag -> those of the values that show it by themselves. column: target or agent. With `hunted` and `absent`.

    For events that were stored without tags.
    """
    bits = _BITS_OF[column](pl.Series(values, dtype=pl.String))["bits"].to_numpy()
    return {
        name: [values[int(at)] for at in (bits & bit).nonzero()[0]] for name, bit in BIT.items() if (bits & bit).any()
    }


def _garbage_bits(requests: pl.Series) -> pl.DataFrame:
    """Of other protocols only commands make sense."""
    return decoded(requests).to_frame("plain").select(bits=_matches(pl.col("plain"), {"rce": signatures.RCE}))


def _agent_bits(agents: pl.Series) -> pl.DataFrame:
    plain = pl.col("plain")
    lowered = pl.col("agent").str.to_lowercase().str.replace_all("cubot", "", literal=True)  # a phone, not a crawler
    tool, research = plain.str.contains(signatures.TOOL_AGENT), plain.str.contains(signatures.RESEARCH_AGENT)
    others = {"script-agent": signatures.SCRIPT_AGENT, "rce": signatures.HOSTILE_HEADER}
    return (
        agents.to_frame("agent")
        .select("agent", plain=lowered)
        .select(
            bits=_matches(plain, others)
            | _if(tool | research, "tool-agent")
            | _if((plain.str.contains(signatures.BOT) & ~tool) | research, "bot")
            | _if(pl.col("agent").is_in(NOTHING), "empty-agent")
        )
    )


def _referrer_bits(referrers: pl.Series) -> pl.DataFrame:
    lowered = referrers.str.to_lowercase().to_frame("plain")
    return lowered.select(bits=_matches(pl.col("plain"), {"rce": signatures.HOSTILE_HEADER}))


def _is_foreign() -> pl.Expr:
    """Whether a request asks for somebody else's site: CONNECT, or a URL of another host than the one it came to."""
    host, own = pl.col("target_host"), pl.col("domain").str.to_lowercase()
    return (pl.col("method") == "CONNECT") | (host.is_not_null() & host.ne_missing(own))


def _is_noise() -> pl.Expr:
    """Whether the request line is not HTTP. An empty one is only a connection given up, unless it was called bad."""
    called_bad = pl.col(STATUS) == BAD_REQUEST
    return pl.col(GARBAGE).is_not_null() | (pl.col("request").is_in(NOTHING) & called_bad)


# What each column of a frame shows by itself.
_BITS_OF = {
    "target": Remembered(_target_bits),
    "agent": Remembered(_agent_bits),
    "referrer": Remembered(_referrer_bits),
    GARBAGE: Remembered(_garbage_bits),
}
