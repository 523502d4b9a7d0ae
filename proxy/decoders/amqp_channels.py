"""What is known of one AMQP channel: messages on their way, where deliveries come from, how it confirms."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pamqp import commands

from proxy.decoders.amqp_frames import malformed
from proxy.decoders.decoder import Opaque, Reason
from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.decoders.amqp_frames import BodyPiece, ContentHead
    from proxy.decoders.amqp_messages import Message
    from proxy.decoders.decoder import Limits
    from proxy.raw import Sender

_ENTRY_BYTES = 256
"""What a consumer takes in memory beside the characters of its queue's name, about."""
_RETURN_NS = 1_000_000_000
"""How long a publication waits to be returned where the broker does not confirm. Brokers do that at once."""


class Source(NamedTuple):
    """Where deliveries come from, as evidence, and whether the client acknowledges them."""

    client: tuple[Identity, ...]
    acknowledges: bool
    held_bytes: int


UNKNOWN = Source((), acknowledges=True, held_bytes=0)


class Kept:
    """What all channels of a connection keep of what has not ended, in bytes."""

    def __init__(self, limits: Limits) -> None:
        self.heads = self.bodies = 0
        self._head_bytes = 4 * limits.head_bytes
        self._body_bytes = 4 * limits.body_bytes
        self._each_body_bytes = limits.body_bytes

    def add_head(self, size: int) -> None:
        """So much of heads, and of names to remember, is kept beside the rest."""
        self.heads += size
        if self.heads > self._head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)

    def add_body(self, data: bytearray, piece: bytes) -> None:
        """Put a piece to a body, as far as there is room; a body may be cut, a head may not."""
        room = min(self._each_body_bytes - len(data), self._body_bytes - self.bodies)
        if room > 0:
            self.bodies += min(room, len(piece))
            data += piece[:room]


class Content:
    """A message on its way: the method that announced it, and what has come of it."""

    __slots__ = ("_kept", "data", "head", "left", "method")

    def __init__(self, method: Any, kept: Kept) -> None:
        self.method = method
        self.head: ContentHead | None = None
        self.data = bytearray()
        self.left = 0
        self._kept = kept

    def begin(self, head: ContentHead) -> None:
        """Its content header."""
        if self.head is not None:
            raise malformed()
        self._kept.add_head(head.wire_bytes)
        self.head = head
        self.left = head.body_size

    def add(self, piece: BodyPiece) -> None:
        """A piece of its body."""
        self.left -= len(piece.data)
        if self.left < piece.to_come or self.head is None:
            raise malformed()
        self._kept.add_body(self.data, piece.data)

    def end(self) -> None:
        """It is kept no longer."""
        self._kept.bodies -= len(self.data)
        self._kept.heads -= 0 if self.head is None else self.head.wire_bytes


class Channel:
    """One channel, from its opening to its end.

    Args:
        kept: what this channel keeps is added there.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._contents: dict[Sender, Content] = {}
        self._confirms = False
        self._published = 0
        """Publications since it confirms: the number of the last one."""
        self.transactional = False
        self.transaction = 0
        """The one that goes on, counted from 0."""
        self._settled = 0
        """Transactions that have ended, as the broker says."""
        self._queue = ""
        """The one declared last: what an empty name stands for (specification, `basic.consume`)."""
        self._consumers: dict[str, Source] = {}
        """By consumer tag."""
        self._untagged: deque[Source] = deque()
        """Consumers that the broker has yet to give a tag."""
        self._got: deque[Source] = deque()
        """Of each Basic.Get that has no answer yet."""

    def announce(self, sender: Sender, method: Any) -> None:
        """A message begins."""
        if sender in self._contents:
            raise malformed()
        self._contents[sender] = Content(method, self._kept)

    def content(self, sender: Sender) -> Content:
        """The message that has begun."""
        content = self._contents.get(sender)
        if content is None:
            raise malformed()
        return content

    def end(self, sender: Sender) -> None:
        """The message has ended."""
        self._contents.pop(sender).end()

    def source(self, method: Any) -> Source:
        """Where a delivery comes from."""
        if isinstance(method, commands.Basic.GetOk):
            return self._next_of(self._got)
        return self._consumers.get(method.consumer_tag, UNKNOWN)

    def expects_word(self, published: Message, method: Any, now_ns: int) -> bool:
        """Whether a word on a publication is to come: it is told by which number, and how long it waits."""
        published.number = -1 - published.ordinal
        published.returnable = method.mandatory or method.immediate
        if self.transactional:
            published.transaction = self.transaction
        elif self._confirms:
            self._published += 1
            published.number = self._published
        elif published.returnable:
            published.until_ns = now_ns + _RETURN_NS
        else:
            return False
        return True

    def settle(self) -> int:
        """The oldest transaction that was not settled is now."""
        self._settled += 1
        return self._settled - 1

    def learn(self, method: Any) -> None:
        """What one end said on the channel, where it is no message and no word on one."""
        learn = self._LEARNED.get(type(method))
        if learn is not None:
            learn(self, method)

    def close(self) -> None:
        """It is used no longer."""
        for content in self._contents.values():
            content.end()
        for source in (*self._consumers.values(), *self._untagged, *self._got):
            self._kept.heads -= source.held_bytes

    def _declares(self, method: Any) -> None:
        """Queue.Declare and its answer, which names a queue that had no name."""
        self._queue = method.queue or self._queue

    def _consumes(self, method: Any) -> None:
        source = self._source(method, "Basic.Consume queue")
        if method.consumer_tag:
            self._put(method.consumer_tag, source)
        else:
            self._untagged.append(source)

    def _is_consuming(self, method: Any) -> None:
        if method.consumer_tag not in self._consumers and self._untagged:
            self._put(method.consumer_tag, self._untagged.popleft())

    def _put(self, tag: str, source: Source) -> None:
        self._drop(tag)
        self._consumers[tag] = source

    def _drop(self, tag: str) -> None:
        self._kept.heads -= self._consumers.pop(tag, UNKNOWN).held_bytes

    def _cancels(self, method: Any) -> None:
        """Where an answer is to come, deliveries may come before it."""
        if method.nowait:
            self._drop(method.consumer_tag)

    def _cancelled(self, method: Any) -> None:
        self._drop(method.consumer_tag)

    def _gets(self, method: Any) -> None:
        self._got.append(self._source(method, "Basic.Get queue"))

    def _got_nothing(self, method: Any) -> None:
        del method
        self._next_of(self._got)

    def _selects_confirms(self, method: Any) -> None:
        del method
        self._confirms = True

    def _selects_transactions(self, method: Any) -> None:
        del method
        self.transactional = True

    def _ends_transaction(self, method: Any) -> None:
        del method
        self.transaction += 1

    def _source(self, method: Any, told: str) -> Source:
        """Where a consumer, or one Basic.Get, is to take messages from."""
        queue = method.queue or self._queue
        size = _ENTRY_BYTES + len(queue)
        self._kept.add_head(size)
        client = (Identity(basis="queue", value=queue, source=told),) if queue else ()
        return Source(client, not method.no_ack, size)

    def _next_of(self, line: deque[Source]) -> Source:
        source = line.popleft() if line else UNKNOWN
        self._kept.heads -= source.held_bytes
        return source

    _LEARNED: ClassVar[dict[type, Callable[[Channel, Any], None]]] = {
        commands.Queue.Declare: _declares,
        commands.Queue.DeclareOk: _declares,
        commands.Basic.Consume: _consumes,
        commands.Basic.ConsumeOk: _is_consuming,
        commands.Basic.Cancel: _cancels,
        commands.Basic.CancelOk: _cancelled,
        commands.Basic.Get: _gets,
        commands.Basic.GetEmpty: _got_nothing,
        commands.Confirm.Select: _selects_confirms,
        commands.Tx.Select: _selects_transactions,
        commands.Tx.Commit: _ends_transaction,
        commands.Tx.Rollback: _ends_transaction,
    }
