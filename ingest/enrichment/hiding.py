"""The last step: pseudonyms for addresses and names in fields, in the line, and in every other text of a document."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from ingest import addresses
from ingest.distinct import Remembered
from ingest.documents import AS_IT_IS, FIELDS
from ingest.enrichment import lines
from ingest.enrichment.networks import parsed
from ingest.enrichment.pseudonyms import Pseudonyms
from ingest.enrichment.scrub import MAYBE_ADDRESS, replace_addresses, word
from ingest.parse import CHECK, LINE
from ingest.rejects import Reject
from wwwatch.ingest_settings import UNIX

SOURCE, PEER, USER = "source.address", "network.peer.address", "user.name"
EXTENSION = "url.extension"
LEFT_OUT = "[left out: it holds a name in a form that was not recognised]"
ADDRESSES = (SOURCE, "client.ip", PEER)
# Replaced as fields, or made by ourselves: no text to look for names in.
NO_TEXTS = frozenset({*AS_IT_IS, *ADDRESSES, *addresses.COLUMNS, USER, "@timestamp"})


@dataclass(frozen=True)
class _Known:
    """What a row names beside addresses in plain sight: words with their pseudonyms, and its own addresses."""

    words: Sequence[tuple[re.Pattern[str], str]]
    own: frozenset[str]


class Hide:
    """A step. The check of a line, which is part of its id, is hidden as well: whoever has the rest of the line could
    otherwise try all addresses until the check fits.
    """

    def __init__(self, pseudonyms: Pseudonyms, addresses: bool, users: bool, keep_rejects: bool) -> None:
        self._pseudonyms = pseudonyms
        self._addresses, self._users, self._keep_rejects = addresses, users, keep_rejects
        self._clients = Remembered(self._build_clients)
        self._user_names = Remembered(
            lambda names: pl.DataFrame({USER: map(pseudonyms.of_user, names)}, {USER: pl.String})
        )

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame.is_empty():
            return frame
        frame = self._in_texts(self.checked(frame))
        columns: list[pl.Series] = []
        if self._addresses:
            for field in (field for field in ADDRESSES if field in frame.columns):
                known = self._clients(frame[field])
                columns.append(known["pseudonym"].alias(field))
                columns += [known[name] for name in addresses.COLUMNS if field == SOURCE]
        if self._users and USER in frame.columns:
            columns.append(self._user_names(frame[USER])[USER])
        return frame.with_columns(columns)

    def of_hidden(self) -> "Hide":
        """The same for lines in which addresses are pseudonyms already."""
        return Hide(self._pseudonyms.keeping_addresses(), self._addresses, self._users, self._keep_rejects)

    def checked(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines with their checks hidden."""
        hidden = self._pseudonyms.of_checks(lines[CHECK].to_list())
        return lines.with_columns(pl.Series(CHECK, hidden, dtype=pl.UInt32))

    def of_reject(self, reject: Reject) -> Reject:
        """A line no format takes: with the addresses in it replaced, or without its text."""
        [check] = self._pseudonyms.of_checks([reject.check])
        if not self._keep_rejects:
            message = f"{reject.message}; its text is left out, since it may name a person"
            return replace(reject, check=check, raw=b"", message=message)
        text = reject.raw.decode("utf-8", "surrogateescape")
        if self._addresses:
            text = replace_addresses(text, self._pseudonyms.of_address)
        raw = text.encode("utf-8", "surrogateescape")
        # What was cut off stays the difference.
        return replace(reject, check=check, raw=raw, length=reject.length - len(reject.raw) + len(raw))

    def _build_clients(self, values: pl.Series) -> pl.DataFrame:
        hidden = pl.Series("pseudonym", self._pseudonyms.of_clients(values.to_list()), dtype=pl.String)
        return addresses.fields(hidden).with_columns(hidden)

    def _in_texts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Replace in the line and in every other text. Most lines name their client once and nobody else: fast."""
        odd = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
        line = frame[LINE]
        if self._addresses:
            client = frame[SOURCE]
            peer = frame[PEER] if PEER in frame.columns else pl.repeat(None, frame.height, dtype=pl.String, eager=True)
            cut = lines.without(line, client, peer)
            line = lines.mended(cut, self._clients(client)["pseudonym"], self._clients(peer)["pseudonym"])
            odd = lines.names_others(cut) | self._is_name(client) | self._is_name(peer)
        if self._users and USER in frame.columns:
            odd = odd | frame[USER].is_not_null()
        rows = odd.arg_true()
        if not len(rows):
            return frame.with_columns(line.alias(LINE))
        some = frame[rows]
        known_of = [self._known(*row) for row in some.select(_texts(some, (SOURCE, PEER, USER))).iter_rows()]
        texts = [name for name in FIELDS if name not in NO_TEXTS and frame.schema.get(name) == pl.String]
        columns = [line.scatter(rows, list(map(self._line_hidden, some[LINE], known_of))).alias(LINE)]
        named = pl.Series([bool(known.words) for known in known_of], dtype=pl.Boolean)
        for name in texts:
            here = (named | some[name].str.contains(MAYBE_ADDRESS)).arg_true()
            if len(here):
                hidden = [
                    self._hidden(text, known_of[at]) for at, text in zip(here, some[name].gather(here), strict=True)
                ]
                columns.append(frame[name].scatter(rows.gather(here), hidden))
        return _without_lost_extensions(frame.with_columns(columns))

    def _is_name(self, texts: pl.Series) -> pl.Series:
        return texts.is_not_null() & self._clients(texts)["source.ip"].is_null()

    def _known(self, source: str | None, peer: str | None, user: str | None) -> _Known:
        found: dict[str, str] = {}
        own = [name for name in (source, peer) if name and self._addresses]
        found |= {
            name: self._pseudonyms.of_host(name) for name in own if parsed(name) is None and not name.startswith(UNIX)
        }
        if user and self._users:
            found[user] = self._pseudonyms.of_user(user)
        longest_first = sorted(found, key=len, reverse=True)
        return _Known([(word(name), found[name]) for name in longest_first], frozenset(own))

    def _line_hidden(self, line: str, known: _Known) -> str:
        """A line without its names; nothing of it, if one of them is written in a way we do not know."""
        if all(expression.search(line) for expression, _ in known.words):
            return self._hidden(line, known) or ""
        return LEFT_OUT

    def _hidden(self, text: str | None, known: _Known) -> str | None:
        if text is None:
            return None
        for expression, pseudonym in known.words:
            text = expression.sub(pseudonym, text)
        return replace_addresses(text, self._pseudonyms.of_address, known.own) if self._addresses else text


def _without_lost_extensions(frame: pl.DataFrame) -> pl.DataFrame:
    """`url.extension` only where the path still ends in it: it may have been the end of a name."""
    if EXTENSION not in frame.columns:
        return frame
    end = pl.concat_str(pl.lit("."), pl.col(EXTENSION))
    return frame.with_columns(pl.when(pl.col("url.path").str.to_lowercase().str.ends_with(end)).then(pl.col(EXTENSION)))


def _texts(frame: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    """Columns of texts, of nothing where the frame has none."""
    return [pl.col(name) if name in frame.columns else pl.lit(None, dtype=pl.String).alias(name) for name in names]
