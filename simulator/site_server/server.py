"""The site as a process: listens on this machine, until it is stopped."""

import asyncio
import socket
from collections.abc import Callable

from simulator.accounts import Accounts
from simulator.site import Site
from simulator.site_server.application import Application
from simulator.site_server.wire import HEAD_LIMIT_BYTES, Reply, receive
from wwwatch.errors import InputError

BACKLOG = 1024


async def serve(
    site: Site, seed: int, host: str, port: int, stop: asyncio.Event, listening: Callable[[int], None]
) -> None:
    """Answer requests until `stop` is set. port 0 takes a free one; `listening` is told which when it is open.

    Raise InputError if the address cannot be listened on.
    """
    application = Application(site, Accounts(site.host, seed))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received = await receive(reader)
            if received is not None:
                reply = received if isinstance(received, Reply) else await application.reply(received)
                writer.write(reply.encoded())
                await writer.drain()
        except ConnectionError:
            pass  # who asked is gone; a web server notices the same way
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, host, port, limit=HEAD_LIMIT_BYTES, backlog=BACKLOG)
    except (OSError, socket.gaierror) as error:
        raise InputError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}", "Choose another port."
        ) from error
    async with server:
        listening(int(server.sockets[0].getsockname()[1]))
        await stop.wait()
