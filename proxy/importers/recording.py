"""What a recording holds, one item at a time: exchanges, what had to be left out, and where it broke off."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.mirror.conversation import Lost
from proxy.raw import RawEvent, RawExchange, RawMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy.raw import RawRecord

IDENTICAL_WITHIN = 1 << 17
"""How many different entries back an identical one is still recognised; bounds `Ordinals` to some 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFrame:
    """One WebSocket message, reassembled, before redaction. `sent_at` is Unix ns, None where not recorded."""

    from_client: bool
    text: bool
    data: bytes
    sent_at: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange, with the WebSocket messages that followed where it was an upgrade."""

    exchange: RawExchange
    frames: tuple[RawFrame, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was left out: which one (`entry 17`), and what is wrong with it.

    `reason` is one of few, so that they can be counted; `detail` is what stood there, `""` where that says
    nothing.
    """

    where: str
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Cut:
    """The recording could not be read any further. Always the last item."""

    reason: str


Item = Recorded | RawMessage | RawEvent | Skipped | Cut
"""A message stands alone where its recording gives it apart from its exchange."""


def items_of(found: Iterable[RawRecord | Lost]) -> Iterator[Item]:
    """What a connection that was read from copies of its bytes holds, and what came to nothing."""
    for one in found:
        if isinstance(one, Lost):
            where = "connection " + one.connection.rsplit("-", 2)[0]
            for _ in range(one.requests):
                yield Skipped(where, f"a request without its exchange: {one.reason}")
        else:
            yield Recorded(one) if isinstance(one, RawExchange) else one


class UnreadableError(Exception):
    """An entry cannot become an exchange; `reason` and `detail` are as in `Skipped`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Ordinals:
    """Tells identical entries of one file apart: the first is 0, the next 1.

    So that a file imported twice adds nothing, an entry that stands in two files is added once, and a
    request that was really repeated within the clock's resolution is not lost. Identical entries carry the
    same start, so they stand close together: only the last `IDENTICAL_WITHIN` different ones are
    remembered.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def of(self, digest: bytes) -> int:
        """How many entries with this digest came before."""
        ordinal = self._seen.pop(digest, -1) + 1
        self._seen[digest] = ordinal
        if len(self._seen) > IDENTICAL_WITHIN:
            self._seen.popitem(last=False)
        return ordinal
