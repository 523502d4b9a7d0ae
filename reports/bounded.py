"""What of a very large contract one file shows in full, so that a browser opens it at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from contract.claim import Standing
from reports.places import places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.claim import OperationMap
    from reports.matrix import Matrix

MOST_LINES = 1_000
"""Lines of all operations together."""
MOST_ROWS = 500
"""Rows of the matrix."""


def in_full(
    operations: Sequence[OperationMap],
) -> tuple[tuple[OperationMap, ...], tuple[OperationMap, ...]]:
    """The operations to show line by line, those with most trouble while there is room; and the others."""
    ranked = sorted(operations, key=_trouble, reverse=True)
    lines = accumulate(len(places(one.claims)) for one in ranked)
    shown = {id(one) for one, so_far in zip(ranked, lines, strict=True) if so_far <= MOST_LINES}
    full = tuple(one for one in operations if id(one) in shown)
    return full, tuple(one for one in operations if id(one) not in shown)


def clipped(whole: Matrix, most: int = MOST_ROWS) -> tuple[Matrix, int]:
    """The first groups of a matrix that have room together, and how many places are left out."""
    sizes = list(accumulate(len(group.rows) for group in whole.groups))
    kept = tuple(group for group, so_far in zip(whole.groups, sizes, strict=True) if so_far <= most)
    left = (sizes[-1] if sizes else 0) - sum(len(group.rows) for group in kept)
    return replace(whole, groups=kept), left


def _trouble(operation: OperationMap) -> tuple[int, int]:
    standings = [claim.standing for claim in operation.claims]
    return standings.count(Standing.CONTRADICTED), standings.count(Standing.UNDECLARED)
