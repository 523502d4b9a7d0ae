"""The replies that are to come on a Redis connection, in the order of their commands.

Commands of a transaction have theirs within the reply to EXEC ("Transactions"), and a client may ask for none
(CLIENT REPLY).
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hiredis import ReplyError

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.redis_subscriptions import Confirmations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant
    from proxy.raw import RawEvent

    Answer = Callable[[Any, Instant], Iterable[RawEvent]]
    """What is to be done with a reply: its value, UNTOLD, or None where nothing came of the command."""

UNTOLD: Final = object()
"""Stands for the reply to a command that has none."""
PIPELINED = 100_000
"""Commands without a reply. Clients do send whole files of commands before they read."""
_ANSWER_BYTES = 200
"""What an answer keeps besides what is told of it, and what any expected reply does."""
_EXPECTED_BYTES = 8


class _Expected(NamedTuple):
    """A reply. `answer` is None where nothing depends on it."""

    answer: Answer | None
    size: int


_ORDINARY = _Expected(None, 0)


class Replies:
    """What is expected.

    Args:
        limit_bytes: what it may keep.

    Raises:
        Opaque: it is too much, or cannot be told any more.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._coming: deque[_Expected] = deque()
        self._queued: deque[_Expected] | None = None
        """The commands of a transaction that has begun."""
        self._answers_bytes = 0
        self._muted = self._skips = False
        self.begun = False
        """Whether a command has had its reply."""

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept."""
        return self._answers_bytes + _EXPECTED_BYTES * (len(self._coming) + len(self._queued or ()))

    @property
    def next(self) -> Answer | None:
        """What is to be done with the next reply."""
        return self._coming[0].answer if self._coming else None

    @property
    def in_transaction(self) -> bool:
        """Whether commands are not carried out before EXEC."""
        return self._queued is not None

    def expect(self, answer: Answer | None, size: int, at: Instant) -> Iterable[RawEvent]:
        """A command was sent; `size` is what the answer keeps in bytes."""
        if self._queued is None:
            return self._send(answer, size, at)
        self._add(self._queued, answer, size)
        return self._send(None, 0, at)  # QUEUED

    def confirm(self, confirmations: Confirmations) -> None:
        """A command was sent whose confirmations come in any case."""
        self._must_not_be_queued()
        self._skips = False
        self._add(self._coming, confirmations, 0)

    def multi(self, at: Instant) -> Iterable[RawEvent]:
        """A transaction begins. Another within it is refused."""
        if self._queued is None:
            self._queued = deque()
        return self._send(None, 0, at)

    def exec(self, at: Instant) -> Iterable[RawEvent]:
        """The transaction is to be carried out."""
        queued, self._queued = self._queued or (), None
        size = sum(one.size for one in queued)
        self._answers_bytes -= size
        answers = [one.answer for one in queued]
        return self._send(partial(_executed, answers) if any(answers) else None, size, at)

    def discard(self, at: Instant) -> Iterator[RawEvent]:
        """The transaction is given up."""
        yield from self.abandon(at)
        yield from self._send(None, 0, at)

    def reset(self, answer: Answer, at: Instant) -> Iterator[RawEvent]:
        """The connection is to be as in its beginning."""
        yield from self.abandon(at)
        self._muted = self._skips = False
        yield from self._send(answer, 0, at)

    def abandon(self, at: Instant) -> Iterator[RawEvent]:
        """Nothing comes of the transaction, if one has begun."""
        queued, self._queued = self._queued or (), None
        self._answers_bytes -= sum(one.size for one in queued)
        for one in queued:
            if one.answer is not None:
                yield from one.answer(None, at)

    def mute(self, mode: bytes, at: Instant) -> Iterable[RawEvent]:
        """The client says which replies it wants: ON, OFF, or SKIP the next."""
        self._must_not_be_queued()
        self._muted = mode == b"OFF" or (self._muted and mode != b"ON")
        self._skips = mode == b"SKIP"
        return () if self._skips or mode == b"OFF" else self._send(None, 0, at)

    def take(self, reply: Any, at: Instant) -> Iterable[RawEvent]:
        """The next reply has come."""
        if not self._coming:
            if isinstance(reply, ReplyError):
                return ()  # of the connection itself: too many clients, bytes that are no commands
            raise Opaque(Reason.MALFORMED, 1)
        answer, size = self._coming[0]
        if isinstance(answer, Confirmations) and not answer.take(reply):
            return ()
        self.begun = True
        self._coming.popleft()
        self._answers_bytes -= size
        return answer(reply, at) if answer else ()

    def _send(self, answer: Answer | None, size: int, at: Instant) -> Iterable[RawEvent]:
        skips, self._skips = self._skips, False
        if self._muted or skips:
            return answer(UNTOLD, at) if answer else ()
        self._add(self._coming, answer, size)
        return ()

    def _add(self, expected: deque[_Expected], answer: Answer | None, size: int) -> None:
        if len(expected) >= PIPELINED or self._answers_bytes > self._limit_bytes:
            raise Opaque(Reason.TOO_MANY, 1)
        if answer is None:
            expected.append(_ORDINARY)
        else:
            expected.append(_Expected(answer, _ANSWER_BYTES + size))
            self._answers_bytes += _ANSWER_BYTES + size

    def _must_not_be_queued(self) -> None:
        """What such a command does to the reply of EXEC is not told by anyone."""
        if self._queued is not None:
            raise Opaque(Reason.UNSYNCHRONISED, 1)


def _executed(answers: list[Answer | None], reply: Any, at: Instant) -> Iterator[RawEvent]:
    """EXEC was answered: with a list of replies, or with null or an error where nothing was carried out."""
    if not isinstance(reply, list):
        replies = [UNTOLD if reply is UNTOLD else None] * len(answers)
    elif len(reply) == len(answers):
        replies = reply
    else:
        raise Opaque(Reason.MALFORMED, 1)
    for answer, one in zip(answers, replies, strict=True):
        if answer is not None:
            yield from answer(one, at)
