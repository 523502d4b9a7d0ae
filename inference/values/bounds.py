"""Bounds of numbers: claimed where they are sharp, so that something must keep numbers from lying beyond.

That no smaller number was seen shows nothing by itself: some number is the smallest. A bound is sharp if so
many values lie at it that a smooth distribution would have put some beyond.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from contract.kinds import Range
from inference.thresholds import EDGE_EXPECTED, MIN_DENSE, MIN_NATURAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.stated import Stated
    from inference.values.columns import Field

_ROUND = (0, 1, 5, 10, 100, 1000)
_COUNTS = ("count", "total", "size", "amount", "counts", "totals")
"""What such fields count may be none: 1 is no bound of them."""


def bounds(field: Field) -> Iterator[Stated]:
    """The range of a place's numbers: the sharp bounds, or as a candidate the smallest and largest seen."""
    scalars = field.node.scalars if field.node else None
    if field.node is None or scalars is None or scalars.bounds is None or scalars.lengths is not None:
        return
    low, high = scalars.bounds
    least, most = _sharp(field, low, high) if len(field.distinct) > 1 else (None, None)
    # what consumers send is theirs to choose: that they stay within bounds says nothing of the producer's
    claimed = (least is not None or most is not None) and field.subject.status is not None
    total = field.node.count("integer") + field.node.count("number")
    yield field.answers.state(
        field.subject,
        Range(least, most) if claimed else Range(low, high),
        held=total,
        exchanges=field.exchanges,
        doubt="" if claimed else "the smallest and largest seen so far; nothing rules others out",
        reasons=(f"{total:,} values, of which many lie at the bound and none beyond",) if claimed else (),
    )


def _sharp(field: Field, low: float, high: float) -> tuple[float | None, float | None]:
    if field.objects < MIN_NATURAL:
        return None, None
    counted = _counted(field)
    may_be_none = field.name.lower().endswith(_COUNTS)
    least = low if _is_sharp(counted, low, 1) and not (low == 1 and may_be_none) else None
    return least, high if _is_sharp(counted, high, -1) else None


def _counted(field: Field) -> Counter[Any]:
    """How often each number came: in all traffic if they are few, else in the sample."""
    known = field.node.scalars.numbers if field.node and field.node.scalars else None
    if known:
        return Counter({value: tally.count for value, tally in known.items()})
    return Counter(value for _, value in field.cells if isinstance(value, int | float))


def _is_sharp(counted: Counter[Any], bound: float, inwards: int) -> bool:
    """Whether a smooth distribution would have put values one step beyond a bound."""
    at, inside = counted[bound], counted[bound + inwards]
    if inwards > 0 and bound == 0:
        return at > 0  # numbers that stop at nothing count or measure something
    if not all(isinstance(value, int) for value in counted):
        return bound in _ROUND and at >= EDGE_EXPECTED
    beyond = at * min(1.0, at / inside) if inside else at
    if bound == 1:
        return beyond >= EDGE_EXPECTED and at >= 0.05 * counted.total()
    dense = all(counted[bound + step * inwards] for step in range(MIN_DENSE))
    return dense and beyond >= 2 * EDGE_EXPECTED
