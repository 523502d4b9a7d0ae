"""Redis seen from the side: Streams and pub/sub, in RESP2 and RESP3.

Replies come in the order of their commands, messages of subscriptions between them. What a client publishes
is told once its reply has come, since it may be refused; what a consumer group is delivered waits for its
XACK on the same connection. All other commands are ordinary database traffic: they are counted, so that
replies find their commands, and not kept. Where a server of a cluster sends the client to another (`MOVED`,
`ASK`) it may go on there unseen, and the next event says so.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from hiredis import PushNotification, ReplyError

from proxy.decoders import redis_commands as commands
from proxy.decoders.broker import BrokerDecoder
from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.redis_events import Events
from proxy.decoders.redis_frames import SKIPPED, FrameReader
from proxy.decoders.redis_replies import UNTOLD, Replies
from proxy.decoders.redis_subscriptions import COMMANDS, Confirmations, Subscriptions
from proxy.raw import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.raw import RawEvent
    from store.records import Identity

_NAME = re.compile(rb"\*(?:0|-1)\r\n|\*\d+\r\n\$\d+\r\n([^\r]*)\r")
"""The beginning of a command, up to its name; an empty one has none."""
_LONGEST_NAME_BYTES = 128
_BYTES = {bytes}
_MESSAGES = (b"message", b"pmessage", b"smessage")
_MOVED = ("MOVED ", "ASK ")


class RedisDecoder(BrokerDecoder):
    """One connection of a client to a server."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._readers = {
            Sender.CLIENT: FrameReader(self._wants_command, limits, inline=True),
            Sender.SERVER: FrameReader(self._wants_reply, limits, inline=False),
        }
        self._replies = Replies(4 * limits.body_bytes)
        self._events = Events(origin, limits)
        self._subscriptions = Subscriptions()
        self._commands: dict[bytes, Callable[[list[bytes], Instant], Iterable[RawEvent]]] = {
            b"XADD": self._xadd,
            b"PUBLISH": self._publish,
            b"SPUBLISH": self._publish,
            b"XREAD": self._xread,
            b"XREADGROUP": self._xread,
            b"XCLAIM": self._xclaim,
            b"XAUTOCLAIM": self._xclaim,
            b"XACK": self._xack,
            b"XACKDEL": self._xack,
            b"HELLO": self._introduce,
            b"AUTH": self._introduce,
            b"CLIENT": self._client,
            b"MULTI": lambda _, at: self._replies.multi(at),
            b"EXEC": lambda _, at: self._replies.exec(at),
            b"DISCARD": lambda _, at: self._replies.discard(at),
            b"RESET": lambda _, at: self._replies.reset(self._reset, at),
            **dict.fromkeys(COMMANDS, self._subscribe),
            **dict.fromkeys((b"MONITOR", b"SYNC", b"PSYNC"), _leave),
        }

    @property
    def held_bytes(self) -> int:
        """Bytes of frames that have not ended, of events that wait, and of what is known about replies."""
        readers = sum(reader.held_bytes for reader in self._readers.values())
        return readers + self._replies.held_bytes + self._events.held_bytes

    @property
    def _is_sure(self) -> bool:
        return self._replies.begun

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        take = self._commanded if sender is Sender.CLIENT else self._replied
        for value in self._readers[sender].feed(data):
            yield from take(value, at)

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        yield from self._replies.abandon(at)
        yield from self._events.release()

    def _wants_command(self, data: bytes, at: int) -> bool | None:
        if data[at] != ord("*"):
            return True
        beginning = _NAME.match(data, at)
        if beginning is None:
            return None if len(data) - at <= _LONGEST_NAME_BYTES else True
        return beginning[1] is None or beginning[1].upper() in self._commands

    def _wants_reply(self, data: bytes, at: int) -> bool:
        return data[at] in b"->" or self._replies.next is not None or self._subscriptions.in_arrays

    def _replied(self, reply: Any, at: Instant) -> Iterable[RawEvent]:
        is_push = type(reply) is PushNotification
        if is_push or (type(reply) is list and self._subscriptions.in_arrays):
            if reply and reply[0] in _MESSAGES:
                return self._events.subscribed(reply, at)
            if not isinstance(self._replies.next, Confirmations) and (
                self._subscriptions.confirmed(reply) or is_push
            ):
                return ()  # a slot was moved and its channels with it, or a key was invalidated
        if isinstance(reply, ReplyError) and str(reply).startswith(_MOVED):
            self._events.moved()
        return self._replies.take(reply, at)

    def _commanded(self, words: Any, at: Instant) -> Iterable[RawEvent]:
        if words is SKIPPED:
            return self._replies.expect(None, 0, at)
        if not words:
            return ()  # the server takes no notice of it either
        if {*map(type, words)} != _BYTES:
            raise Opaque(Reason.MALFORMED, 1)
        return self._commands.get(words[0].upper(), self._ordinary)(words, at)

    def _ordinary(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        """A command that says nothing here, or that the server will refuse."""
        del words
        return self._replies.expect(None, 0, at)

    def _xadd(self, words: list[bytes], at: Instant) -> Iterator[RawEvent]:
        told = commands.addition(words)
        if told is None:
            yield from self._ordinary(words, at)
            return
        answer, gone = self._events.add(*told, at)
        yield from gone
        yield from self._replies.expect(answer, 0, at)

    def _publish(self, words: list[bytes], at: Instant) -> Iterator[RawEvent]:
        if len(words) != 3:
            yield from self._ordinary(words, at)
            return
        answer, gone = self._events.publish(words[1], words[2], at)
        yield from gone
        yield from self._replies.expect(answer, 0, at)

    def _xread(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        reading = commands.reading(words)
        if reading is None:
            return self._ordinary(words, at)
        return self._replies.expect(partial(self._events.read, reading), sum(map(len, words)), at)

    def _xclaim(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        told = commands.claim(words)
        if told is None:
            return self._ordinary(words, at)
        return self._replies.expect(partial(self._events.claimed, *told), sum(map(len, words[:4])), at)

    def _xack(self, words: list[bytes], at: Instant) -> Iterator[RawEvent]:
        told = commands.acknowledged(words)
        if told is not None and self._replies.in_transaction:
            answer = partial(self._events.acknowledged, told)
            yield from self._replies.expect(answer, sum(map(len, words)), at)
            return
        if told is not None:
            # It is refused only where the entry was not delivered either: its reply need not be waited for.
            yield from self._events.acknowledged(told, UNTOLD, at)
        yield from self._ordinary(words, at)

    def _introduce(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        told = commands.introduction(words)
        return self._replies.expect(partial(self._introduced, told), sum(len(one.value) for one in told), at)

    def _introduced(self, told: tuple[Identity, ...], reply: Any, at: Instant) -> Iterable[RawEvent]:
        del at
        if reply is not None and not isinstance(reply, Exception):
            self._events.introduce(told)
        if isinstance(reply, dict | list):  # HELLO's, a map in RESP3
            self._subscriptions.resp3 = isinstance(reply, dict)
        return ()

    def _client(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        match [word.upper() for word in words[1:]]:
            case [b"SETNAME", _]:
                return self._introduce(words, at)
            case [b"REPLY", mode] if not self._subscriptions.in_arrays:  # else refused, in RESP2
                return self._replies.mute(mode, at)
            case _:
                return self._ordinary(words, at)

    def _reset(self, reply: Any, at: Instant) -> Iterable[RawEvent]:
        del at
        if not isinstance(reply, Exception):
            self._events.forget()
            self._subscriptions = Subscriptions()
        return ()

    def _subscribe(self, words: list[bytes], at: Instant) -> Iterable[RawEvent]:
        del at
        self._replies.confirm(Confirmations(words, self._subscriptions))
        return ()


def _leave(words: list[bytes], at: Instant) -> Iterable[RawEvent]:
    """The connection is a replica's or an observer's from here."""
    del words, at
    raise Opaque(None)
