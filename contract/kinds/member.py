"""`member`: a value is one of those in an array beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied, scalars
from contract.likeness import same


class Member(Tied):
    """The value is among those of an array."""

    __slots__ = ()
    name: ClassVar[str] = "member"
    words: ClassVar[str] = "{} is always one of {}"
    key: ClassVar[str] = "of"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every value here is there as well."""
        ours, others = scalars(mine), scalars(theirs)
        if not ours or not others:
            return None
        return all(any(same(one, two) for two in others) for one in ours)
