"""Syslog messages: RFC 3164 as nginx, logger and rsyslog write it, RFC 5424, and both ways of framing on TCP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.reader import LONGEST_LINE_BYTES

NIL = "-"
LONGEST_COUNT_DIGITS = 8

_WORD = r"([!-~]{1,255})"
_RFC_5424 = re.compile(
    rb"<\d{1,3}>\d{1,2} \S+ " + _WORD.encode() + rb" " + _WORD.encode() + rb" \S+ \S+ "
    rb'(?:-|(?:\[[^ \]"]+(?: [^=\]" ]+="(?:[^"\\]|\\.)*")*\])+)(?: (?:\xef\xbb\xbf)?(.*))?',
    re.DOTALL,
)
# The host may be left out (nginx: nohostname). A tag ends with a colon and a blank; an IPv6 address does not.
_RFC_3164 = re.compile(
    rb"<\d{1,3}>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[!-~]+) "
    rb"(?:([!-~]{1,255}) )??([^\s:\[\]]{1,255})(?:\[[^\]\s]*\])?:(?: (.*))?",
    re.DOTALL,
)
_PRIORITY = re.compile(rb"<\d{1,3}>")


@dataclass(frozen=True)
class Message:
    """host, app: of the header, empty where it names none. line: the log line."""

    host: str
    app: str
    line: bytes


def parse(message: bytes) -> Message:
    """Take the header off. What has none is a line as it is."""
    message = message.rstrip(b"\r\n\0")
    for expression in (_RFC_5424, _RFC_3164):
        found = expression.fullmatch(message)
        if found:
            host, app = (_named(found[number]) for number in (1, 2))
            return Message(host, app, found[3] or b"")
    priority = _PRIORITY.match(message)
    return Message("", "", message[priority.end() :] if priority else message)


def _named(word: bytes | None) -> str:
    text = (word or b"").decode("ascii", "replace")
    return "" if text == NIL else text


class Framing:
    """Cuts a TCP stream into messages: counted octets (RFC 6587, 3.4.1) where one starts with a digit, else lines.

    Of a message longer than LONGEST_LINE_BYTES the rest is passed over: its line is too long to become an event.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._passing = 0  # octets of a counted message that are passed over
        self._passing_line = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now."""
        self._buffer += data
        while (message := self._next()) is not None:
            if message:
                yield message

    def rest(self) -> bytes:
        """What is left when the sender has closed: a last line without line feed."""
        left = b"" if self._passing or self._passing_line else bytes(self._buffer)
        self._buffer.clear()
        return left

    def _next(self) -> bytes | None:
        """The next message, empty where something was passed over; None if there is none yet."""
        buffer = self._buffer
        if self._passing:
            passed = min(self._passing, len(buffer))
            del buffer[:passed]
            self._passing -= passed
            return None if self._passing else b""
        count = re.match(rb"([1-9]\d{0,%d}) " % (LONGEST_COUNT_DIGITS - 1), buffer)
        if count and not self._passing_line:
            return self._counted(count.end(), int(count[1]))
        if (
            not self._passing_line
            and buffer[:1].isdigit()
            and len(buffer) <= LONGEST_COUNT_DIGITS
            and b"\n" not in buffer
        ):
            return None  # the count itself is not whole
        return self._line()

    def _counted(self, start: int, length: int) -> bytes | None:
        kept = min(length, LONGEST_LINE_BYTES)
        if len(self._buffer) < start + kept:
            return None
        message = bytes(self._buffer[start : start + kept])
        del self._buffer[: start + kept]
        self._passing = length - kept
        return message

    def _line(self) -> bytes | None:
        feed = self._buffer.find(b"\n")
        if feed < 0 and len(self._buffer) <= LONGEST_LINE_BYTES:
            return None
        end = feed if feed >= 0 else LONGEST_LINE_BYTES
        message = b"" if self._passing_line else bytes(self._buffer[:end])
        del self._buffer[: end + (feed >= 0)]
        self._passing_line = feed < 0
        return message
