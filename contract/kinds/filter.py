"""`filter`: each item of an answer has the value that was asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from contract.kinds.tied import Tied, scalars
from contract.likeness import same


class Filter(Tied):
    """Every item holds what the request asked for."""

    __slots__ = ()
    name: ClassVar[str] = "filter"
    words: ClassVar[str] = "{} is always the {} that was asked for"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every value here is one of those asked for, which may be several between commas."""
        ours, asked = scalars(mine), [part for value in scalars(theirs) for part in _parts(value)]
        if not ours or not asked:
            return None
        return all(any(same(one, two) for two in asked) for one in ours)


def _parts(value: Any) -> list[Any]:
    return [value, *value.split(",")] if isinstance(value, str) and "," in value else [value]
