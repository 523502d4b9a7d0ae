"""Redis messages as events: each is told when nothing more is to come about it."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from proxy.decoders.broker import link_of
from proxy.decoders.held import Held
from proxy.decoders.redis_commands import text_of
from proxy.decoders.redis_entries import added_at, claimed_in, payload_of, streams_in
from proxy.decoders.redis_replies import UNTOLD
from proxy.raw import RawBody, RawEvent, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.decoders.redis_commands import Acknowledged, Reading
    from proxy.decoders.redis_entries import Entry
    from proxy.decoders.redis_replies import Answer
    from store.records import Headers, Identity

_JSON: Headers = (("content-type", "application/json"),)


class Events:
    """The events of one connection.

    Those of the client's own messages wait for the reply that tells whether they were accepted; those that a
    consumer group was delivered wait for their acknowledgement.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "redis")
        self._limit_bytes = limits.body_bytes
        self._held: Held[Hashable, Callable[..., RawEvent]] = Held(4 * limits.body_bytes)
        """What makes the event of a publication, by its number; of what a group was delivered, by stream,
        group and entry."""
        self._published = 0
        self._told: dict[str, Identity] = {}
        self._client: tuple[Identity, ...] = ()
        self._flaws: tuple[str, ...] = ()
        self._ordinals = count()

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept."""
        return self._held.bytes + sum(len(one.value) for one in self._client)

    def introduce(self, told: Iterable[Identity]) -> None:
        """The client is this as well; an empty value takes back what was said."""
        self._told.update((one.basis, one) for one in told)
        self._client = tuple(one for one in self._told.values() if one.value)

    def forget(self) -> None:
        """The client is nobody again."""
        self._told.clear()
        self._client = ()

    def moved(self) -> None:
        """The client was sent elsewhere, which the next event says."""
        self._flaws = ("moved",)

    def add(self, stream: bytes, fields: Sequence[bytes], at: Instant) -> tuple[Answer, list[RawEvent]]:
        """An entry is to be added: what its reply means, and the events that have to go for it."""
        return self._publish(stream, payload_of(fields, self._limit_bytes), _JSON, at, self._added)

    def publish(self, channel: bytes, payload: bytes, at: Instant) -> tuple[Answer, list[RawEvent]]:
        """A message is to be published: the same."""
        body = RawBody(data=payload[: self._limit_bytes], size=len(payload))
        return self._publish(channel, body, (), at, self._sent)

    def subscribed(self, message: list[Any], at: Instant) -> Iterable[RawEvent]:
        """A subscription's message. The server's own, of invalidated keys, has a list for its payload."""
        *_, channel, payload = message if len(message) > 2 else (None, None)
        if not (isinstance(channel, bytes) and isinstance(payload, bytes)):
            return ()
        body = RawBody(data=payload[: self._limit_bytes], size=len(payload))
        return (self._event(Sender.SERVER, text_of(channel), at.wall_ns, self._client, body, ()),)

    def read(self, reading: Reading, reply: Any, at: Instant) -> Iterator[RawEvent]:
        """XREAD or XREADGROUP was answered."""
        if reply is not UNTOLD and not isinstance(reply, Exception):
            for stream, entries in streams_in(reply):
                yield from self._delivered(stream, reading, entries, at)

    def claimed(self, stream: bytes, reading: Reading, reply: Any, at: Instant) -> Iterator[RawEvent]:
        """XCLAIM or XAUTOCLAIM was answered."""
        if reply is not UNTOLD and not isinstance(reply, Exception):
            yield from self._delivered(stream, reading, claimed_in(reply), at)

    def acknowledged(self, told: Acknowledged, reply: Any, at: Instant) -> Iterator[RawEvent]:
        """Entries were acknowledged, if that was accepted."""
        if reply is None or isinstance(reply, Exception):
            return
        for name in told.entries:
            event = self._held.take((told.stream, told.group, name))
            if event is not None:
                yield event(acknowledged_at=at.wall_ns, acknowledgement="ack")

    def release(self) -> Iterator[RawEvent]:
        """No word comes any more."""
        return (event() for event in self._held.release())

    def _publish(
        self, channel: bytes, body: RawBody, headers: Headers, at: Instant, outcome: Any
    ) -> tuple[Answer, list[RawEvent]]:
        number = self._published
        self._published += 1
        event = partial(self._event, Sender.CLIENT, text_of(channel), at.wall_ns, self._client, body, headers)
        gone = self._held.hold(number, event, len(channel) + len(body.data))
        return partial(outcome, number), [event() for event in gone]

    def _added(self, number: int, reply: Any, at: Instant) -> Iterable[RawEvent]:
        """XADD was answered: with the entry's id, or null or an error where there is none."""
        event = self._held.take(number)
        if event is None:
            return ()
        if reply is UNTOLD:
            return (event(),)
        if not isinstance(reply, bytes):
            return ()
        return (
            event(
                key=text_of(reply),
                published_at=added_at(reply, at.wall_ns),
                acknowledged_at=at.wall_ns,
                acknowledgement="ack",
            ),
        )

    def _sent(self, number: int, reply: Any, at: Instant) -> Iterable[RawEvent]:
        """PUBLISH was answered: with how many it reached here, which confirms nothing, or an error."""
        del at
        event = self._held.take(number)
        return (event(),) if event is not None and (reply is UNTOLD or isinstance(reply, int)) else ()

    def _delivered(
        self, stream: bytes, reading: Reading, entries: Iterable[Entry], at: Instant
    ) -> Iterator[RawEvent]:
        channel, client, group = text_of(stream), self._client + reading.client, reading.group
        again = stream in reading.again
        for name, fields, before in entries:
            body = None if fields is None else payload_of(fields, self._limit_bytes)
            event = partial(
                self._event,
                Sender.SERVER,
                channel,
                at.wall_ns,
                client,
                body,
                () if body is None else _JSON,
                key=text_of(name),
                published_at=added_at(name, at.wall_ns),
                redeliveries=None if group is None else int(again) if before is None else before,
            )
            if group is None:
                yield event()
            elif reading.automatic and not again:
                yield event(acknowledged_at=at.wall_ns, acknowledgement="auto")
            else:
                size = len(stream) + len(name) + (len(body.data) if body else 0)
                for gone in self._held.hold((stream, group, name), event, size):
                    yield gone()

    def _event(
        self,
        sender: Sender,
        channel: str,
        at: int,
        client: tuple[Identity, ...],
        payload: RawBody | None,
        headers: Headers,
        **known: Any,
    ) -> RawEvent:
        flaws, self._flaws = self._flaws, ()
        return RawEvent(
            link=self._link,
            ordinal=next(self._ordinals),
            sender=sender,
            channel=channel,
            at=at,
            client=client,
            payload=payload,
            headers=headers,
            flaws=flaws,
            **known,
        )
