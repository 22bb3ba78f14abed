"""Logs to measure with: the sample log, as long as wished, or made-up lines where it is absent."""

import gzip
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

SAMPLES = Path("shared") / "data" / "logs"
SAMPLE_NAME = "drupal_courses_2015_access.log.gz"
DATE = re.compile(rb"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}):")
LAYOUT = "%d/%b/%Y"
MADE_UP = (
    '203.0.{}.{} - - [{:02}/Oct/2025:{:02}:{:02}:{:02} +0000] "GET /shop/item/{}?page={} HTTP/1.1" 200 {} '
    '"https://shop.example/shop" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
)


def sample() -> Path | None:
    """The sample log beside the checkout, or beside the folder that holds several."""
    found = (folder / SAMPLES / SAMPLE_NAME for folder in Path(__file__).parents)
    return next((path for path in found if path.is_file()), None)


def write_log(path: Path, source: Path | None, count: int) -> int:
    """Write `count` lines: those of a log, again and again, each time later by its own span of whole days, or made-up
    ones without a source. Return the bytes written.
    """
    written = 0
    with path.open("wb") as out:
        for lines in _repeated(source) if source else _made_up():
            part = lines[: count - written]
            out.writelines(part)
            written += len(part)
            if written >= count:
                break
    return path.stat().st_size


def _repeated(source: Path) -> Iterator[list[bytes]]:
    data = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    days = sorted({_day(text) for text in set(DATE.findall(data))})
    span = (days[-1] - days[0]).days + 1
    for turn in range(1 << 30):
        moved = data
        for day in days if turn else []:
            moved = moved.replace(_stamp(day), _stamp(day + timedelta(days=span * turn)))
        yield moved.splitlines(keepends=True)


def _day(text: bytes) -> date:
    return datetime.strptime(text.decode(), LAYOUT).date()  # noqa: DTZ007 - a date has no zone


def _stamp(day: date) -> bytes:
    return f"[{day.strftime(LAYOUT)}:".encode()


def _made_up() -> Iterator[list[bytes]]:
    for start in range(0, 1 << 40, 10_000):
        yield [made_up_line(number).encode() for number in range(start, start + 10_000)]


def made_up_line(number: int) -> str:
    """A combined line, three a second."""
    seconds = number // 3
    moment = (seconds // 86_400 % 28 + 1, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    client = number * 7919 % 4000
    return MADE_UP.format(client // 250, client % 250, *moment, number * 31 % 900, number % 7, 500 + number % 9000)
