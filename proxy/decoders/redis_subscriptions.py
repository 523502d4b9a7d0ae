"""Subscriptions of a Redis connection, and the confirmations of the commands that change them.

Such a command has one confirmation for each channel that it names. In RESP2 these are arrays like any
reply, in RESP3 they are pushes; either way they come in their command's turn (Redis, "Pub/Sub").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hiredis import PushNotification

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from proxy.decoders.decoder import Instant

_CHANNELS, _PATTERNS, _SHARDS = range(3)
_KINDS = {
    b"subscribe": _CHANNELS,
    b"unsubscribe": _CHANNELS,
    b"psubscribe": _PATTERNS,
    b"punsubscribe": _PATTERNS,
    b"ssubscribe": _SHARDS,
    b"sunsubscribe": _SHARDS,
}
COMMANDS = tuple(name.upper() for name in _KINDS)


class Subscriptions:
    """How many there are, by the server's own count."""

    def __init__(self) -> None:
        self._counts = [0, 0, 0]
        self.resp3 = False
        """Whether that version of the protocol has been agreed on, which has pushes."""

    @property
    def in_arrays(self) -> bool:
        """Whether messages come as arrays, which are then no replies."""
        return not self.resp3 and any(self._counts)

    def count(self, kind: int) -> int:
        """How many of one kind."""
        return self._counts[kind]

    def confirmed(self, reply: Any) -> bool:
        """Note a confirmation; False where it is none.

        It ends with the number of channels and patterns together, or of shards' channels.
        """
        match reply:
            case [bytes() as word, bytes() | None, int() as total] if word in _KINDS:
                kind = _KINDS[word]
                other = self._counts[1 - kind] if kind != _SHARDS else 0
                self._counts[kind] = max(0, total - other)
                return True
        return False


class Confirmations:
    """The confirmations that one command still has to get.

    Args:
        words: the command. One that ends subscriptions and names none ends all of its kind, and has one
            confirmation where there are none.
    """

    def __init__(self, words: list[bytes], subscriptions: Subscriptions) -> None:
        self._kind = _KINDS[words[0].lower()]
        self._subscriptions = subscriptions
        self._missing = len(words) - 1

    def __call__(self, reply: Any, at: Instant) -> tuple[()]:
        """All of them have come; they are no events."""
        del reply, at
        return ()

    def take(self, reply: Any) -> bool:
        """Whether this reply, or push, was the last that the command gets."""
        if isinstance(reply, Exception):
            return True
        missing = self._missing or max(1, self._subscriptions.count(self._kind))
        if not self._subscriptions.confirmed(reply):
            if isinstance(reply, PushNotification):
                return False
            raise Opaque(Reason.MALFORMED, 1)
        self._missing = missing - 1
        return not self._missing
