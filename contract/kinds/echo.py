"""`echo`: the answer repeats a value of the request."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied, scalars
from contract.likeness import same


class Echo(Tied):
    """The answer holds what the request held."""

    __slots__ = ()
    name: ClassVar[str] = "echo"
    words: ClassVar[str] = "{} repeats the {} that was sent"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every value here is every one there."""
        ours, others = scalars(mine), scalars(theirs)
        if not ours or not others:
            return None
        return all(same(one, two) for one in ours for two in others)
