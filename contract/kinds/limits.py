"""`limits`: a number is at least as large as an array is long."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied


class Limits(Tied):
    """No more items come than a number says."""

    __slots__ = ()
    name: ClassVar[str] = "limits"
    words: ClassVar[str] = "{} bounds the number of {}"
    key: ClassVar[str] = "of"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """The array is no longer than any of the numbers."""
        numbers, arrays = _numbers(mine), [value for value in theirs if isinstance(value, list)]
        if not numbers or not arrays:
            return None
        return max(map(len, arrays)) <= min(numbers)


def _numbers(values: list[Any]) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
