"""The consumers × places matrix: who depends on what, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from reports.places import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contract.claim import Dependence, OperationMap
    from reports.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place; `cells` has an entry for each consumer, None where it has nothing to do with the place."""

    place: Place
    cells: tuple[Dependence | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows of one operation; `hidden` counts its places that were left out as telling nothing."""

    operation: OperationMap
    rows: tuple[Row, ...]
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Rows grouped by operation, and the consumers that are the columns."""

    consumers: tuple[str, ...]
    groups: tuple[Group, ...]


def matrix(operations: Iterable[OperationMap], keep: Callable[[Place], bool]) -> Matrix:
    """The matrix of the places to keep. The busiest consumers come first, `unidentified` among them."""
    operations = tuple(operations)
    totals: dict[str, int] = {}
    for operation in operations:
        for name, number in operation.consumers.items():
            totals[name] = totals.get(name, 0) + number
    consumers = tuple(sorted(totals, key=lambda name: (-totals[name], name)))
    groups = (_group(operation, consumers, keep) for operation in operations)
    return Matrix(consumers=consumers, groups=tuple(group for group in groups if group.rows))


def depended_on(place: Place) -> bool:
    """Places that any consumer has to do with."""
    return bool(place.dependence)


def telling(place: Place) -> bool:
    """Places that somebody uses, asks for undeclared, or gets otherwise than declared."""
    standing = place.foremost.standing
    if place.only_received:
        return standing is Standing.CONTRADICTED and bool(place.dependence)
    return place.dependence[0].level.rank >= Level.USED.rank or standing is not Standing.DECLARED


def _group(operation: OperationMap, consumers: Sequence[str], keep: Callable[[Place], bool]) -> Group:
    found = [place for place in places(operation.claims) if place.dependence]
    kept = [place for place in found if keep(place)]
    return Group(
        operation=operation,
        rows=tuple(_row(place, consumers) for place in kept),
        hidden=len(found) - len(kept),
    )


def _row(place: Place, consumers: Sequence[str]) -> Row:
    links = {link.consumer: link for link in place.dependence}
    return Row(place=place, cells=tuple(links.get(consumer) for consumer in consumers))
