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
        address = self._lane.upstream
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if self._lane.send_proxy_protocol:
                place: dict[str, Any] = {"sock": await self.reach(origin or _ends(client))}
            elif address.path:
                place = {"path": address.path}
            else:
                place = {"host": address.host, "port": address.port}
            transport = await self._begun(protocol, place, self._tls_options(alpn))
        if alpn == "h2" and self._contexts is not None:
            self._require(alpn, transport)

    async def reach(self, origin: Origin | None) -> socket.socket:
        """A connected socket, on which the PROXY header has been sent where the lane sends one.

        Args:
            origin: what the header says.

        Raises:
            OSError: the upstream cannot be reached.
        """
        connected = await self._reached()
        if self._lane.send_proxy_protocol:
            header = header_for(self._lane.send_proxy_protocol, origin)
            try:
                await asyncio.get_running_loop().sock_sendall(connected, header)
            except BaseException:
                connected.close()
                raise
        return connected

    async def go_on(
        self, protocol: Callable[[], asyncio.Protocol], reached: socket.socket, *, tls: bool
    ) -> None:
        """Make a connection of a socket that was reached before, with TLS from here on or without.

        Raises:
            OSError: the upstream fails its handshake.
            TimeoutError: it does not answer.
        """
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self._begun(protocol, {"sock": reached}, self._tls_options("") if tls else {})

    def tell(self, message: str, *words: object) -> None:
        """Log, once, why clients are refused."""
        if not self._told:
            self._told = True
            logger.warning(message, *words)

    def _tls_options(self, alpn: str) -> dict[str, Any]:
        tls = self._lane.upstream_tls
        if self._contexts is None or tls is None:
            return {}
        return {"ssl": self._contexts.for_protocol(alpn), "server_hostname": tls.server_name}

    async def _begun(
        self, protocol: Callable[[], asyncio.Protocol], place: dict[str, Any], tls: dict[str, Any]
    ) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        create: Any = loop.create_unix_connection if self._lane.upstream.path else loop.create_connection
        try:
            transport: asyncio.Transport = (await create(protocol, **place, **tls))[0]
        except ssl.SSLCertVerificationError as error:
            self.tell(
                "the certificate of the upstream of %s is refused: %s; `ca` in [lane.upstream_tls] names "
                "its authority, `server_name` its name",
                self._lane.producer,
                error.verify_message,
            )
            raise
        return transport

    async def _reached(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        address = self._lane.upstream
        if address.path:
            places: list[tuple[int, Any]] = [(socket.AF_UNIX, address.path)]
        else:
            found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            places = [(family, target) for family, *_, target in found]
        refused: OSError | None = None
        for family, target in places:
            connected = socket.socket(family)
            connected.setblocking(False)
            try:
                if family != socket.AF_UNIX:
                    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.sock_connect(connected, target)
            except OSError as error:
                connected.close()
                refused = error
            except BaseException:
                connected.close()
                raise
            else:
                return connected
        raise refused or OSError(f"no address of {address}")

    def _require(self, alpn: str, transport: asyncio.Transport) -> None:
        """What the client chose must be what the upstream speaks: bytes are not translated."""
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() == alpn:
            return
        transport.abort()
        self.tell(
            "the upstream of %s does not speak %s, which its clients choose: leave it out of `alpn`",
            self._lane.producer,
            alpn,
        )
        raise ssl.SSLError(f"the upstream does not speak {alpn}")


def _ends(client: asyncio.Transport | None) -> Origin | None:
    if client is None:
        return None
    return ends(client.get_extra_info("peername"), client.get_extra_info("sockname"))


def ends(peer: object, ours: object) -> Origin | None:
    """Both ends of a client's connection by their addresses, None on a Unix socket."""
    if not isinstance(peer, tuple) or not isinstance(ours, tuple):
        return None
    return Origin(Endpoint(*peer[:2]), Endpoint(*ours[:2]))
