"""Lines to messages: as they are, with their ids and where they came from. They are only taken apart for their key."""

from itertools import pairwise

import polars as pl

from ingest import formats
from ingest.convert import Converted, Converter
from ingest.formats.matching import Matched, match
from ingest.kafka.messages import LineOrigin, line_items
from ingest.parse import LINE, ROW, frame_of
from ingest.reader import Chunk


class LineConverter(Converter):
    """Makes messages of the lines of one file. Whoever reads the topic makes documents of them."""

    def convert(self, chunk: Chunk, ingested: str) -> Converted:
        """ingested: of no concern here. All lines are events: which are rejects is not known yet."""
        del ingested
        self.get_to_know(chunk)
        frame = frame_of(chunk)
        before = self.log_format
        matched = match(frame, formats.candidates(before, self.only), LINE, ROW)
        self.note_change(matched.counts, matched.fields, chunk)
        items = line_items(chunk, self.ids(chunk), self._keys(matched, frame.height), self._origins(frame, before))
        name = self.log_format.name if self.log_format else ""
        return Converted(items, frame[ROW], {}, format_name=name)

    def _keys(self, matched: Matched, count: int) -> list[str]:
        keys = [self.identity] * count
        if "address" in matched.taken.columns:
            for row, address in matched.taken.select(ROW, "address").iter_rows():
                keys[row] = address or self.identity
        return keys

    def _origins(self, frame: pl.DataFrame, before: formats.LogFormat | None) -> list[bytes]:
        """Of each line. A `#Fields` line changes how those behind it are read, wherever they are read."""
        texts = frame[LINE]
        starts = texts.str.starts_with(formats.w3c.FIELDS).arg_true().to_list()
        if not starts or (self.only and not isinstance(before, formats.w3c.W3cFormat)):
            return [self._origin(self.log_format)] * frame.height
        origins = [self._origin(before)] * starts[0]
        for start, end in pairwise([*starts, frame.height]):
            origins += [self._origin(formats.w3c.of_header(texts[start]))] * (end - start)
        return origins

    def _origin(self, log_format: formats.LogFormat | None) -> bytes:
        return LineOrigin(
            self.identity, self.path, self.host, self.namespace, self.server, log_format.name if log_format else "",
            self.only, self.timezone,
        ).header()  # fmt: skip
