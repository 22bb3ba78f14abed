"""Who asked, where a proxy passed the request on. What is known is the peer; what headers say is hearsay.

The header is read from the right: its last entry was written by the peer, and counts only if the peer is a trusted
proxy; the one before counts only if the last is a trusted proxy too, and so on. The first address that is no trusted
proxy is the client. What stands left of it the client wrote itself, and is never believed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from ingest import addresses
from ingest.distinct import Remembered
from ingest.enrichment.networks import Networks, parsed
from ingest.enrichment.tagging import with_tags

PEER = "network.peer.address"
SPOOFED = "spoofed-forwarded"
MOST_CLAIMS = 10  # entries a client brings itself; real chains of proxies have two or three
NOTHING = ("", "-")
# The column of each header, as formats name it.
COLUMNS = {"x-forwarded-for": "forwarded_for", "forwarded": "forwarded", "x-real-ip": "real_ip"}
# RFC 7239, section 6.3: `unknown`, and identifiers made up to hide an address.
_HIDDEN = re.compile(r"unknown|_[A-Za-z0-9._-]+", re.IGNORECASE)
_PORT = re.compile(r":(?:[0-9]{1,5}|_[A-Za-z0-9._-]+)$")
_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))', re.IGNORECASE)
# Commas outside of quotes. An unfinished quote reaches to the end.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_KEY = "\n"  # no line holds one


@dataclass(frozen=True)
class Found:
    """client: None where the peer is the client itself, or the nearest that can be known. spoofed: see `walk`."""

    client: str | None
    spoofed: bool


def walk(peer: str, entries: Sequence[str], trusted: Networks) -> Found:
    """Find the client behind a peer. entries: of the header, left to right, each an address or what should be one.

    An entry that is no address ends the walk: the last address before it, a trusted proxy, is all that is known. If
    all are trusted proxies, the leftmost asked by itself. spoofed: what the client claims is no honest proxy's doing:
    it says to be the server itself (loopback first in the list), a public address of a trusted proxy, an address nobody
    can have, something that is no address, or more hops than there are. Private addresses are honest: companies'
    proxies add them.
    """
    client, claims = peer, list(entries)
    if trusted.holds(peer):
        while claims:
            address = parsed(node_of(claims[-1]))
            if address is None:
                break
            client = str(address)
            claims.pop()
            if address not in trusted:
                break
    spoofed = len(claims) > MOST_CLAIMS or any(
        _is_lie(claim, number == 0, trusted) for number, claim in enumerate(claims)
    )
    return Found(client if client != peer else None, spoofed)


def _is_lie(claim: str, is_first: bool, trusted: Networks) -> bool:
    text = node_of(claim)
    address = parsed(text)
    if address is None:
        return bool(text) and not _HIDDEN.fullmatch(text)
    if address.is_loopback:
        return is_first
    return address.is_unspecified or address.is_multicast or (address.is_global and address in trusted)


def node_of(entry: str) -> str:
    """The address in an entry, without brackets and port."""
    text = entry.strip()
    if text.startswith("["):
        inner, bracket, port = text[1:].partition("]")
        return inner if bracket and (not port or _PORT.fullmatch(port)) else text
    # With two colons it is an IPv6 address, and the last part no port.
    return _PORT.sub("", text) if text.count(":") == 1 else text


def split_list(header: str) -> list[str]:
    """The entries of X-Forwarded-For."""
    return header.split(",")


def split_forwarded(header: str) -> list[str]:
    """What `for=` says in each element of `Forwarded` (RFC 7239); an element without it says nothing."""
    found = [_FORWARDED_FOR.search(element) for element in _ELEMENT.findall(header)]
    return ["" if match is None else re.sub(r"\\(.)", r"\1", match[1] or match[2] or "") for match in found]


_SPLIT: dict[str, Callable[[str], list[str]]] = {
    "forwarded_for": split_list,
    "forwarded": split_forwarded,
    "real_ip": lambda header: [header],
}


class RealClient:
    """A step that makes `source` the client, and keeps the peer in `network.peer.address`.

    header: a key of COLUMNS. Sets `source.address`, `source.ip`, `wwwatch.net` and, where the client was found in the
    header, `client.ip`; tags what was made up.
    """

    def __init__(self, trusted_proxies: Sequence[str], header: str) -> None:
        self._column = COLUMNS[header]
        self._trusted = Networks(trusted_proxies)
        self._found = Remembered(self._build)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._column not in frame.columns:
            return frame
        header = frame[self._column]
        if (header.is_in(NOTHING) | header.is_null()).all():
            return frame
        keys = frame.select(
            pl.when(~pl.col(self._column).is_in(NOTHING)).then(
                pl.concat_str("source.address", pl.lit(_KEY), self._column)
            )
        ).to_series()
        found = self._found(keys)
        behind = found["client"].is_not_null()
        peer = frame["source.address"]
        # Where the server itself has found a client, its peer is nearer still.
        nearer = [pl.col(PEER)] if PEER in frame.columns else []
        frame = frame.with_columns(
            pl.coalesce(found["client"], peer).alias("source.address"),
            *(pl.when(behind).then(found[name]).otherwise(pl.col(name)).alias(name) for name in addresses.COLUMNS),
            found["client"].alias("client.ip"),
            pl.coalesce(*nearer, pl.when(behind).then(peer)).alias(PEER),
        )
        spoofed = found["spoofed"].fill_null(value=False)
        return with_tags(frame, [SPOOFED], spoofed) if spoofed.any() else frame

    def _build(self, keys: pl.Series) -> pl.DataFrame:
        pairs = [key.split(_KEY, 1) for key in keys.to_list()]
        found = [walk(peer, _SPLIT[self._column](header), self._trusted) for peer, header in pairs]
        clients = pl.Series("client", [item.client for item in found], dtype=pl.String)
        spoofed = pl.Series("spoofed", [item.spoofed for item in found], dtype=pl.Boolean)
        return pl.DataFrame([clients, spoofed]).hstack(addresses.fields(clients))
