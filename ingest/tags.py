"""Tags: what a request shows by itself, by vectorised matching. Each distinct target and agent is looked at once."""

from collections.abc import Callable, Mapping

import polars as pl

from ingest import signatures
from ingest.requests import GARBAGE, PREFACE_METHOD

NAMES = (
    "static", "login", "probe", "sqli", "xss", "traversal", "rce", "tool-agent", "script-agent", "bot", "empty-agent",
    "proxy", "malformed",
)  # fmt: skip
BIT = {name: 1 << number for number, name in enumerate(NAMES)}
# Bits that are no tags: they become `probe` only together with the answer.
HUNTED, ABSENT = 1 << len(NAMES), 1 << len(NAMES) + 1

NOT_THERE = (404, 410)
ANSWERED = (200, 201, 202, 203, 204, 206, 304)
BAD_REQUEST = 400
REMEMBERED_VALUES = 50_000
REMEMBERED_LENGTH = 256
NOTHING = ("-", "")
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
    status = frame["http.response.status_code"]
    bits = _per_value(frame["target"], _remembered_target_bits) | _if(_is_foreign(frame), BIT["proxy"])
    bits = bits | _if(frame["method"] == PREFACE_METHOD, BIT["malformed"])
    if "agent" in frame.columns:
        bits = (
            bits
            | _per_value(frame["agent"], _remembered_agent_bits)
            | _if(frame["agent"].is_in(NOTHING), BIT["empty-agent"])
        )
    if "referrer" in frame.columns:
        bits = bits | _per_value(frame["referrer"], _hostile_header_bits)
    if GARBAGE in frame.columns:
        bits = bits | _if(_is_noise(frame, status), BIT["malformed"]) | _per_value(frame[GARBAGE], _garbage_bits)
    # A hunted path is a probe unless its owner got an answer, or a crawler follows old links; a crawler that names
    # itself and is a tool all the same counts.
    crawler = _has(bits, BIT["bot"]) & ~_has(bits, BIT["tool-agent"])
    refused = _has(bits, HUNTED) & ~status.is_in(ANSWERED)
    absent = _has(bits, ABSENT) & status.is_in(NOT_THERE)
    bits = (bits | _if((refused | absent) & ~crawler, BIT["probe"])) & (len(_JSON) - 1)
    return frame.with_columns(_JSON.gather(bits).alias("tags"))


class _Remembered:
    """A function of distinct values to bits that keeps what it found: sites are asked for the same things all day.

    Values are looked up one by one in Python, which is far cheaper than a dozen expressions. Long values are not kept,
    and all is forgotten when there are too many, so memory stays bounded (about 20 MB) whatever is asked for.
    """

    def __init__(self, build: Callable[[pl.Series], pl.Series]) -> None:
        self._build = build
        self._known: dict[str, int] = {}

    def __call__(self, values: pl.Series) -> pl.Series:
        known = self._known
        unknown = values.filter(pl.Series([text not in known for text in values.to_list()], dtype=pl.Boolean))
        fresh = dict(zip(unknown.to_list(), self._build(unknown).to_list(), strict=True)) if len(unknown) else {}
        bits = [fresh[text] if text in fresh else known[text] for text in values.to_list()]
        if len(known) > REMEMBERED_VALUES:
            known.clear()
        known.update((text, found) for text, found in fresh.items() if len(text) <= REMEMBERED_LENGTH)
        return pl.Series(bits, dtype=pl.Int32)


def _if(condition: pl.Series, bit: int) -> pl.Series:
    return condition.fill_null(value=False).cast(pl.Int32) * bit


def _has(bits: pl.Series, bit: int) -> pl.Series:
    return (bits & bit) != 0


def _per_value(values: pl.Series, build: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Bits of each value, worked out once per distinct value; 0 for null."""
    distinct = values.unique().drop_nulls()
    known = pl.DataFrame({"value": distinct, "bits": build(distinct)})
    found = values.to_frame("value").join(known, on="value", how="left", maintain_order="left")
    return found["bits"].fill_null(0)


def _matches(texts: pl.Series, expressions: Mapping[str, str]) -> pl.Series:
    """The bits of the tags whose expression is found in each text."""
    bits = pl.repeat(0, len(texts), dtype=pl.Int32, eager=True)
    for name, expression in expressions.items():
        bits = bits | _if(texts.str.contains(expression), BIT[name])
    return bits


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


def _target_bits(targets: pl.Series) -> pl.Series:
    plain = decoded(targets)
    local = plain.str.replace(r"^[a-z][a-z0-9+.-]*://[^/?]*", "")
    path = local.str.extract(r"(?s)^([^?]*)").str.replace_all("//", "/", literal=True)
    path = path.str.replace("/.well-known/", "/", literal=True)
    is_static = path.str.extract(r"\.([a-z0-9]{1,5})$").is_in(signatures.STATIC).fill_null(value=False)
    is_probe = path.str.contains(signatures.PROBE) | local.str.contains(signatures.PROBE_QUERY)
    attacks = {"sqli": signatures.SQLI, "xss": signatures.XSS, "rce": signatures.RCE, "traversal": signatures.TRAVERSAL}
    hidden = plain.str.contains(signatures.PARENT) & targets.str.to_lowercase().str.contains(signatures.HIDDEN_DOTS)
    return (
        _matches(plain, attacks)
        | _if(hidden, BIT["traversal"])
        | _if(is_static, BIT["static"])
        | _if(path.str.contains(signatures.LOGIN) & ~is_static, BIT["login"])
        | _if(is_probe, BIT["probe"])
        | _if(path.str.contains(signatures.HUNTED) & ~is_static, HUNTED)
        | _if(path.str.contains(signatures.ABSENT) & ~is_static, ABSENT)
    )


def _garbage_bits(requests: pl.Series) -> pl.Series:
    """Of other protocols only commands make sense."""
    return _matches(decoded(requests), {"rce": signatures.RCE})


def _agent_bits(agents: pl.Series) -> pl.Series:
    plain = agents.str.to_lowercase().str.replace_all("cubot", "", literal=True)  # a phone, not a crawler
    tool, research = plain.str.contains(signatures.TOOL_AGENT), plain.str.contains(signatures.RESEARCH_AGENT)
    others = {"script-agent": signatures.SCRIPT_AGENT, "rce": signatures.HOSTILE_HEADER}
    return (
        _matches(plain, others)
        | _if(tool | research, BIT["tool-agent"])
        | _if((plain.str.contains(signatures.BOT) & ~tool) | research, BIT["bot"])
    )


def _hostile_header_bits(referrers: pl.Series) -> pl.Series:
    return _matches(referrers.str.to_lowercase(), {"rce": signatures.HOSTILE_HEADER})


def _is_foreign(frame: pl.DataFrame) -> pl.Series:
    """Whether a request asks for somebody else's site: CONNECT, or a URL of another host than the one it came to."""
    tunnel = (frame["method"] == "CONNECT").fill_null(value=False)
    if frame["target_host"].null_count() == frame.height:
        return tunnel
    own = (frame["target_host"] == frame["domain"].str.to_lowercase()).fill_null(value=False)
    return tunnel | (frame["target_host"].is_not_null() & ~own)


def _is_noise(frame: pl.DataFrame, status: pl.Series) -> pl.Series:
    """Whether the request line is not HTTP. An empty one is only a connection given up, unless it was called bad."""
    empty = frame["request"].is_in(NOTHING).fill_null(value=False) & (status == BAD_REQUEST).fill_null(value=False)
    return frame[GARBAGE].is_not_null() | empty


_remembered_target_bits = _Remembered(_target_bits)
_remembered_agent_bits = _Remembered(_agent_bits)
