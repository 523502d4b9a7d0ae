"""Transcripts of connections to brokers, fed to a decoder whole and in pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Instant, Limits, Opaque, Reason
from tests.proxy.decoders.playing import ORIGIN, bytewise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proxy.decoders.broker import BrokerDecoder
    from proxy.decoders.decoder import Origin
    from proxy.raw import RawEvent
    from tests.proxy.decoders.playing import Step

Sent = tuple[str, bytes]


class Seen(NamedTuple):
    """What a transcript gave, and how many bytes are kept at its end."""

    events: list[RawEvent]
    opaque: tuple[Reason | None, int] | None
    held: int


class Player(NamedTuple):
    """Plays the transcripts of one protocol, in which nothing takes time but numbers: so many ticks pass.

    `opened` is how a connection begins; never are more than `most_held` bytes kept.
    """

    decoder: Callable[[Origin, Limits], BrokerDecoder]
    limits: Limits
    most_held: Callable[[Limits], int]
    opened: Sequence[Step] = ()
    start: Instant = Instant(1_000, 0)
    tick_ns: int = 0

    def once(self, steps: Sequence[Step], limits: Limits | None = None) -> Seen:
        """Play the steps."""
        limits = limits or self.limits
        decoder, at = self.decoder(replace(ORIGIN, common={}), limits), self.start
        events: list[RawEvent] = []
        try:
            for step in steps:
                if isinstance(step, int):
                    passed = step * self.tick_ns
                    at = Instant(at.wall_ns + passed, at.monotonic_ns + passed)
                elif isinstance(step, str):
                    events.extend(getattr(decoder, step)(at))
                else:
                    feed = decoder.client_data if step[0] == "c" else decoder.server_data
                    for event in feed(step[1], at):  # not extend: what came before an Opaque counts
                        events.append(event)  # noqa: PERF402
                assert decoder.held_bytes <= self.most_held(limits)
        except Opaque as opaque:
            return Seen(events, (opaque.reason, opaque.lost), 0)
        return Seen(events, None, decoder.held_bytes)

    def played(self, *steps: Step, limits: Limits | None = None) -> Seen:
        """Play the steps whole and byte by byte, which must give the same."""
        whole = self.once(steps, limits)
        assert self.once(bytewise(steps), limits) == whole
        return whole

    def session(self, *steps: Step, limits: Limits | None = None) -> list[RawEvent]:
        """What the steps give on an opened connection."""
        seen = self.played(*self.opened, *steps, limits=limits)
        assert seen.opaque is None
        return seen.events


def payloads(events: list[RawEvent]) -> list[bytes]:
    return [event.payload.data for event in events if event.payload]
