"""WebSocket messages of a recording as records, redacted, each tied to the exchange that was the upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.raw import RawBody
from store.records import Message, record_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy.importers.recording import RawFrame
    from proxy.recorder import Recorder
    from proxy.redaction import Redactor
    from store.records import Exchange


def records_of(
    frames: Sequence[RawFrame], upgrade: Exchange, recorder: Recorder, redactor: Redactor, limit: int
) -> Iterator[Message]:
    """One message for each frame, numbered in their order.

    What the client sent, the exchange's consumer published; what the server sent was delivered to it.

    Args:
        frames: what followed the upgrade.
        upgrade: the exchange, as recorded.
        recorder: makes the payload's record.
        redactor: the recorder's own.
        limit: bytes kept of one payload.
    """
    for number, frame in enumerate(frames):
        redaction = redactor.start()
        flaws: list[str] = []
        raw = RawBody(data=frame.data, size=len(frame.data), decoded=True)
        yield Message(
            id=record_id(upgrade.id, number),
            producer=upgrade.producer,
            lane=upgrade.lane,
            source=upgrade.source,
            protocol="websocket",
            channel=upgrade.path,
            type="text" if frame.text else "binary",
            publisher=upgrade.identity if frame.from_client else None,
            consumer=None if frame.from_client else upgrade.identity,
            sequence=number,
            payload=recorder.body(raw, (), redaction, "message", limit, flaws),
            published_at=frame.sent_at if frame.from_client else None,
            delivered_at=None if frame.from_client else frame.sent_at,
            exchange=upgrade.id,
            flaws=tuple(flaws),
            redacted=redaction.count,
        )
