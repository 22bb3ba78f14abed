"""A relay in front of the store that can be cut, to see what a shipper does while the store is away."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from urllib.parse import urlsplit

PIECE_BYTES = 1 << 16


class Relay:
    """Passes connections on to an http store on another port. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        self._is_cut = False
        credentials, at, _ = parts.netloc.rpartition("@")
        self.url = f"{parts.scheme}://{credentials}{at}127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Relay":
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break what is open, and whatever is opened from now on."""
        with self._guard:
            self._is_cut = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def mend(self) -> None:
        """Pass on again."""
        with self._guard:
            self._is_cut = False

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client:
            with self._guard:
                if self._is_cut:
                    return
            with socket.create_connection(self._target) as server:
                with self._guard:
                    self._open |= {client, server}
                back = Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()
                with self._guard:
                    self._open -= {client, server}


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # broken on either side: the other one learns of it
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
