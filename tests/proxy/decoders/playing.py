"""Transcripts of connections, fed to a decoder step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Instant, Opaque, Origin
from proxy.raw import RawEvent, RawExchange, RawMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proxy.decoders.decoder import Decoder
    from proxy.raw import RawRecord

ORIGIN = Origin(
    producer="orders", source="here", connection="run-1", peer="10.0.0.9", client_certificate="CN=c"
)

Step = tuple[str, bytes] | str | int
"""`("c", bytes)` from the client, `("s", bytes)` from the server, an event by name, a gap as a number."""


class Seen(NamedTuple):
    """What a transcript gave."""

    records: list[RawRecord]
    opaque: Opaque | None

    @property
    def exchanges(self) -> list[RawExchange]:
        return [one for one in self.records if isinstance(one, RawExchange)]

    @property
    def events(self) -> list[RawEvent]:
        return [one for one in self.records if isinstance(one, RawEvent)]

    @property
    def messages(self) -> list[RawMessage]:
        return [one for one in self.records if isinstance(one, RawMessage)]


def played(decoder: Decoder, steps: Sequence[Step]) -> Seen:
    """Feed the steps; each takes 10 ns."""
    records: list[RawRecord] = []
    try:
        for number, step in enumerate(steps):
            at = Instant(1_000_000 + number * 10, number * 10)
            if isinstance(step, int):
                decoder.gap(step)
            elif isinstance(step, str):
                records.extend(getattr(decoder, step)(at))
            else:
                side, data = step
                feed = decoder.client_data if side == "c" else decoder.server_data
                for record in feed(data, at):  # not extend: what came before an Opaque counts
                    records.append(record)  # noqa: PERF402
    except Opaque as opaque:
        return Seen(records, opaque)
    return Seen(records, None)


def in_any_cutting(make: Callable[[], Decoder], steps: Sequence[Step]) -> Seen:
    """What the steps give, played whole; played byte by byte they must give the same."""
    whole = played(make(), steps)
    assert untimed(played(make(), bytewise(steps))) == untimed(whole)
    return whole


def bytewise(steps: Sequence[Step], size: int = 1) -> list[Step]:
    """The same transcript, a few bytes at a time."""
    return [
        piece
        for step in steps
        for piece in (
            [(step[0], step[1][at : at + size]) for at in range(0, len(step[1]), size)]
            if isinstance(step, tuple)
            else [step]
        )
    ]


def untimed(seen: Seen) -> tuple[list[RawRecord], tuple[object, int] | None]:
    """What must not depend on when bytes came."""
    same = [_untimed(one) for one in seen.records]
    return same, (seen.opaque.reason, seen.opaque.lost) if seen.opaque else None


def _untimed(record: RawRecord) -> RawRecord:
    if isinstance(record, RawEvent):
        carrier = record.link.carrier
        return record._replace(
            link=record.link._replace(carrier=carrier and _exchange_untimed(carrier)),
            at=0,
            acknowledged_at=None if record.acknowledged_at is None else 0,
        )
    if isinstance(record, RawMessage):
        return replace(record, at=0, carrier=_exchange_untimed(record.carrier))
    return _exchange_untimed(record)


def _exchange_untimed(exchange: RawExchange) -> RawExchange:
    return replace(exchange, started_at=0, request_ns=None, wait_ns=None, duration_ns=None)
