"""What every mergeable summary owes: its laws, checked over any inputs and any split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec


def folded(make: Callable[[], Any], items: Sequence[Any]) -> Any:
    """One summary of all the items. An item is a tuple of the arguments of `observe`."""
    summary = make()
    for item in items:
        summary.observe(*item)
    return summary


def merged(make: Callable[[], Any], parts: Sequence[Any]) -> Any:
    whole = make()
    for part in parts:
        whole.merge(part)
    return whole


def check(make: Callable[[], Any], items: Sequence[Any], first: int, second: int) -> None:
    """Fold the items whole, and cut at two places in every order and bracketing; all states must be the same.

    `first` and `second` say where to cut, as any integers.
    """
    low, high = sorted((first % (len(items) + 1), second % (len(items) + 1)))
    whole = folded(make, items).state()
    a, b, c = (folded(make, part) for part in (items[:low], items[low:high], items[high:]))
    for parts in ((a, b, c), (c, b, a), (b, a, c), (b, c, a)):
        assert merged(make, parts).state() == whole, "merging in another order gives another summary"
    left, right = merged(make, (a, b)), merged(make, (b, c))
    left.merge(c)
    a_again = folded(make, items[:low])
    a_again.merge(right)
    assert left.state() == a_again.state() == whole, "merging is not associative"
    assert folded(make, list(reversed(items))).state() == whole, "the order of observing matters"
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(whole), strict=False)
    kind = type(a)
    assert kind.from_state(packed).state() == whole, "the serial form loses something"
    revived = make()
    for part in (a, b, c):
        revived.merge(
            kind.from_state(msgspec.msgpack.decode(msgspec.msgpack.encode(part.state()), strict=False))
        )
    assert revived.state() == whole, "encode-then-merge is not merge-then-encode"
