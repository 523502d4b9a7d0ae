"""STOMP 1.0 to 1.2 seen from the side: what a client sends to destinations and what comes to it from them.

A message that will be acknowledged waits for that, one that is sent for its receipt, what is part of a
transaction for the transaction's end. A receipt for what is sent in a transaction says nothing of its fate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders import stomp_frames as frames
from proxy.decoders.broker import BrokerDecoder, link_of
from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.held import HEADER_BYTES, Held
from proxy.decoders.stomp_frames import FrameReader, malformed
from proxy.raw import RawBody, RawEvent, Sender
from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.decoders.stomp_frames import Frame
    from store.records import Headers

ROLLED_BACK = "rolled-back"

_OWN = frozenset(
    {
        "destination",
        "content-length",
        "receipt",
        "transaction",
        "subscription",
        "message-id",
        "ack",
        "redelivered",
        "timestamp",
        "type",
    }
)
"""Headers of a message that are the protocol's, or have a place of their own in our records."""

_CONSUMERS = {
    "x-queue-name": "queue",  # RabbitMQ
    "durable-subscription-name": "group",  # Artemis
    "activemq.subscriptionName": "group",
}
"""Headers by which a SUBSCRIBE names what messages are kept for, and what that is among our words."""

_Key = tuple[str, str, str]
"""What a word will name: of a delivery `ack`, its subscription (in 1.1 alone) and its id; of what is sent
`receipt` and that one's id, or, within a transaction, `sent`, the transaction and a number."""


class StompDecoder(BrokerDecoder):
    """One connection.

    Args:
        origin: where it comes from.
        limits: bounds on what is kept of a message, of its head, and of subscriptions.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "stomp")
        self._head_bytes = limits.head_bytes
        self._readers = {
            Sender.CLIENT: FrameReader(frames.CONNECT, limits),
            Sender.SERVER: FrameReader(frames.CONNECTED, limits),
        }
        self._handlers: dict[str, Callable[[Frame, Instant], Iterable[RawEvent]]] = {
            **dict.fromkeys(frames.CONNECT, self._connects),
            "CONNECTED": self._is_connected,
            "SUBSCRIBE": self._subscribes,
            "UNSUBSCRIBE": self._unsubscribes,
            "SEND": self._sends,
            "MESSAGE": self._delivers,
            "ACK": self._acknowledges,
            "NACK": self._acknowledges,
            "RECEIPT": self._receipts,
            "ERROR": self._receipts,
            "COMMIT": self._commits,
            "ABORT": self._aborts,
        }
        self._client: tuple[Identity, ...] = ()
        self._subscriptions: dict[str, _Subscription] = {}
        self._subscribed_bytes = 0
        self._held: Held[_Key, _Message] = Held(4 * limits.body_bytes)
        self._ordinals = count()
        self._sure = False

    @property
    def held_bytes(self) -> int:
        """Bytes of frames that have not ended, of messages that wait, and of subscriptions."""
        readers = sum(reader.held_bytes for reader in self._readers.values())
        return readers + self._subscribed_bytes + self._held.bytes

    @property
    def _is_sure(self) -> bool:
        return self._sure

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        for frame in self._readers[sender].feed(data):
            handler = self._handlers.get(frame.command)
            if handler is not None:
                yield from handler(frame, at)

    def _connects(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        """A name without a passcode is left out, since it may be the secret itself."""
        del at
        user = frame.headers.get("login", "") if frame.headers.get("passcode") else ""
        said = (
            ("client-id", frame.headers.get("client-id", ""), "CONNECT client-id"),
            ("user", user, "CONNECT login"),
        )
        self._client = tuple(
            Identity(basis=basis, value=value, source=source) for basis, value, source in said if value
        )
        self._readers[Sender.CLIENT].legal = frames.OF_CLIENT
        return ()

    def _is_connected(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        del at
        self._sure = True
        for reader in self._readers.values():
            reader.version = frame.headers.get("version", "1.0")
        self._readers[Sender.SERVER].legal = frames.OF_SERVER
        return ()

    def _subscribes(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        self._unsubscribes(frame, at)
        said = frame.headers
        names = tuple(
            Identity(basis=basis, value=said[name], source=f"SUBSCRIBE {name}")
            for name, basis in _CONSUMERS.items()
            if said.get(name)
        )
        one = _Subscription(said.get("ack", "auto"), names, _bytes_of(said))
        self._subscriptions[_name_of(frame)] = one
        self._subscribed_bytes += one.held_bytes
        if self._subscribed_bytes > 4 * self._head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)
        return ()

    def _unsubscribes(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        del at
        left = self._subscriptions.pop(_name_of(frame), None)
        if left is not None:
            self._subscribed_bytes -= left.held_bytes
        return ()

    def _sends(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        said = frame.headers
        message = self._message(Sender.CLIENT, frame, at)
        message.client = self._client
        message.transaction = said.get("transaction", "")
        if message.transaction:
            return self._hold(("sent", message.transaction, str(message.ordinal)), message)
        if "receipt" in said:
            return self._hold(("receipt", "", said["receipt"]), message)
        return (self._event(message),)

    def _delivers(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        said = frame.headers
        message = self._message(Sender.SERVER, frame, at)
        message.subscription = said.get("subscription") or message.channel
        subscription = self._subscriptions.get(message.subscription)
        if subscription is None:  # left, while this was on its way
            message.client = self._client
            return (self._event(message),)
        message.client = subscription.client + self._client
        message.redeliveries = _REDELIVERED.get(said.get("redelivered", ""))
        if subscription.mode == "auto":
            return (self._event(message, at.wall_ns, "auto"),)
        message.cumulative = subscription.mode == "client"
        identifier = said.get("ack") if self._version == "1.2" else said.get("message-id")
        return self._hold(self._place(message.subscription, identifier or ""), message)

    def _acknowledges(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        """ACK or NACK; with `client` for its mode a subscription's earlier messages go with it."""
        said = frame.headers
        identifier = said.get("id") if self._version == "1.2" else said.get("message-id")
        named = self._held.known(self._place(said.get("subscription", ""), identifier or ""))
        if named is None:  # of a former connection, or let go already
            return ()
        found = [named]
        if named.cumulative:
            found = [one for one in self._held.waiting() if one.goes_with(named)]
        word = frame.command.lower()
        if transaction := said.get("transaction", ""):
            for message in found:
                message.transaction, message.word = transaction, word
            return ()
        return [self._told(message, at, word) for message in found]

    def _receipts(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        """The server has taken what was sent; or, with an ERROR, it has not."""
        message = self._held.known(("receipt", "", frame.headers.get("receipt-id", "")))
        return () if message is None else (self._told(message, at, frame.command.lower()),)

    def _commits(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        return [self._told(message, at, message.word or "commit") for message in self._within(frame)]

    def _aborts(self, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        """What was sent is gone; what was acknowledged is not."""
        undone = []
        for message in self._within(frame):
            message.transaction = message.word = ""
            if message.sender is Sender.CLIENT:
                message.flaws = (ROLLED_BACK,)
                undone.append(self._told(message, at, "abort"))
        return undone

    def _within(self, frame: Frame) -> list[_Message]:
        """What is part of the transaction that ends."""
        name = frame.headers.get("transaction", "")
        return [one for one in self._held.waiting() if name and one.transaction == name]

    @property
    def _version(self) -> str:
        return self._readers[Sender.SERVER].version

    def _place(self, subscription: str, identifier: str) -> _Key:
        return "ack", subscription if self._version == "1.1" else "", identifier

    def _message(self, sender: Sender, frame: Frame, at: Instant) -> _Message:
        said = frame.headers
        if not said.get("destination"):
            raise malformed()
        headers = tuple((name.lower(), value) for name, value in said.items() if name not in _OWN)
        return _Message(
            sender=sender,
            ordinal=next(self._ordinals),
            channel=said["destination"],
            at_ns=at.wall_ns,
            payload=RawBody(data=frame.body, size=frame.size),
            headers=headers,
            type=said.get("type", ""),
            published_at=_unix_ns(said.get("timestamp", "")),
            held_bytes=len(frame.body) + _bytes_of(said),
        )

    def _hold(self, key: _Key, message: _Message) -> Iterable[RawEvent]:
        """Until there is a word on it."""
        message.key = key
        return [self._event(gone) for gone in self._held.hold(key, message, message.held_bytes)]

    def _told(self, message: _Message, at: Instant, word: str) -> RawEvent:
        """There is a word on it."""
        self._held.take(message.key)
        return self._event(message, at.wall_ns, word)

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        del at
        return map(self._event, self._held.release())

    def _event(
        self, message: _Message, acknowledged_at: int | None = None, acknowledgement: str = ""
    ) -> RawEvent:
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
            published_at=message.published_at,
            acknowledged_at=acknowledged_at,
            acknowledgement=acknowledgement,
            redeliveries=message.redeliveries,
            flaws=message.flaws,
        )


class _Subscription(NamedTuple):
    """How its messages are acknowledged (`auto`, `client`, `client-individual`), and whom they are for."""

    mode: str
    client: tuple[Identity, ...]
    held_bytes: int


@dataclass(slots=True, kw_only=True)
class _Message:
    """One SEND or MESSAGE, until it becomes an event."""

    sender: Sender
    ordinal: int
    channel: str
    at_ns: int
    payload: RawBody
    headers: Headers
    type: str
    published_at: int | None
    held_bytes: int
    client: tuple[Identity, ...] = ()
    redeliveries: int | None = None
    key: _Key = ("", "", "")
    """What the word on it will name."""
    subscription: str = ""
    cumulative: bool = False
    """A word on it is also one on those before it."""
    transaction: str = ""
    """The one that it, or the answer to it, is part of."""
    word: str = ""
    """The answer that this transaction makes true."""
    flaws: tuple[str, ...] = ()

    def goes_with(self, named: _Message) -> bool:
        """Whether a word on the other, of a cumulative subscription, is one on it."""
        return (
            self.sender is Sender.SERVER
            and self.subscription == named.subscription
            and self.ordinal <= named.ordinal
        )


_REDELIVERED = {"true": 1, "false": 0}


def _name_of(frame: Frame) -> str:
    """What a subscription goes by; in 1.0 it may have no id."""
    return frame.headers.get("id") or frame.headers.get("destination", "")


def _bytes_of(said: dict[str, str]) -> int:
    """Of a frame's headers: those that are not kept by themselves are parts of what is."""
    return sum(HEADER_BYTES + len(name) + len(value) for name, value in said.items())


def _unix_ns(said: str) -> int | None:
    """A `timestamp`: milliseconds since the epoch, as JMS has it; seconds, of AMQP, are too few digits."""
    return int(said) * 1_000_000 if _MILLISECONDS.fullmatch(said) else None


_MILLISECONDS = re.compile(r"[12]\d{12}", re.ASCII)
