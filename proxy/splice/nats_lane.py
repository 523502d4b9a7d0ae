"""A NATS lane with TLS: both sides begin in the clear with the server's INFO, and their TLS begins after it.

The lane takes the INFO off the upstream connection before anything else, and sends it on with what is true
of the lane itself: clients begin TLS where the lane has a certificate, and the lane where the server demands
it or the lane was told to. What follows passes as on any lane. Nothing falls back to clear text: where INFO
does not come, or TLS is not to be had that the lane was told to speak, the client is refused.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.splice import nats_greeting, taking
from proxy.splice.forward import Splice, lose
from proxy.splice.nats_greeting import GreetingError
from proxy.splice.upstream import CONNECT_TIMEOUT_S, ends

if TYPE_CHECKING:
    import socket

    from proxy.splice.forward import Forwarder, Way
    from proxy.splice.proxy_protocol import Origin


class NatsSplice(Splice):
    """One client's connection to the server."""

    def __init__(self, forwarder: Forwarder, way: Way, origin: Origin | None) -> None:
        super().__init__(forwarder, way, origin)
        self._info = b""
        self._begins_tls = False
        """Towards the server."""
        self._reached: socket.socket | None = None
        """The server, until the client has begun its TLS."""

    async def greet(self, client: socket.socket) -> None:
        """Bring the client the server's INFO."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                info = await self._greeted(self._origin or ends(client.getpeername(), client.getsockname()))
        except OSError:
            lose(client)
            self._forwarder.tap.refused(self.way.index)
            raise
        tls = self.way.lane.tls
        await asyncio.get_running_loop().sock_sendall(
            client,
            nats_greeting.shown(
                info, tls=tls is not None, verify=tls is not None and tls.require_client_certificate
            ),
        )

    async def _greeted(self, origin: Origin | None) -> bytes:
        """The server's INFO, after which it and the lane go on as they must."""
        lane, upstream = self.way.lane, self.way.upstream
        server = self._reached = await upstream.reach(origin)
        line = await taking.line(server, nats_greeting.LIMIT_BYTES)
        try:
            greeting = nats_greeting.read(line)
        except GreetingError:
            upstream.tell("the upstream of %s does not begin as a NATS server does", lane.producer)
            raise ConnectionError from None
        must = lane.upstream_tls is not None and not lane.upstream_tls.if_demanded
        if must and not greeting.offers:
            upstream.tell(
                "the upstream of %s offers no TLS: without [lane.upstream_tls] it is spoken to in the clear",
                lane.producer,
            )
            raise ConnectionError
        self._begins_tls = must or greeting.demands
        self._info = line
        return line

    def _begin(self, transport: asyncio.Transport) -> None:
        """The decoder is given what the server said."""
        super()._begin(transport)
        self.server.copy(self._info)

    async def _connect_upstream(self, alpn: str) -> None:
        del alpn  # NATS has none
        if (reached := self._reached) is not None:
            self._reached = None
            await self.way.upstream.go_on(lambda: self.server, reached, tls=self._begins_tls)

    def _finish(self) -> None:
        if self._reached is not None:
            self._reached.close()
        super()._finish()
