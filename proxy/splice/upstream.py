"""The connection to a lane's upstream: TCP or a Unix socket, plain or TLS, a PROXY header first or not."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Any

from proxy.splice.proxy_protocol import Endpoint, Origin, header_for
from proxy.splice.tls import UpstreamContexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.splice.settings import Lane

CONNECT_TIMEOUT_S = 30.0
"""An upstream that does not answer for so long is taken for unreachable."""

logger = logging.getLogger(__name__)


class Upstream:
    """Where a lane's bytes go.

    Raises:
        TlsError: the lane's certificates cannot be used.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._contexts = UpstreamContexts(lane.upstream_tls) if lane.upstream_tls is not None else None
        self._told = False

    async def connect(
        self,
        protocol: Callable[[], asyncio.Protocol],
        alpn: str,
        origin: Origin | None,
        client: asyncio.Transport | None,
    ) -> None:
        """Connect for a client.

        Args:
            protocol: makes the connection's protocol.
            alpn: what the client speaks, `""` where it did not choose.
            origin: what the client's own PROXY header said.
            client: its connection.

        Raises:
            OSError: the upstream cannot be reached, fails its handshake, or does not speak `alpn`.
            TimeoutError: it does not answer.
        """
        loop = asyncio.get_running_loop()
        address = self._lane.upstream
        create: Any = loop.create_unix_connection if address.path else loop.create_connection
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if self._lane.send_proxy_protocol:
                place: dict[str, Any] = {"sock": await self._announced(origin, client)}
            elif address.path:
                place = {"path": address.path}
            else:
                place = {"host": address.host, "port": address.port}
            transport, _ = await create(protocol, **place, **self._tls_options(alpn))
        if alpn == "h2" and self._contexts is not None:
            self._require(alpn, transport)

    def _tls_options(self, alpn: str) -> dict[str, Any]:
        tls = self._lane.upstream_tls
        if self._contexts is None or tls is None:
            return {}
        return {"ssl": self._contexts.for_protocol(alpn), "server_hostname": tls.server_name}

    async def _announced(self, origin: Origin | None, client: asyncio.Transport | None) -> socket.socket:
        """A connected socket on which the PROXY header has been sent, before any TLS."""
        loop = asyncio.get_running_loop()
        header = header_for(self._lane.send_proxy_protocol, origin or _ends(client))
        address = self._lane.upstream
        if address.path:
            connected = socket.socket(socket.AF_UNIX)
            target: Any = address.path
        else:
            family, _, _, _, target = (
                await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            )[0]
            connected = socket.socket(family)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setblocking(False)
        try:
            await loop.sock_connect(connected, target)
            await loop.sock_sendall(connected, header)
        except BaseException:
            connected.close()
            raise
        return connected

    def _require(self, alpn: str, transport: asyncio.Transport) -> None:
        """What the client chose must be what the upstream speaks: bytes are not translated."""
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() == alpn:
            return
        transport.abort()
        if not self._told:
            self._told = True
            logger.warning(
                "the upstream of %s does not speak %s, which its clients choose: leave it out of `alpn`",
                self._lane.producer,
                alpn,
            )
        raise ssl.SSLError(f"the upstream does not speak {alpn}")


def _ends(client: asyncio.Transport | None) -> Origin | None:
    """Both ends of a client's connection, None on a Unix socket."""
    if client is None:
        return None
    peer, ours = client.get_extra_info("peername"), client.get_extra_info("sockname")
    if not isinstance(peer, tuple) or not isinstance(ours, tuple):
        return None
    return Origin(Endpoint(*peer[:2]), Endpoint(*ours[:2]))
