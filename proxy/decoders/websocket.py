"""WebSocket seen from the side (RFC 6455): what each end sends, message by message.

Frames and per-message compression (RFC 7692) are wsproto's; what the messages say is told by what reads them
(`websocket_inside.py`). Control frames are no messages. A stream that breaks the protocol, or that
decompresses beyond all measure, is opaque from there.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from wsproto.extensions import Extension, PerMessageDeflate
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed, RsvBits

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.websocket_inside import inside_of
from proxy.decoders.websocket_messages import BINARY, TEXT
from proxy.raw import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Limits
    from proxy.raw import RawExchange, RawRecord

INFLATED_LIMIT_BYTES = 16 * 1024 * 1024
"""What the bytes of one read may decompress to: sixty times the longest read. More is a bomb."""

_TYPES = {Opcode.TEXT: TEXT, Opcode.BINARY: BINARY}


class WebSocketDecoder:
    """One connection, from the end of its opening handshake on.

    Args:
        carrier: the handshake.
        limits: bounds on what is kept of a message.

    Raises:
        Opaque: an extension was agreed on that is not known here.
    """

    open_requests = 0
    """A message waits for no answer."""

    def __init__(self, carrier: RawExchange, limits: Limits) -> None:
        agreed = ", ".join(
            value for name, value in carrier.response_headers if name == "sec-websocket-extensions"
        )
        self._frames = {
            Sender.CLIENT: FrameProtocol(client=False, extensions=_extensions(agreed)),
            Sender.SERVER: FrameProtocol(client=True, extensions=_extensions(agreed)),
        }
        self._inside = inside_of(carrier, limits)
        self._closed_by: Sender | None = None
        """Who said first that it is over."""

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept of messages, roughly."""
        return self._inside.held_bytes

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""
        return self._read(Sender.CLIENT, data, at)

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes."""
        return self._read(Sender.SERVER, data, at)

    def ended(self, by: Sender, at: Instant) -> Iterator[RawRecord]:
        """The connection is over; who closed it within the protocol counts before who ended its transport."""
        return self._inside.ended(self._closed_by or by, at)

    def _read(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawRecord]:
        frames = self._frames[sender]
        try:
            frames.receive_bytes(data)
            for frame in frames.received_frames():
                if frame.opcode in _TYPES:
                    kind, ends = _TYPES[frame.opcode], frame.message_finished
                    yield from self._inside.piece(sender, kind, _bytes(frame.payload), at, ends=ends)
                elif frame.opcode is Opcode.CLOSE:
                    self._closed_by = self._closed_by or sender
        except ParseFailed as error:
            yield from self.ended(sender, at)
            too_large = error.code == CloseReason.MESSAGE_TOO_BIG
            raise Opaque(Reason.TOO_LARGE if too_large else Reason.MALFORMED, 1) from None


def _bytes(piece: Any) -> bytes:
    """A piece of a message: text where the message is text."""
    return piece.encode() if isinstance(piece, str) else bytes(piece)


class _BoundedDeflate(PerMessageDeflate):
    """`permessage-deflate` that does not decompress a bomb, and that control frames do not confuse.

    wsproto's own takes the end of a control frame between two fragments for the end of the message.
    """

    def frame_inbound_header(
        self, proto: Any, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """A frame begins."""
        if opcode.iscontrol() and not rsv.rsv1:
            self._inbound_is_compressible = False
            return RsvBits(rsv1=True, rsv2=False, rsv3=False)
        return super().frame_inbound_header(proto, opcode, rsv, payload_length)

    def frame_inbound_complete(self, proto: Any, fin: bool) -> bytes | CloseReason | None:  # noqa: FBT001
        """A frame ends."""
        return super().frame_inbound_complete(proto, fin) if self._inbound_is_compressible else None

    def frame_inbound_payload_data(self, proto: Any, data: bytes) -> bytes | CloseReason:
        """As wsproto does it, with a bound."""
        del proto
        inflater = self._decompressor
        if inflater is None or not self._inbound_compressed or not self._inbound_is_compressible:
            return data
        try:
            inflated = inflater.decompress(bytes(data), INFLATED_LIMIT_BYTES)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        return CloseReason.MESSAGE_TOO_BIG if inflater.unconsumed_tail else inflated


def _extensions(agreed: str) -> list[Extension]:
    """What the handshake's answer names, as an extension that reads it."""
    known: list[Extension] = []
    for offer in filter(None, (part.strip() for part in agreed.split(","))):
        if offer.partition(";")[0].strip().lower() != "permessage-deflate" or known:
            raise Opaque(None)
        deflate = _BoundedDeflate()
        try:
            deflate.finalize(offer)
        except (ValueError, IndexError):
            raise Opaque(Reason.MALFORMED) from None
        known.append(deflate)
    return known
