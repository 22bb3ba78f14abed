"""Lines that name their client once and nobody else, as most do: they are hidden by a few passes over whole columns."""

import polars as pl

from ingest.enrichment.scrub import MAYBE_ADDRESS, VERSION

# Stand for the client and the peer in a line; no line holds a line feed.
_CLIENT, _PEER = "\n", "\n\n"
_INSIDE_A_WORD = r"[\w.:%]\n|\n[\w.:%-]"


def without(lines: pl.Series, clients: pl.Series, peers: pl.Series) -> pl.Series:
    """The lines with marks where they name their client and their peer, if they have one (null otherwise)."""
    cut = list(map(_cut, lines.to_list(), clients.to_list(), peers.to_list()))
    return pl.Series("cut", cut, dtype=pl.String)


def _cut(line: str, client: str | None, peer: str | None) -> str:
    if not client:
        return line
    if not peer or peer == client:
        return line.replace(client, _CLIENT)
    # One may be the start of the other.
    if client in peer:
        return line.replace(peer, _PEER).replace(client, _CLIENT)
    return line.replace(client, _CLIENT).replace(peer, _PEER)


def names_others(cut: pl.Series) -> pl.Series:
    """Whether a line may hold more addresses, or its own in more than one place, so that it needs a closer look."""
    frame = cut.to_frame("cut")
    column = pl.col("cut")
    peers = column.str.count_matches(_PEER, literal=True)
    return frame.select(
        (column.str.count_matches(_CLIENT, literal=True) - 2 * peers > 1)
        | (peers > 1)
        | column.str.contains(_INSIDE_A_WORD)
        | (column.str.count_matches(MAYBE_ADDRESS) > column.str.count_matches(VERSION))
    ).to_series()


def mended(cut: pl.Series, clients: pl.Series, peers: pl.Series) -> pl.Series:
    """The lines with pseudonyms in the place of the marks."""
    frame = pl.DataFrame({"cut": cut, "client": clients, "peer": peers})
    whole = pl.col("cut")
    if peers.null_count() < len(peers):
        whole = whole.str.replace(_PEER, pl.col("peer").fill_null(_PEER), literal=True)
    return frame.select(whole.str.replace(_CLIENT, pl.col("client"), literal=True)).to_series()
