"""What must hold for any bytes at all. Each target takes bytes and raises AssertionError, or whatever is broken."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import orjson
import polars as pl

from ingest import formats
from ingest.convert import Converter
from ingest.formats import apache_syntax, nginx_syntax
from ingest.formats.log_format import LogFormat
from ingest.preview import in_order
from ingest.reader import Chunk
from wwwatch.errors import UsageError

INGESTED = "2026-01-01T00:00:00.000Z"
NAMES = ("auto", *formats.FORMATS)


@cache
def _named(name: str) -> LogFormat | None:
    return formats.named(name)


def lines(data: bytes) -> None:
    """Every line becomes one document, of itself, whichever format is asked for. The first byte chooses that."""
    name, raw = NAMES[(data[0] if data else 0) % len(NAMES)], data[1:].split(b"\n")
    wished = _named(name)
    converter = Converter(
        "id", "p", "default", "host", "", wished, only=wished is not None, with_actions=False, timezone="Europe/Berlin"
    )
    chunk = Chunk(0, len(data), raw, b"")
    documents = [orjson.loads(text) for text in in_order(converter.convert(chunk, INGESTED))]
    assert len(documents) == len(raw)
    for document, line in zip(documents, raw, strict=True):
        text = line.decode("utf-8", "backslashreplace")
        assert document["event"]["original"] in {text, text.removesuffix("\r")}


def directive(data: bytes) -> None:
    """A directive is taken, and then reads lines, or is refused with a reason."""
    text, _, line = data.decode("utf-8", "replace").partition("\n")
    if not text.strip() or (":" in text and not text.startswith("#")):
        text = "$" + text.replace(":", "")  # a colon may name a file
    found = None
    with suppress(UsageError):
        found = formats.named(text)
    if found is None:
        return
    for reading in found.readings():
        taken = pl.Series([line, text])
        assert len(reading.test(taken)) == len(reading.read(taken)) == 2


def configuration(data: bytes) -> None:
    """Words of a configuration, or a reason why there are none."""
    text = data.decode("utf-8", "replace")
    with suppress(UsageError):
        assert all(token.text or not token.mark for token in nginx_syntax.tokens(text, "fuzz"))
    for _, line in apache_syntax.lines(text):
        with suppress(UsageError):
            assert all(isinstance(word, str) for word in apache_syntax.words(line, "fuzz"))


def any_of_them(data: bytes) -> None:
    """One of the other targets, by the first byte: they share the time there is."""
    each = [target for name, target in TARGETS.items() if name != "any"]
    each[(data[0] if data else 0) % len(each)](data[1:])


TARGETS: dict[str, Callable[[bytes], None]] = {
    "lines": lines,
    "directive": directive,
    "configuration": configuration,
    "any": any_of_them,
}
# Where the search starts.
SEEDS: dict[str, list[bytes]] = {
    "lines": [
        bytes((number,)) + formats.FORMATS[name].example.encode() if name in formats.FORMATS else b"\x00"
        for number, name in enumerate(NAMES)
    ],
    "directive": [
        b'%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"\n1.2.3.4',
        b'LogFormat "%{%Y-%m-%d}t %!200,304{Referer}i %X%k" x\n',
        b'$remote_addr [$time_local] "$request" $status\n1.2.3.4 [',
        b'log_format a escape=json \'{"a":"$request","b":$status}\';\n{',
        b"#Fields: date time c-ip cs(User-Agent)\n2024-01-01 00:00:00 ::1 x",
    ],
    "configuration": [
        b'http { log_format a \'b\' "c\\""; server { access_log x a; } } # y',
        b'<VirtualHost *:80>\nCustomLog "|x y" \\\n common\n</VirtualHost>',
    ],
}
SEEDS["any"] = [bytes((number,)) + seed for number, name in enumerate(SEEDS) for seed in SEEDS[name]]
