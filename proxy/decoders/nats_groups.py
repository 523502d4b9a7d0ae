"""Which of a connection's subscriptions belong to a queue group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from proxy.decoders.decoder import Limits
    from store.records import Identity

_ENTRY_BYTES = 300
"""What a subscription takes beside its words, roughly."""


class Groups:
    """Queue groups by the number of the subscription (`sid`), which its client chose.

    Raises:
        Opaque: there are more than can be remembered.
    """

    def __init__(self, limits: Limits) -> None:
        self._limit_bytes = 16 * limits.head_bytes
        self._members: dict[bytes, _Member] = {}
        self.bytes = 0

    def join(self, number: bytes, group: Identity) -> None:
        """A subscription was made in a group."""
        self._forget(number)
        member = self._members[number] = _Member(group, _ENTRY_BYTES + len(number) + len(group.value))
        self.bytes += member.size
        if self.bytes > self._limit_bytes:
            raise Opaque(Reason.TOO_MANY, 1)

    def leave(self, number: bytes, most: bytes) -> None:
        """A subscription ends, when it has been delivered so many messages."""
        member = self._members.get(number)
        if member is not None:
            member.most = int(most) if most.isdigit() and len(most) < 20 else 0
            self._end(number, member)

    def delivered(self, number: bytes) -> tuple[Identity, ...]:
        """The subscription is delivered a message; its group, if it has one."""
        member = self._members.get(number)
        if member is None:
            return ()
        member.count += 1
        self._end(number, member)
        return member.evidence

    def _end(self, number: bytes, member: _Member) -> None:
        if member.most is not None and member.count >= member.most:
            self._forget(number)

    def _forget(self, number: bytes) -> None:
        member = self._members.pop(number, None)
        if member is not None:
            self.bytes -= member.size


class _Member:
    """A subscription in a group."""

    __slots__ = ("count", "evidence", "most", "size")

    def __init__(self, group: Identity, size: int) -> None:
        self.evidence = (group,)
        self.size = size
        self.count = 0
        self.most: int | None = None
