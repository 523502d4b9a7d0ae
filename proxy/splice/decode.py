"""What becomes of the frames: a decoder for each connection, a record for each exchange.

No sockets and no clock of its own: frames come in, `decoder_process` moves them. One connection's trouble
stays its own: the connection becomes opaque, is counted by reason, and its tap is asked for no more of it
(`mute`).
"""

from __future__ import annotations

import logging
import pickle
from typing import TYPE_CHECKING, Any, Protocol

from proxy.counters import Counter
from proxy.decoders.decoder import Instant, Limits, Opaque, Origin, Reason
from proxy.decoders.table import decoder_of
from proxy.raw import RawExchange
from proxy.splice.frames import Frame, Kind, Opening
from proxy.splice.tap import COUNT, EVENTS_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from proxy.counters import Counters, Row
    from proxy.decoders.decoder import Decoder
    from proxy.raw import RawRecord
    from proxy.sink import Record, Sink
    from proxy.splice.settings import Lane

CONNECTIONS_LIMIT = 20_000
"""Connections of one worker that are tracked at a time."""

_EVENTS: Mapping[int, Callable[[Decoder, bytes, Instant], Iterable[RawRecord]]] = {
    Kind.CLIENT_DATA: lambda decoder, payload, at: decoder.client_data(payload, at),
    Kind.SERVER_DATA: lambda decoder, payload, at: decoder.server_data(payload, at),
    Kind.CLIENT_EOF: lambda decoder, _, at: decoder.client_eof(at),
    Kind.SERVER_EOF: lambda decoder, _, at: decoder.server_eof(at),
    Kind.CLIENT_RESET: lambda decoder, _, at: decoder.client_reset(at),
    Kind.SERVER_RESET: lambda decoder, _, at: decoder.server_reset(at),
    Kind.REFUSED: lambda decoder, _, at: decoder.refused(at),
}
"""What each frame about an announced connection is to its decoder."""

HELD_LIMIT_BYTES = 256 * 1024 * 1024
"""Heads and bodies under way on all connections of one worker; a connection beyond that is given up."""

logger = logging.getLogger(__name__)


class Records(Protocol):
    """What is needed of `proxy.recorder.Recorder`."""

    def record(self, raw: RawRecord) -> Record:
        """Identify, redact, make a record."""


class WorkerFrames:
    """Everything that one forwarder worker says, from one HELLO to the end of its link.

    Args:
        worker: its index.
        lanes: as in the settings.
        counters: the row of `counters.decoder(worker, lane)` is written.
        mute: asks the tap for no more of a connection.
        common: what the decoders of each lane share, over all workers (`Origin.common`).
    """

    def __init__(
        self,
        worker: int,
        lanes: Sequence[Lane],
        counters: Counters,
        records: Records,
        sink: Sink,
        mute: Callable[[int, int], None],
        common: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        self._lanes = lanes
        self._rows: list[Row] = [counters.decoder(worker, lane) for lane in range(len(lanes))]
        self._limits = [Limits(body_bytes=lane.body_limit_bytes) for lane in lanes]
        self._common = common or [{} for _ in lanes]
        self._records = records
        self._sink = sink
        self._mute = mute
        self._run = ""
        self._taken = [0] * len(lanes)
        """Copied requests that have arrived here, as the tap counts them."""
        self._connections: dict[int, _Connection] = {}
        self._held_bytes = 0
        self._ended = [0] * len(lanes)
        """Whole connections (`proxy.splice.whole`) that have ended while something waited in the sink."""
        self._given_up: dict[int, int] = {}
        """Opaque connections, until they end, and the counter (or 0) of what still comes from them."""

    def handle(self, frame: Frame) -> None:
        """One frame."""
        kind = frame.kind
        if frame.requests:
            self._taken[frame.lane] += frame.requests
        if kind == Kind.OPEN:
            self._open(frame)
            return
        if kind == Kind.HELLO:
            self._run = frame.payload.decode()
            self._taken[frame.lane] = frame.connection
            self._rows[frame.lane][Counter.SETTLED] = frame.connection
            return
        if kind in {Kind.CLOSE, Kind.RECORD}:
            (self._close if kind == Kind.CLOSE else self._record)(frame)
            return
        known = self._connections.get(frame.connection)
        if known is None:  # its tap does not know yet
            if reason := self._given_up.get(frame.connection, 0):
                self._rows[frame.lane][reason] += frame.requests
            return
        known.unfinished += frame.requests
        try:
            self._decode(known, frame)
            self._hold(known)
            if known.wanted and not known.decoder.wants_bytes:
                known.wanted = False
                self._mute(frame.connection, EVENTS_ONLY)
        except Opaque as end:
            self._give_up(frame, Counter[end.reason.name] if end.reason is not None else None, end.lost)
        except Exception:
            logger.exception("a connection of %s could not be decoded", self._lanes[frame.lane].producer)
            self._give_up(frame, Counter.DECODER_ERROR, max(1, known.decoder.open_requests))

    def settle(self) -> None:
        """All that has arrived, is not under way and does not wait in the sink is dealt with.

        The sink does not say which lane's exchanges wait in it, so each lane is taken to be concerned: what
        was settled is told too low rather than too high. A whole connection has been dealt with when it has
        ended and the sink was empty after that.
        """
        waiting = self._sink.waiting
        if not waiting:
            self._ended = [0] * len(self._lanes)
        open_requests = [
            waiting if lane.protocol == "http" else ended
            for lane, ended in zip(self._lanes, self._ended, strict=True)
        ]
        for connection in self._connections.values():
            under_way = max(connection.decoder.open_requests, connection.unfinished)
            open_requests[connection.lane] += under_way
        for row, taken, still_open in zip(self._rows, self._taken, open_requests, strict=True):
            row[Counter.SETTLED] = max(row[Counter.SETTLED], taken - still_open)

    def end(self) -> None:
        """The link is gone; what was under way will not be completed."""
        for connection in self._connections.values():
            lost = max(connection.decoder.open_requests, connection.whole)
            self._rows[connection.lane][Counter.SHUTDOWN] += lost
        self._connections.clear()
        self._held_bytes = 0

    def unsettled(self, lane: int, copied: int) -> int:
        """How many of `copied` requests have not been dealt with."""
        return max(0, copied - self._rows[lane][Counter.SETTLED])

    def _decode(self, known: _Connection, frame: Frame) -> None:
        decoder = known.decoder
        if frame.kind == Kind.GAP:
            known.unfinished = 0  # the tap has counted what was under way
            try:
                decoder.gap(COUNT.unpack(frame.payload)[0])
            except Opaque as end:
                raise Opaque(end.reason) from None
            return
        at = Instant(frame.wall_ns, frame.monotonic_ns)
        for raw in _EVENTS[frame.kind](decoder, frame.payload, at):
            known.unfinished -= isinstance(raw, RawExchange)
            try:
                record = self._records.record(raw)
            except Exception:  # a fault of ours with one record is none of its connection's
                logger.exception("a record of %s could not be made", self._lanes[frame.lane].producer)
                self._rows[frame.lane][Counter.DECODER_ERROR] += 1
            else:
                self._sink.add(record)

    def _record(self, frame: Frame) -> None:
        try:
            self._sink.add(self._records.record(pickle.loads(frame.payload)))  # noqa: S301 - see Kind.RECORD
        except Exception:
            logger.exception("a record of %s could not be taken in", self._lanes[frame.lane].producer)
            self._rows[frame.lane][Counter.DECODER_ERROR] += frame.requests

    def _open(self, frame: Frame) -> None:
        if len(self._connections) >= CONNECTIONS_LIMIT:
            self._given_up[frame.connection] = Counter.TOO_MANY
            self._mute(frame.connection, Counter.TOO_MANY)
            return
        lane = self._lanes[frame.lane]
        opening = Opening.unpacked(frame.payload)
        origin = Origin(
            producer=lane.producer,
            source=lane.source,
            connection=f"{self._run}-{frame.connection}",
            peer=opening.peer,
            scheme=opening.scheme,
            client_certificate=opening.certificate,
            common=self._common[frame.lane],
        )
        decoder = decoder_of(lane.protocol)(origin, self._limits[frame.lane])
        self._connections[frame.connection] = _Connection(decoder, frame.lane, frame.requests)

    def _hold(self, connection: _Connection) -> None:
        """Keep count of what is kept; raise for the connection that makes it too much."""
        held_bytes = connection.decoder.held_bytes
        self._held_bytes += held_bytes - connection.held_bytes
        connection.held_bytes = held_bytes
        if self._held_bytes > HELD_LIMIT_BYTES:
            raise Opaque(Reason.TOO_LARGE, max(1, connection.decoder.open_requests))

    def _drop(self, connection: int) -> _Connection | None:
        known = self._connections.pop(connection, None)
        if known is not None:
            self._held_bytes -= known.held_bytes
        return known

    def _close(self, frame: Frame) -> None:
        """What is still open was cut by nobody but us: the recorder is ending."""
        self._given_up.pop(frame.connection, None)
        known = self._drop(frame.connection)
        if known is not None:
            self._rows[known.lane][Counter.SHUTDOWN] += known.decoder.open_requests
            self._ended[known.lane] += known.whole

    def _give_up(self, frame: Frame, reason: Counter | None, lost: int) -> None:
        """Lost is what the decoder had open, and what the tap saw begin in bytes that it did not get to."""
        known = self._drop(frame.connection)
        if reason is not None:
            self._rows[frame.lane][reason] += max(lost, known.unfinished if known is not None else 0)
        self._given_up[frame.connection] = reason or 0
        self._mute(frame.connection, reason or 0)


class _Connection:
    """A connection that is decoded, the bytes that were last counted for it, and its unfinished requests.

    Those are counted as the tap does: what began, less what came out of the decoder. A connection that is
    copied as a whole is one request itself.
    """

    __slots__ = ("decoder", "held_bytes", "lane", "unfinished", "wanted", "whole")

    def __init__(self, decoder: Decoder, lane: int, whole: int) -> None:
        self.decoder = decoder
        self.lane = lane
        self.held_bytes = 0
        self.unfinished = self.whole = whole
        self.wanted = True
