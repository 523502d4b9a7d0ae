"""Where a lane's connections come in: TCP or a Unix socket, plain or TLS, a PROXY header first or not."""

from __future__ import annotations

import asyncio
import errno
from contextlib import suppress
from typing import TYPE_CHECKING

from proxy.splice.proxy_protocol import ProxyProtocolError, read_header
from proxy.splice.tls import HANDSHAKE_TIMEOUT_S, ListenContext

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable

    from proxy.splice.proxy_protocol import Origin
    from proxy.splice.settings import Lane

BACKLOG = 1024
AT_ONCE = 64
"""Connections accepted before others get their turn again."""
HEADER_TIMEOUT_S = 5.0
"""A proxy sends its header with the connection; whoever has not after so long is no proxy of ours."""
NO_FILES_PAUSE_S = 0.1
"""When the system gives no more files: so long until the next try. The connections wait in the backlog."""


_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Entrance:
    """One lane's listener.

    It accepts by hand, all that wait at once: libuv accepts one connection each time it has served all
    others, so that a few hundred which come together at a busy forwarder wait for up to a second.

    Args:
        lane: its settings.
        accept: makes the protocol of a connection, given what its PROXY header said.
        malformed: told of each connection that had to begin with such a header and did not.
        greet: says what comes before a client's TLS, given the connection's protocol; None: nothing does.
            An OSError of it ends the connection.

    Raises:
        TlsError: the lane's certificate cannot be used.
    """

    def __init__(
        self,
        lane: Lane,
        accept: Callable[[Origin | None], asyncio.Protocol],
        malformed: Callable[[], None],
        greet: Callable[[asyncio.Protocol, socket.socket], Awaitable[None]] | None = None,
    ) -> None:
        self.lane = lane
        self._accept = accept
        self._malformed = malformed
        self._greet = greet
        self._tls = ListenContext(lane.tls) if lane.tls is not None else None
        self._listener: socket.socket | None = None
        self._arriving: set[asyncio.Task[None]] = set()

    def open(self, listener: socket.socket) -> None:
        """Accept connections on a bound socket, which is ours from now on."""
        listener.listen(BACKLOG)
        listener.setblocking(False)
        self._listener = listener
        self._listen()

    def close(self) -> set[asyncio.Task[None]]:
        """Accept no more; what is still arriving."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        return self._arriving

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

    def _listen(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept_waiting, self._listener)

    def _accept_waiting(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(AT_ONCE):
            try:
                client, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    continue  # of that connection, which is gone already (accept(2))
                loop.remove_reader(listener)
                loop.call_later(NO_FILES_PAUSE_S, self._listen)
                return
            client.setblocking(False)
            task = loop.create_task(self._admit(client))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _admit(self, client: socket.socket) -> None:
        """Take a PROXY header off the socket before TLS or anything else reads it, and begin."""
        origin = None
        if self.lane.accept_proxy_protocol:
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
        protocol = self._accept(origin)
        with suppress(OSError):  # it went away, or failed its handshake
            try:
                if self._greet is not None:
                    await self._greet(protocol, client)
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: protocol,
                    client,
                    ssl=self._context,
                    ssl_handshake_timeout=self._handshake_timeout,
                )
            except BaseException:
                client.close()
                protocol.connection_lost(None)  # nobody else says so
                raise
