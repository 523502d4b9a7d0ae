"""Arrays: what they are sorted by, what never repeats in them, how long they always are."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import lgamma, log
from typing import TYPE_CHECKING, Any

from contract.kinds import Size, Sorted, Unique
from contract.kinds.sorted import ASCENDING, DESCENDING, order_key
from contract.subject import ITEM
from inference.journal import identifies
from inference.thresholds import CHANCE, MAX_CASES, MIN_ARRAYS, MIN_COLLISIONS, MIN_SORTED
from inference.values.frames import MISSING
from inference.values.support import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.stated import Stated
    from inference.values.frames import Column, Frame
    from inference.values.support import Answers

_ASKS_FOR_ORDER = re.compile(r"sort|order", re.IGNORECASE)
"""Names of parameters that ask for an order."""

Arrays = list[list[tuple[int, Any]]]
"""For each array its items' rows and values, in order."""


def statements(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """What is claimed of the arrays of a frame's objects, and of the array that its objects are items of."""
    if frame.parent is not None and frame.place.parts[-1] == ITEM:
        columns = {
            subject: _grouped(frame, column)
            for subject, column in frame.columns.items()
            if subject.status is not None
        }
        yield from _sorted(answers, frame, frame.place, columns)
        yield from _unique(answers, frame, columns)
    for subject, column in frame.lists.items():
        if subject.status is not None and subject.parts[-1] == ITEM:
            arrays = [
                [(row, value) for value in values]
                for row, values in enumerate(column)
                if isinstance(values, list)
            ]
            yield from _sorted(answers, frame, subject, {subject: arrays})
            yield from _unique_list(answers, frame, subject, arrays)
    yield from _sizes(answers, frame)


def _grouped(frame: Frame, column: Column) -> Arrays:
    """A column cut into the arrays that its rows are items of."""
    groups: dict[tuple[int, int], list[tuple[int, Any]]] = {}
    for row, value in enumerate(column):
        groups.setdefault((frame.exchanges[row], frame.parents[row]), []).append((row, value))
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Order:
    """An order that all arrays are in: `weight` is the logarithm of the chance of it after shuffling."""

    subject: Subject
    direction: str
    weight: float
    arrays: int
    ties: int
    exchanges: frozenset[int]


def _sorted(
    answers: Answers, frame: Frame, place: Subject, columns: dict[Subject, Arrays]
) -> Iterator[Stated]:
    """The order of the items; where they have none in all answers, those that requests ask for."""
    best = _best(frame, columns, 1)
    if best is not None:
        yield _ordered(answers, place, best, None)
        return
    cases = [
        (subject, value, exchanges)
        for subject, column in answers.root.columns.items()
        if subject.section == "query" and _ASKS_FOR_ORDER.search(subject.parts[-1])
        for value, exchanges in sorted(_cases(answers.root, column).items())
    ]
    for subject, value, exchanges in cases:
        asked = {
            place: [array for array in arrays if array and frame.exchanges[array[0][0]] in exchanges]
            for place, arrays in columns.items()
        }
        best = _best(frame, asked, len(cases))
        if best is not None:
            yield _ordered(answers, place, best, (subject.text, value))


def _cases(root: Frame, column: Column) -> dict[str, set[int]]:
    """The exchanges by value of a parameter, `""` where it was not sent; none where it has many values."""
    cases: dict[str, set[int]] = {}
    for row, value in enumerate(column):
        cases.setdefault("" if value is MISSING else str(value), set()).add(root.exchanges[row])
    return cases if len(cases) <= MAX_CASES else {}


def _ordered(answers: Answers, place: Subject, best: _Order, when: tuple[str, str] | None) -> Stated:
    path = best.subject.parts[len(place.parts) :]
    return answers.state(
        place,
        Sorted(".".join(path) or None, best.direction, when),
        held=best.arrays,
        exchanges=best.exchanges,
        reasons=(f"so in all {best.arrays} arrays of two and more; by chance with {_power(best.weight)}",),
    )


def _best(frame: Frame, columns: dict[Subject, Arrays], cases: int) -> _Order | None:
    """The order of some arrays: of several the one with fewest ties, which the others follow from."""
    found = [
        order
        for subject, arrays in columns.items()
        for direction in (ASCENDING, DESCENDING)
        if (order := _order(frame, subject, arrays, direction)) is not None
    ]
    tests = max(1, 2 * len(columns) * cases)
    certain = [order for order in found if order.weight + log(tests) < log(CHANCE)]
    return min(
        certain,
        key=lambda order: (order.ties, len(order.subject.parts), order.subject.text),
        default=None,
    )


def _power(logarithm: float) -> str:
    return f"a chance of 10^{logarithm / log(10):.0f}"


def _order(frame: Frame, subject: Subject, arrays: Arrays, direction: str) -> _Order | None:
    """The order of some arrays, None if one is not in it."""
    weight, ordered, ties = 0.0, 0, 0
    exchanges: set[int] = set()
    for array in arrays:
        keys = [order_key(value) for _, value in array]
        if None in keys or len({type(key) for key in keys}) > 1:
            return None
        if len(keys) < 2:
            continue
        steps = list(pairwise(keys))
        if direction == DESCENDING:
            steps = [(two, one) for one, two in steps]
        if any(one > two for one, two in steps):
            return None
        ties += sum(1 for one, two in steps if one == two)
        repeats = Counter(keys)
        weight -= lgamma(len(keys) + 1) - sum(lgamma(count + 1) for count in repeats.values())
        ordered += len(repeats) > 1
        exchanges.add(frame.exchanges[array[0][0]])
    if ordered < MIN_SORTED:
        return None
    return _Order(subject, direction, weight, ordered, ties, frozenset(exchanges))


def _unique(answers: Answers, frame: Frame, columns: dict[Subject, Arrays]) -> Iterator[Stated]:
    """The identifying field that no two items of one array share."""
    for subject, arrays in sorted(columns.items(), key=lambda one: (len(one[0].parts), one[0].text)):
        path = subject.parts[len(frame.place.parts) :]
        if not identifies(path[-1]):
            continue
        values = [[value for _, value in array if counts(value)] for array in arrays]
        if _never_twice(values):
            yield answers.state(
                frame.place.parent,
                Unique.from_value({"by": ".".join(path)}),
                held=len(values),
                exchanges=frame.exchanges,
                reasons=("no two items of one array share it",),
            )
            return


def _unique_list(answers: Answers, frame: Frame, subject: Subject, arrays: Arrays) -> Iterator[Stated]:
    values = [[value for _, value in array if counts(value)] for array in arrays]
    if _never_twice(values):
        yield answers.state(
            subject.parent,
            Unique.from_value({"by": None}),
            held=len(values),
            exchanges=(frame.exchanges[array[0][0]] for array in arrays if array),
            reasons=("no item is twice in one array, where random ones would often be",),
        )


def _never_twice(arrays: list[list[Any]]) -> bool:
    """Whether no value is twice in one array, though by chance several would be.

    Expected are Σ C(k, 2) · Σ p², with p the shares of all values; of values that are all different anyway
    nothing is known but that: they count as unique if there are pairs enough.
    """
    full = [array for array in arrays if len(array) > 1]
    if len(full) < MIN_ARRAYS or any(len({str(value) for value in array}) < len(array) for array in full):
        return False
    counted = Counter(str(value) for array in arrays for value in array)
    total = counted.total()
    collision = sum((count / total) ** 2 for count in counted.values())
    pairs = sum(len(array) * (len(array) - 1) / 2 for array in full)
    return pairs * collision >= MIN_COLLISIONS


def _sizes(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """How long arrays are: claimed where all are equally long and their items differ, else a candidate."""
    for subject, column in frame.sizes.items():
        lengths = [(row, size) for row, size in enumerate(column) if isinstance(size, int)]
        sizes = {size for _, size in lengths}
        rows = [row for row, _ in lengths]
        items = frame.lists.get(subject.within(ITEM), [])
        different = len({str(items[row]) for row in rows}) if items else 0
        fixed = len(sizes) == 1 and max(sizes) > 1 and different >= 2 * MIN_ARRAYS
        yield answers.state(
            subject,
            Size.from_value({"min": min(sizes), "max": max(sizes)}),
            held=len(rows),
            exchanges=(frame.exchanges[row] for row in rows),
            doubt="" if fixed else "the shortest and longest seen so far",
            reasons=(f"all {different} different arrays are of this length",) if fixed else (),
        )
