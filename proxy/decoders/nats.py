"""NATS seen from the side: what a client publishes and what it is delivered, with JetStream's word on both.

A message published with a reply subject may be meant for a stream: it waits a while for the stream's answer
there. A stream's delivery waits for its acknowledgement. What else a client and JetStream say to each other
(`$JS.…`), the system's subjects (`$SYS.…`) and status messages are no events. Where the server names other
servers (`connect_urls`) the client may go on there unseen, and the first event says so.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

from proxy.decoders import nats_jetstream as jetstream
from proxy.decoders.broker import BrokerDecoder, link_of
from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.held import Held
from proxy.decoders.nats_groups import Groups
from proxy.decoders.nats_operations import CLIENT_FORMS, SERVER_FORMS, OperationReader
from proxy.raw import RawBody, RawEvent, Sender
from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.decoders.nats_operations import Operation
    from store.records import Headers

    _Event = Callable[..., RawEvent]
    """Makes an event, given what has become of it."""

PATIENCE_NS = 5 * 10**9
"""How long a published message waits for an answer."""
CONSUMERS = 1_000
"""JetStream consumers whose configuration is remembered, the latest."""

_ACKS = b"$JS.ACK."
_MACHINERY = (b"$JS.", b"$SYS.")
_ANSWERS = b"_INBOX."


class NatsDecoder(BrokerDecoder):
    """One connection of a client to a server."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "nats")
        self._readers = {
            Sender.CLIENT: OperationReader(b"CONNECT ", CLIENT_FORMS, limits),
            Sender.SERVER: OperationReader(b"INFO {", SERVER_FORMS, limits),
        }
        self._handlers: dict[str, Callable[[Operation, Instant], Iterable[RawEvent]]] = {
            "INFO": self._greeted,
            "CONNECT": self._introduced,
            "SUB": self._subscribed,
            "UNSUB": self._unsubscribed,
            "PUB": self._published,
            "MSG": self._delivered,
        }
        self._server_spoke = False
        self._others_offered = False
        self._flaws: tuple[str, ...] = ()
        """Of the next event."""
        self._client: tuple[Identity, ...] = ()
        self._groups = Groups(limits)
        self._consumers: dict[bytes, jetstream.Consumer] = {}
        self._requests: Held[bytes, tuple[_Event, ...]] = Held(4 * limits.body_bytes)
        """What was published with a reply subject, by that subject; nothing where the answer is no event."""
        self._deliveries: Held[bytes, _Event] = Held(4 * limits.body_bytes)
        """What streams have delivered, by the subject of its acknowledgement."""
        self._ordinals = count()

    @property
    def held_bytes(self) -> int:
        """Bytes of what has not ended, of what waits for an answer, and of what subscriptions said."""
        readers = sum(reader.held_bytes for reader in self._readers.values())
        consumers = sum(map(len, self._consumers))
        return readers + self._requests.bytes + self._deliveries.bytes + self._groups.bytes + consumers

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        if sender is Sender.CLIENT and not self._server_spoke:  # it is the first to speak
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        for asked in self._requests.overdue(at):
            yield from _events(asked)
        for operation in self._readers[sender].feed(data):
            handler = self._handlers.get(operation.kind)
            if handler is not None:
                yield from handler(operation, at)

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        del at
        for asked in self._requests.release():
            yield from _events(asked)
        yield from _events(self._deliveries.release())

    def _greeted(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        del at
        self._server_spoke = True
        if _told(operation).get("connect_urls") and not self._others_offered:
            self._others_offered = True
            self._flaws = ("other-servers-offered",)
        return ()

    def _introduced(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        del at
        told = _told(operation)
        said = (("connection-name", "name"), ("user", "user"))
        self._client = tuple(
            Identity(basis=basis, value=value, source=f"CONNECT {key}")
            for basis, key in said
            if isinstance(value := told.get(key), str) and value
        )
        return ()

    def _subscribed(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        del at
        _, *queue, number = operation.words
        if queue:
            self._groups.join(number, _group(queue[0], "SUB queue group"))
        return ()

    def _unsubscribed(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        del at
        number, *most = operation.words
        self._groups.leave(number, most[0] if most else b"0")
        return ()

    def _published(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        subject, *rest = operation.words
        reply = rest[0] if rest else b""
        if subject.startswith(_ACKS):
            return self._acknowledged(operation, reply, at)
        if subject.startswith(_MACHINERY):
            return self._asks(reply, (), len(reply), at) if reply else ()
        event = self._event(Sender.CLIENT, operation, reply, self._client, at)
        if not reply:
            return (event(),)
        return self._asks(reply, (event,), _weight(operation), at)

    def _asks(self, reply: bytes, events: tuple[_Event, ...], size: int, at: Instant) -> Iterator[RawEvent]:
        """The client waits for an answer."""
        for gone in self._requests.hold(reply, events, size, at.monotonic_ns + PATIENCE_NS):
            yield from _events(gone)

    def _acknowledged(self, operation: Operation, reply: bytes, at: Instant) -> Iterator[RawEvent]:
        if reply:
            yield from self._asks(reply, (), len(reply), at)
        word = jetstream.word_of(operation.data)
        for subject in self._meant(operation.words[0], word):
            event = self._deliveries.take(subject)
            if event is not None:
                yield event(acknowledgement=word, acknowledged_at=at.wall_ns)

    def _meant(self, subject: bytes, word: str) -> Iterable[bytes]:
        """The deliveries that the word is about, by the subjects of their acknowledgement."""
        if not word:
            return ()
        last = jetstream.delivery_of(subject)
        if last is None or self._consumer(last).policy != "all" or word != "ack":
            return (subject,)
        return [
            held
            for held in self._deliveries
            if (delivery := jetstream.delivery_of(held)) is not None
            and delivery.consumer == last.consumer
            and delivery.order <= last.order
        ]

    def _delivered(self, operation: Operation, at: Instant) -> Iterable[RawEvent]:
        subject, number, *rest = operation.words
        client = self._client + self._groups.delivered(number)
        reply = rest[0] if rest else b""
        if _is_status(operation.head):
            return _events(self._requests.take(subject) or ())
        if reply.startswith(_ACKS) and (delivery := jetstream.delivery_of(reply)) is not None:
            return self._streamed(delivery, operation, client, at)
        asked = self._requests.take(subject)
        if asked is not None:
            return self._answered(asked, operation, reply, client, at)
        if subject.startswith(_MACHINERY):
            return ()
        if subject.startswith(_ANSWERS) and jetstream.confirmation_of(operation.data):
            return ()  # of what did not wait so long
        return (self._event(Sender.SERVER, operation, reply, client, at)(),)

    def _streamed(
        self, delivery: jetstream.Delivery, operation: Operation, client: tuple[Identity, ...], at: Instant
    ) -> Iterable[RawEvent]:
        consumer = self._consumer(delivery)
        if consumer.durable:
            client = (*client, _group(delivery.name, "JetStream consumer"))
        event = partial(
            self._event(Sender.SERVER, operation, b"", client, at),
            sequence=delivery.sequence,
            published_at=delivery.stored_at,
            redeliveries=max(0, delivery.delivered - 1),
        )
        if consumer.policy == "none":
            return (event(),)
        return _events(self._deliveries.hold(operation.words[-1], event, _weight(operation)))

    def _consumer(self, delivery: jetstream.Delivery) -> jetstream.Consumer:
        return self._consumers.get(delivery.consumer, jetstream.UNKNOWN)

    def _answered(
        self,
        asked: tuple[_Event, ...],
        operation: Operation,
        reply: bytes,
        client: tuple[Identity, ...],
        at: Instant,
    ) -> Iterable[RawEvent]:
        if not asked:
            self._learn(operation.data)
            return ()
        confirmation = jetstream.confirmation_of(operation.data)
        if confirmation is None:
            return _events((*asked, self._event(Sender.SERVER, operation, reply, client, at)))
        word, sequence = confirmation
        return _events(asked, acknowledgement=word, acknowledged_at=at.wall_ns, sequence=sequence)

    def _learn(self, answer: bytes) -> None:
        """What JetStream's answer says of a consumer, if it is about one."""
        told = jetstream.consumer_of(answer)
        if told is not None:
            name, consumer = told
            self._consumers.pop(name, None)
            self._consumers[name] = consumer
            if len(self._consumers) > CONSUMERS:
                del self._consumers[next(iter(self._consumers))]

    def _event(
        self, sender: Sender, operation: Operation, reply: bytes, client: tuple[Identity, ...], at: Instant
    ) -> _Event:
        """What makes the event of a message, given what has become of it."""
        flaws, self._flaws = self._flaws, ()
        subject = operation.words[0]
        headers = _fields(operation.head) if operation.head else ()
        is_answer = subject.startswith(_ANSWERS)
        if is_answer:
            headers = (*headers, ("nats-reply", "true"))
        if reply:
            headers = (*headers, ("reply-to", _text(reply)))
        return partial(
            RawEvent,
            link=self._link,
            ordinal=next(self._ordinals),
            sender=sender,
            channel="_INBOX" if is_answer else _text(subject),
            at=at.wall_ns,
            client=client,
            payload=RawBody(data=operation.data, size=operation.size),
            headers=headers,
            flaws=flaws,
        )


def _events(made_by: Iterable[_Event], **became: Any) -> Iterator[RawEvent]:
    """The events, given what has become of them."""
    return (make(**became) for make in made_by)


def _told(operation: Operation) -> dict[str, Any]:
    """The JSON object on the line of INFO or CONNECT."""
    try:
        told = orjson.loads(operation.data.split(None, 1)[-1])
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise Opaque(Reason.MALFORMED, 1)
    return told


def _is_status(head: bytes) -> bool:
    """Whether it is the server that speaks: `NATS/1.0 404 No Messages`."""
    return len(head.partition(b"\r\n")[0].split(None, 1)) > 1


def _weight(operation: Operation) -> int:
    """What it keeps in bytes."""
    return len(operation.head) + len(operation.data) + sum(map(len, operation.words))


def _group(name: bytes, source: str) -> Identity:
    return Identity(basis="group", value=_text(name), source=source)


def _fields(head: bytes) -> Headers:
    """The fields of a `NATS/1.0` head (ADR-4)."""
    fields = (line.partition(":") for line in _text(head).split("\r\n")[1:])
    return tuple((name.strip().lower(), value.strip()) for name, colon, value in fields if colon)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
