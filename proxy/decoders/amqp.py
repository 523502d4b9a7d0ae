"""AMQP 0-9-1 between a client and its broker: what it published, and what was delivered to it.

A message is a method (Publish, Deliver, GetOk, Return), a content header and a body in frames, on one of the
connection's channels. Where a word on it is to come, it waits for that, within bounds: a delivery for its
acknowledgement, a publication for its confirmation, what is part of a transaction for the transaction's end.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from pamqp import commands

from proxy.decoders.amqp_channels import Channel, Content, Kept
from proxy.decoders.amqp_frames import BODY, METHOD, FrameReader, malformed
from proxy.decoders.amqp_held import HeldMessages
from proxy.decoders.amqp_messages import RETURNED, ROLLED_BACK, Message, introduced, redeliveries
from proxy.decoders.broker import BrokerDecoder, link_of
from proxy.decoders.decoder import Opaque, Reason
from proxy.raw import RawBody, RawEvent, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.amqp_frames import Frame
    from proxy.decoders.decoder import Instant, Limits, Origin
    from store.records import Identity

    _Handler = Callable[[Sender, int, Any, Instant], Iterable[RawEvent]]

_GREETING = b"AMQP\0\0\x09\x01"
_CHANNELS = 4_096
"""Followed at a time; brokers allow 2,047 unless told otherwise."""


class AmqpDecoder(BrokerDecoder):
    """One connection.

    Args:
        origin: where it comes from.
        limits: bounds on what is kept of a message, of a head, and of the names of consumers and queues.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "amqp")
        self._greeting: bytes | None = b""
        """What has come of it; None: all of it."""
        self._readers = {
            Sender.CLIENT: FrameReader(limits.head_bytes),
            Sender.SERVER: FrameReader(limits.head_bytes),
        }
        self._handlers: dict[Sender, dict[type, _Handler]] = {
            Sender.CLIENT: {
                commands.Connection.StartOk: self._introduces,
                commands.Basic.Publish: self._announces,
                commands.Basic.Ack: self._answers,
                commands.Basic.Nack: self._answers,
                commands.Basic.Reject: self._answers,
                commands.Basic.Recover: self._recovers,
                commands.Basic.RecoverAsync: self._recovers,
                commands.Channel.CloseOk: self._closes,
            },
            Sender.SERVER: {
                commands.Basic.Deliver: self._announces,
                commands.Basic.GetOk: self._announces,
                commands.Basic.Return: self._announces,
                commands.Basic.Ack: self._confirms,
                commands.Basic.Nack: self._confirms,
                commands.Tx.CommitOk: self._commits,
                commands.Tx.RollbackOk: self._rolls_back,
                commands.Channel.CloseOk: self._closes,
            },
        }
        self._channels: dict[int, Channel] = {}
        self._kept = Kept(limits)
        self._held = HeldMessages(4 * limits.body_bytes)
        self._client: tuple[Identity, ...] = ()
        self._ordinals = count()

    @property
    def held_bytes(self) -> int:
        """Bytes of frames and messages that have not ended, of messages that wait, and of names."""
        readers = sum(reader.held_bytes for reader in self._readers.values())
        return len(self._greeting or b"") + readers + self._kept.heads + self._kept.bodies + self._held.bytes

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        for message in self._held.overdue(at):
            yield self._event(message)
        if self._greeting is not None:
            data = self._begin(sender, self._greeting, data)
        for frame in self._readers[sender].feed(data):
            yield from self._take_in(sender, frame, at)

    def _begin(self, sender: Sender, greeting: bytes, data: bytes) -> bytes:
        """What follows the greeting: the client's first eight bytes name the protocol and its version."""
        if data and sender is Sender.SERVER:
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        data = greeting + data
        if not _GREETING.startswith(data[: len(_GREETING)]):
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        if len(data) < len(_GREETING):
            self._greeting = data
            return b""
        self._greeting = None
        return data[len(_GREETING) :]

    def _take_in(self, sender: Sender, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        kind, number, found = frame
        if kind == METHOD:
            handler = self._handlers[sender].get(type(found))
            if handler is not None:
                return handler(sender, number, found, at)
            self._channel(number).learn(found)
            return ()
        content = self._channel(number).content(sender)
        if kind == BODY:
            content.add(found)
        else:
            content.begin(found)
        return () if content.left else self._whole(sender, number, content, at)

    def _channel(self, number: int) -> Channel:
        channel = self._channels.get(number)
        if channel is None:
            if len(self._channels) >= _CHANNELS:
                raise Opaque(Reason.TOO_MANY, 1)
            channel = self._channels[number] = Channel(self._kept)
        return channel

    def _introduces(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        del sender, number, at
        self._client = introduced(method)
        return ()

    def _announces(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """A message begins."""
        del at
        self._channel(number).announce(sender, method)
        return ()

    def _whole(self, sender: Sender, number: int, content: Content, at: Instant) -> Iterable[RawEvent]:
        """A message has ended."""
        channel, method, head = self._channel(number), content.method, content.head
        if head is None:
            raise malformed()
        channel.end(sender)
        payload = RawBody(data=bytes(content.data), size=head.body_size)
        if isinstance(method, commands.Basic.Return):
            return self._returns(Message((number, Sender.CLIENT), method, head, payload, at.wall_ns))
        message = Message((number, sender), method, head, payload, at.wall_ns)
        message.ordinal = next(self._ordinals)
        if sender is Sender.SERVER:
            source = channel.source(method)
            message.client = self._client + source.client
            message.redeliveries = redeliveries(method, head.properties)
            message.number = method.delivery_tag
            waits = source.acknowledges
        else:
            message.client = self._client
            waits = channel.expects_word(message, method, at.monotonic_ns)
        if waits:
            gone = self._held.hold(message.place, message, message.held_bytes, message.until_ns)
            return [self._event(one) for one in gone]
        automatic = (at.wall_ns, "auto") if sender is Sender.SERVER else ()
        return (self._event(message, *automatic),)

    def _answers(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """The client says what has become of a delivery, or of all up to it (`multiple`)."""
        del sender
        word = type(method).__name__.lower() + ("-requeue" if getattr(method, "requeue", False) else "")
        multiple = getattr(method, "multiple", False)
        found = self._held.answered((number, Sender.SERVER), method.delivery_tag, multiple=multiple)
        channel = self._channel(number)
        if channel.transactional:
            for message in found:
                message.word, message.transaction = word, channel.transaction
            return ()
        return self._told(found, at, word)

    def _recovers(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """The client wants all that it has not acknowledged once more."""
        del sender, method
        return self._told(self._held.on((number, Sender.SERVER)), at, "recover")

    def _confirms(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """The broker has taken a publication, or could not."""
        del sender
        word = "confirm" if isinstance(method, commands.Basic.Ack) else "nack"
        line = number, Sender.CLIENT
        found = self._held.answered(line, method.delivery_tag, multiple=method.multiple)
        return self._told(found, at, word)

    def _returns(self, returned: Message) -> Iterable[RawEvent]:
        """No queue takes a publication: the oldest that it can be. A word on it comes all the same."""
        for message in self._held.on(returned.line):
            if message.returnable and message.is_as(returned):
                message.returnable = False
                message.flaws += (RETURNED,)
                return () if message.until_ns is None else (self._taken(message),)
        return ()

    def _commits(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        del sender, method
        return [
            self._taken(message, at.wall_ns, message.word or "commit") for message in self._settled(number)
        ]

    def _rolls_back(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """What was published is gone; what was acknowledged is not."""
        del sender, method
        undone = []
        for message in self._settled(number):
            if message.sender is Sender.CLIENT:
                message.flaws += (ROLLED_BACK,)
                undone.append(message)
            message.word, message.transaction = "", None
        return self._told(undone, at, "rollback")

    def _settled(self, number: int) -> list[Message]:
        """What was part of the transaction that has ended."""
        settled = self._channel(number).settle()
        return [
            message
            for sender in (Sender.CLIENT, Sender.SERVER)
            for message in self._held.on((number, sender))
            if message.transaction == settled
        ]

    def _closes(self, sender: Sender, number: int, method: Any, at: Instant) -> Iterable[RawEvent]:
        """A channel has ended: its number and its delivery tags may stand for others now."""
        del sender, method, at
        channel = self._channels.pop(number, None)
        if channel is not None:
            channel.close()
        ended = [*self._held.on((number, Sender.CLIENT)), *self._held.on((number, Sender.SERVER))]
        return [self._taken(message) for message in ended]

    def _told(self, messages: list[Message], at: Instant, word: str) -> Iterable[RawEvent]:
        """Held messages as events, with what has become of them."""
        return [self._taken(message, at.wall_ns, word) for message in messages]

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        del at
        return map(self._event, self._held.release())

    def _taken(self, message: Message, acknowledged_at: int | None = None, word: str = "") -> RawEvent:
        """A held message as an event; it is held no longer."""
        self._held.take(message.place)
        return self._event(message, acknowledged_at, word)

    def _event(self, message: Message, acknowledged_at: int | None = None, word: str = "") -> RawEvent:
        return RawEvent(
            link=self._link,
            ordinal=message.ordinal,
            sender=message.sender,
            channel=message.channel,
            at=message.at_ns,
            client=message.client,
            payload=message.payload,
            headers=message.headers,
            type=message.type,
            sequence=message.number if message.number >= 0 else None,
            published_at=message.published_at,
            acknowledged_at=acknowledged_at,
            acknowledgement=word,
            redeliveries=message.redeliveries,
            flaws=message.flaws,
        )
