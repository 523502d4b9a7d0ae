"""A Kafka lane: its clients are shown addresses of the lane in the place of the brokers'.

Kafka's clients connect to the addresses that brokers advertise. The lane on HOST:PORT opens a listener on
PORT + 1 + *n* for broker *n* when its clients are first told of it, and leads it to that broker. Addresses in
replies are rewritten (`kafka_addresses`), and no other byte.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from proxy.splice.forward import End, Splice
from proxy.splice.kafka_addresses import AddressRewriter
from proxy.splice.settings import Address

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from proxy.splice.forward import Forwarder, Way
    from proxy.splice.proxy_protocol import Origin
    from proxy.splice.settings import Lane

logger = logging.getLogger(__name__)


class Brokers:
    """The listeners of one lane.

    Args:
        lane: its settings.
        port: where it listens itself.
        lead: opens a lane on a bound socket; the same for each broker.
    """

    def __init__(self, lane: Lane, port: int, lead: Callable[[Lane, socket.socket], Way]) -> None:
        self._lane = lane
        self._port = port
        self._lead = lead
        self._ways: dict[int, Way] = {}
        self._refused: set[int] = set()

    def local(self, shown: str, node: int, host: str, port: int) -> tuple[str, int]:
        """What to show in the place of a broker's address; its own, where no listener can be opened.

        Args:
            shown: the host by which the client knows us.
            node: the broker's id; below 0 (a coordinator that is not known) there is none.
            host: of the broker.
            port: of the broker.
        """
        if node < 0 or not host or node in self._refused:
            return host, port
        lane = self._led_to(host, port)
        way = self._ways.get(node)
        if way is not None:
            if way.lane.upstream != lane.upstream:
                way.lead_to(lane)
        elif not self._open(node, lane):
            return host, port
        return shown, self._port + 1 + node

    def _led_to(self, host: str, port: int) -> Lane:
        tls = self._lane.upstream_tls
        return replace(
            self._lane,
            upstream=Address(host=host, port=port),
            upstream_tls=None if tls is None else replace(tls, server_name=host),
        )

    def _open(self, node: int, lane: Lane) -> bool:
        port = self._port + 1 + node
        try:
            family = socket.AF_INET6 if ":" in self._lane.listen.host else socket.AF_INET
            listener = socket.create_server(
                (self._lane.listen.host, port), family=family, reuse_port=True, backlog=1024
            )
        except (OSError, OverflowError) as error:  # it is taken, or beyond the last there is
            self._refused.add(node)
            logger.warning(
                "broker %d of %s cannot be given port %d (%s): its clients leave the lane",
                node,
                self._lane.producer,
                port,
                error,
            )
            return False
        self._ways[node] = self._lead(lane, listener)
        return True


class KafkaSplice(Splice):
    """One client's connection to one broker."""

    def __init__(self, forwarder: Forwarder, way: Way, origin: Origin | None, brokers: Brokers) -> None:
        super().__init__(forwarder, way, origin, (_ClientEnd, _ServerEnd))
        self._brokers = brokers
        self.rewriter = AddressRewriter(self._shown)

    def _shown(self, node: int, host: str, port: int) -> tuple[str, int]:
        known_as = self.way.lane.advertised
        transport: asyncio.Transport | None = self.client.transport
        if not known_as and transport is not None:
            known_as = transport.get_extra_info("sockname")[0]
        return self._brokers.local(known_as, node, host, port)


class _ClientEnd(End):
    """What the client asks is noted, so that the reply is known."""

    splice: KafkaSplice

    def data_received(self, data: bytes) -> None:
        self.splice.rewriter.client(data)
        super().data_received(data)


class _ServerEnd(End):
    """What the broker answers goes on with addresses of ours; the decoder is given what the broker said."""

    splice: KafkaSplice

    def data_received(self, data: bytes) -> None:
        other = self.other.transport
        if other is not None and (shown := self.splice.rewriter.server(data)):
            other.write(shown)
        self.copy(data)

    def eof_received(self) -> bool:
        """What was held of a reply that did not become whole goes on before the end."""
        other = self.other.transport
        if other is not None and (rest := self.splice.rewriter.server_end()):
            other.write(rest)
        return super().eof_received()
