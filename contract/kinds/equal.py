"""`equal`: two places of one exchange always hold the same value."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied, scalars
from contract.likeness import same


class Equal(Tied):
    """The values at two places are the same, item by item."""

    __slots__ = ()
    name: ClassVar[str] = "equal"
    words: ClassVar[str] = "{} always equals {}"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every value here is every one there."""
        ours, others = scalars(mine), scalars(theirs)
        if not ours or not others:
            return None
        return all(same(one, two) for one in ours for two in others)
