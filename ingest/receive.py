"""Lines from syslog senders and from a pipe, into the spool, by a thread of its own."""

import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Protocol
from urllib.parse import urlsplit

from ingest import syslog
from ingest.spool import STDIN, SYSLOG, Spool
from wwwatch.errors import InputError, UsageError

LONGEST_DATAGRAM_BYTES = 65_535
DATAGRAMS_A_ROUND = 1000
PIECE_BYTES = 1 << 18
RECEIVE_BUFFER_BYTES = 16 << 20  # asked for; the kernel gives what net.core.rmem_max allows
MOST_INLETS = 512
ROUND_SECONDS = 0.1  # what arrives within it is written together, and a full spool is asked again
SYNC_SECONDS = 1.0
TELL_SECONDS = 60.0
SO_RXQ_OVFL = 40  # Linux: a datagram tells how many were dropped before it; Python has no name for it
LOOPBACK = ("127.", "::1")


@dataclass(frozen=True)
class Address:
    """Where to listen. protocol: udp or tcp."""

    protocol: str
    host: str
    port: int


def address_of(url: str) -> Address:
    """`udp://HOST:PORT` or `tcp://HOST:PORT`. Raise UsageError for anything else."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        split, port = urlsplit(""), None
    if split.scheme not in {"udp", "tcp"} or not split.hostname or port is None:
        raise UsageError(f"{url} is no address to listen at.", "Write it as udp://127.0.0.1:5514 or tcp://[::1]:5514.")
    return Address(split.scheme, split.hostname, port)


class Inlet(Protocol):
    """Something lines come from."""

    def fileno(self) -> int:
        """For poll."""

    def read(self, take: Callable[[str, bytes], None], /) -> bool:
        """Read what is there, and pass on (peer, message). False at the end."""

    def close(self) -> None:
        """Give it back."""


class Datagrams:
    """Syslog by UDP."""

    def __init__(self, address: Address) -> None:
        self._socket = _bound(address, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if sys.platform == "linux":
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        self.port: int = self._socket.getsockname()[1]
        self.dropped = 0  # datagrams the kernel had no room for

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self, take: Callable[[str, bytes], None]) -> bool:
        for _ in range(DATAGRAMS_A_ROUND):
            try:
                message, extra, _flags, peer = self._socket.recvmsg(LONGEST_DATAGRAM_BYTES, 64)
            except BlockingIOError:
                break
            for level, kind, data in extra:
                if (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL):
                    (self.dropped,) = struct.unpack("=I", data[:4])
            take(peer[0], message)
        return True

    def close(self) -> None:
        self._socket.close()


class Stream:
    """Syslog on a TCP connection, or plain lines from a pipe."""

    def __init__(self, descriptor: int, peer: str) -> None:
        self._descriptor, self._peer = descriptor, peer
        self._framing = syslog.Framing()

    def fileno(self) -> int:
        return self._descriptor

    def read(self, take: Callable[[str, bytes], None]) -> bool:
        try:
            data = os.read(self._descriptor, PIECE_BYTES)
        except BlockingIOError:
            return True
        except ConnectionError:
            data = b""  # what was whole before is kept
        for message in self._framing.feed(data) if data else [self._framing.rest()]:
            if message:
                take(self._peer, message)
        return bool(data)

    def close(self) -> None:
        os.close(self._descriptor)


class Listener:
    """Where TCP connections come from. accepted: gets each new one."""

    def __init__(self, address: Address, accepted: Callable[[Stream], None]) -> None:
        self._socket = _bound(address, socket.SOCK_STREAM)
        self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self._accepted = accepted

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self, _take: Callable[[str, bytes], None]) -> bool:
        try:
            connection, peer = self._socket.accept()
        except (BlockingIOError, ConnectionError):
            return True
        connection.setblocking(False)
        self._accepted(Stream(connection.detach(), peer[0]))
        return True

    def close(self) -> None:
        self._socket.close()


def _bound(address: Address, kind: socket.SocketKind) -> socket.socket:
    """A socket that listens there. Raise InputError if that is impossible."""
    try:
        family, _, _, _, place = socket.getaddrinfo(address.host, address.port, type=kind, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.setblocking(False)
    except OSError as error:
        raise InputError(
            f"Cannot listen at {address.protocol}://{address.host}:{address.port}: {error.strerror}",
            "Is somebody else listening there? Ports below 1024 need root.",
        ) from error
    return bound


class Receiver:
    """Receives in a thread until closed, or until all inlets have ended. While the spool is full nothing is read:
    senders by TCP and pipe wait, the kernel drops datagrams and counts them. tell: says a line to people.
    """

    def __init__(self, spool: Spool, addresses: Sequence[Address], stdin: bool, tell: Callable[[str], None]) -> None:
        self._spool, self._tell = spool, tell
        self._inlets: list[Inlet] = []
        self._datagrams: list[Datagrams] = []
        self._lines: dict[tuple[str, str, str], list[bytes]] = {}
        self._closing = False
        self._trouble = ""
        self._tell_at, self._told = 0.0, 0
        self.ended = not addresses and not stdin  # all inlets have ended, and everything is in the spool
        for address in addresses:
            place = self._inlet(address)
            tell(f"Listening at {address.protocol}://{address.host}:{place.port}")
        if stdin:
            self._inlets.append(Stream(sys.stdin.fileno(), STDIN))
        self._thread = Thread(target=self._run, name="receiver", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop receiving. Everything that was read is in the spool then."""
        self._closing = True
        self._thread.join()

    def _inlet(self, address: Address) -> Datagrams | Listener:
        if address.protocol == "tcp":
            listener = Listener(address, self._connected)
            self._inlets.append(listener)
            return listener
        datagrams = Datagrams(address)
        self._inlets.append(datagrams)
        self._datagrams.append(datagrams)
        return datagrams

    def _connected(self, connection: Stream) -> None:
        if len(self._inlets) >= MOST_INLETS:
            connection.close()
        else:
            self._inlets.append(connection)

    def _run(self) -> None:
        sync_at = time.monotonic() + SYNC_SECONDS
        while self._inlets and not self._closing:
            self._read()
            self._keep()
            if time.monotonic() >= sync_at:
                self._spool.sync()
                sync_at = time.monotonic() + SYNC_SECONDS
            self._tell_dropped()
        for inlet in self._inlets:
            inlet.close()
        self._keep()
        self._spool.close()
        self.ended = True

    def _read(self) -> None:
        """Wait a moment for something to read, and read it; not while what was read before is not kept."""
        if self._lines or self._spool.full:
            time.sleep(ROUND_SECONDS)
            return
        poll = select.poll()
        by_descriptor = {inlet.fileno(): inlet for inlet in self._inlets}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(ROUND_SECONDS * 1000):
            inlet = by_descriptor[descriptor]
            if not inlet.read(self._take):
                self._inlets.remove(inlet)
                inlet.close()

    def _take(self, peer: str, data: bytes) -> None:
        if peer == STDIN:
            self._lines.setdefault((STDIN, "", STDIN), []).append(data)
            return
        message = syslog.parse(data)
        # A sender that does not name itself is named by its address; one on this machine is this host.
        host = message.host or ("" if peer.startswith(LOOPBACK) else peer)
        self._lines.setdefault((SYSLOG, host, message.app), []).append(message.line)

    def _keep(self) -> None:
        for key in list(self._lines):
            try:
                self._spool.append(*key, self._lines[key])
            except InputError as error:
                if error.message != self._trouble:
                    self._tell(error.message)
                self._trouble = error.message
                return
            del self._lines[key]
        self._trouble = ""

    def _tell_dropped(self) -> None:
        dropped = sum(place.dropped for place in self._datagrams)
        if dropped > self._told and time.monotonic() >= self._tell_at:
            self._tell(f"{dropped - self._told:,} datagrams were dropped by the kernel: they came faster than we read.")
            self._told, self._tell_at = dropped, time.monotonic() + TELL_SECONDS
