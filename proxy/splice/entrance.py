"""Where a lane's connections come in: TCP or a Unix socket, plain or TLS, a PROXY header first or not."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from proxy.splice.proxy_protocol import ProxyProtocolError, read_header
from proxy.splice.tls import HANDSHAKE_TIMEOUT_S, ListenContext

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from proxy.splice.proxy_protocol import Origin
    from proxy.splice.settings import Lane

BACKLOG = 1024
HEADER_TIMEOUT_S = 5.0
"""A proxy sends its header with the connection; whoever has not after so long is no proxy of ours."""
NO_FILES_PAUSE_S = 0.1
"""When the system gives no more files: so long until the next try. The connections wait in the backlog."""


class Entrance:
    """One lane's listener.

    Args:
        lane: its settings.
        accept: makes the protocol of a connection, given what its PROXY header said.
        malformed: told of each connection that had to begin with such a header and did not.

    Raises:
        TlsError: the lane's certificate cannot be used.
    """

    def __init__(
        self, lane: Lane, accept: Callable[[Origin | None], asyncio.Protocol], malformed: Callable[[], None]
    ) -> None:
        self.lane = lane
        self._accept = accept
        self._malformed = malformed
        self._tls = ListenContext(lane.tls) if lane.tls is not None else None
        self._server: asyncio.AbstractServer | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._greeting: set[asyncio.Task[None]] = set()

    async def open(self, listener: socket.socket) -> None:
        """Accept connections on a bound socket."""
        loop = asyncio.get_running_loop()
        if self.lane.accept_proxy_protocol:
            listener.listen(BACKLOG)
            listener.setblocking(False)
            self._accepting = loop.create_task(self._accept_greeted(listener))
            return
        create = loop.create_unix_server if listener.family == socket.AF_UNIX else loop.create_server
        self._server = await create(
            partial(self._accept, None),
            sock=listener,
            backlog=BACKLOG,
            ssl=self._context,
            ssl_handshake_timeout=self._handshake_timeout,
        )

    def close(self) -> None:
        """Accept no more."""
        if self._server is not None:
            self._server.close()
        for task in (self._accepting, *self._greeting):
            if task is not None:
                task.cancel()

    def refresh(self) -> None:
        """Take up a certificate that was replaced."""
        if self._tls is not None:
            self._tls.refresh()

    @property
    def _context(self) -> ssl.SSLContext | None:
        return self._tls.context if self._tls is not None else None

    @property
    def _handshake_timeout(self) -> float | None:
        return HANDSHAKE_TIMEOUT_S if self._tls is not None else None

    async def _accept_greeted(self, listener: socket.socket) -> None:
        """Accept by hand: the header has to be taken off the socket before TLS or anything else reads it."""
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                try:
                    client, _ = await loop.sock_accept(listener)
                except OSError:
                    await asyncio.sleep(NO_FILES_PAUSE_S)
                    continue
                task = loop.create_task(self._greet(client))
                self._greeting.add(task)
                task.add_done_callback(self._greeting.discard)

    async def _greet(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HEADER_TIMEOUT_S):
                origin = await read_header(client)
        except (ProxyProtocolError, TimeoutError, OSError):
            self._malformed()
            client.close()
            return
        except asyncio.CancelledError:
            client.close()
            raise
        with suppress(OSError):  # it went away, or failed its handshake: uvloop has closed it
            await loop.connect_accepted_socket(
                partial(self._accept, origin),
                client,
                ssl=self._context,
                ssl_handshake_timeout=self._handshake_timeout,
            )
