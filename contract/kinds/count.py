"""`count`: a number is the length of an array beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied


class Count(Tied):
    """The number says how many items an array has."""

    __slots__ = ()
    name: ClassVar[str] = "count"
    words: ClassVar[str] = "{} is always the number of {}"
    key: ClassVar[str] = "of"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """The array is as long as every number says."""
        numbers = [value for value in mine if isinstance(value, int) and not isinstance(value, bool)]
        arrays = [value for value in theirs if isinstance(value, list)]
        if not numbers or not arrays:
            return None
        return all(number == sum(map(len, arrays)) for number in numbers)
