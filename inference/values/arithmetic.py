"""Sums and counts: `total = Σ items[].price × items[].quantity`, `count` of the items, `limit` on them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from contract.kinds import Count, Limits, Sum
from contract.likeness import close
from contract.subject import ITEM, Subject
from inference.thresholds import MAX_ADDENDS, MIN_DIFFERENT, MIN_FULL, MIN_RELATED, MIN_SUMS
from inference.values.support import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.stated import Stated
    from inference.values.frames import Column, Frame
    from inference.values.support import Answers

Numbers = dict[int, float]
"""A column's numbers by row."""

_LIMITS = frozenset(
    [
        "limit",
        "per_page",
        "perpage",
        "page_size",
        "pagesize",
        "size",
        "first",
        "top",
        "max",
        "max_results",
        "maxresults",
        "take",
    ]
)
_TOTALS = frozenset(
    [
        "total",
        "total_count",
        "totalcount",
        "total_results",
        "count",
        "num_results",
        "total_items",
        "totalitems",
    ]
)


def statements(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """All sums and counts of one frame."""
    yield from _counts(answers, frame)
    yield from _limits(answers, frame)
    numbers = {
        subject: found
        for subject, column in frame.columns.items()
        if subject.status is not None and (found := _numbers(column)) and len(found) >= MIN_SUMS
    }
    summed: set[Subject] = set()
    for child in sorted(answers.frames, key=lambda one: one.place.status is None):
        if child.parent is frame:
            open_ = {total: found for total, found in numbers.items() if total not in summed}
            for stated in _sums_of_items(answers, frame, open_, child):
                summed.add(stated.clause.subject)
                yield stated
    for subject, column in frame.lists.items():
        for total, values in numbers.items():
            if total not in summed:
                yield from _sum_of_list(answers, frame, total, values, subject, column)
    yield from _sums_of_row(answers, frame, {s: n for s, n in numbers.items() if s not in summed})


def _numbers(column: Column) -> Numbers:
    return {
        row: value
        for row, value in enumerate(column)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _counts(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """Whole numbers that are always the length of an array of the same object."""
    for subject, column in frame.columns.items():
        if subject.status is None:
            continue
        for array, sizes in frame.sizes.items():
            rows = [
                row
                for row, (value, size) in enumerate(zip(column, sizes, strict=True))
                if type(value) is int and isinstance(size, int)
            ]
            if len(rows) < MIN_RELATED or any(column[row] != sizes[row] for row in rows):
                continue
            if array.status is None or len({sizes[row] for row in rows}) < MIN_DIFFERENT:
                continue
            yield answers.state(
                subject,
                Count(array.text),
                held=len(rows),
                exchanges=(frame.exchanges[row] for row in rows),
                reasons=(f"the length of the array in all {len(rows)} rows",),
            )


def _limits(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """Numbers that a page is never longer than: the requested size, and the total of all."""
    for subject, column in frame.columns.items():
        name = subject.parts[-1].lower()
        if name not in (_LIMITS if subject.status is None else _TOTALS):
            continue
        for array, sizes in frame.sizes.items():
            if array.status is None or ITEM in array.parts:
                continue
            pairs = {
                row: (value, size)
                for row, (value, size) in enumerate(zip(column, sizes, strict=True))
                if type(value) is int and isinstance(size, int)
            }
            if len(pairs) < MIN_RELATED or any(size > value for value, size in pairs.values()):
                continue
            full = sum(1 for value, size in pairs.values() if size == value)
            if all(size == value for value, size in pairs.values()) and subject.status is not None:
                continue
            doubt = "" if full >= MIN_FULL else f"reached {full} times, {MIN_FULL} needed"
            yield answers.state(
                subject,
                Limits(array.text),
                held=len(pairs),
                exchanges=(frame.exchanges[row] for row in pairs),
                doubt=doubt,
                reasons=(f"never exceeded in {len(pairs)} answers, and reached in {full}",),
            )


def _sums_of_items(
    answers: Answers, frame: Frame, totals: dict[Subject, Numbers], child: Frame
) -> Iterator[Stated]:
    """Totals that are the sum over an array's items, of one field or of the product of two."""
    columns = {subject: _numbers(column) for subject, column in child.columns.items()}
    columns = {subject: values for subject, values in columns.items() if len(values) >= MIN_SUMS}
    products: list[tuple[Subject, Subject | None, Numbers]] = [
        (subject, None, values) for subject, values in sorted(columns.items(), key=lambda one: one[0].text)
    ]
    for one, two in combinations(sorted(columns, key=str), 2):
        both = {row: value * columns[two][row] for row, value in columns[one].items() if row in columns[two]}
        products.append((one, two, both))
    for total, values in totals.items():
        for subject, factor, terms in products:
            sums, lengths = _per_parent(child, terms)
            if not _adds_up(values, sums, lengths):
                continue
            yield answers.state(
                total,
                Sum((subject.text,), factor.text if factor else None),
                held=len(values.keys() & sums.keys()),
                exchanges=(frame.exchanges[row] for row in values if row in sums),
                reasons=(f"adds up in all {len(values.keys() & sums.keys())} objects",),
            )
            break


def _per_parent(child: Frame, terms: Numbers) -> tuple[Numbers, dict[int, int]]:
    """Sums and numbers of terms by the row of the parent; none for a parent of which an item has no term."""
    sums: Numbers = {}
    lengths: dict[int, int] = {}
    for row, parent in enumerate(child.parents):
        lengths[parent] = lengths.get(parent, 0) + 1
        if row in terms:
            sums[parent] = sums.get(parent, 0) + terms[row]
        else:
            sums[parent] = float("nan")
    return sums, lengths


def _adds_up(totals: Numbers, sums: Numbers, lengths: dict[int, int]) -> bool:
    """Whether totals are the sums, in rows enough of which some have several terms."""
    rows = [row for row in totals if row in sums]
    if len(rows) < MIN_SUMS or len({totals[row] for row in rows}) < MIN_DIFFERENT:
        return False
    if not all(close(totals[row], sums[row], lengths[row]) for row in rows):
        return False
    return sum(1 for row in rows if lengths[row] > 1) >= MIN_DIFFERENT


def _sum_of_list(
    answers: Answers, frame: Frame, total: Subject, values: Numbers, subject: Subject, column: Column
) -> Iterator[Stated]:
    sums: Numbers = {}
    lengths: dict[int, int] = {}
    for row, items in enumerate(column):
        if isinstance(items, list) and items and all(type(item) in {int, float} for item in items):
            sums[row], lengths[row] = sum(items), len(items)
    if _adds_up(values, sums, lengths):
        yield answers.state(
            total,
            Sum((subject.text,)),
            held=len(sums),
            exchanges=(frame.exchanges[row] for row in sums),
            reasons=(f"adds up in all {len(sums)} objects",),
        )


def _sums_of_row(answers: Answers, frame: Frame, numbers: dict[Subject, Numbers]) -> Iterator[Stated]:
    """A number that is always the sum of two or three others of its object (`total = net + tax`)."""
    names = sorted(numbers, key=str)
    if len(names) > MAX_ADDENDS:
        names = [
            name for name in names if any(counts(value) and value % 1 for value in numbers[name].values())
        ]
        names = names[:MAX_ADDENDS]
    for total in names:
        others = [name for name in names if name != total and name.parent == total.parent]
        found = _addends(numbers, total, others)
        if found is not None:
            addends, rows = found
            yield answers.state(
                total,
                Sum(tuple(addend.text for addend in addends)),
                held=len(rows),
                exchanges=(frame.exchanges[row] for row in rows),
                reasons=(f"adds up in all {len(rows)} objects",),
            )


def _addends(
    numbers: dict[Subject, Numbers], total: Subject, others: list[Subject]
) -> tuple[tuple[Subject, ...], list[int]] | None:
    """The addends of a total, with the rows that show it; each must matter in rows enough."""
    for size in (2, 3):
        for addends in combinations(others, size):
            rows = [row for row in numbers[total] if all(row in numbers[addend] for addend in addends)]
            if len(rows) < MIN_SUMS or not _all_matter(numbers, addends, rows):
                continue
            if all(
                close(numbers[total][row], sum(numbers[addend][row] for addend in addends)) for row in rows
            ):
                return addends, rows
    return None


def _all_matter(numbers: dict[Subject, Numbers], addends: tuple[Subject, ...], rows: list[int]) -> bool:
    return all(
        len({numbers[addend][row] for row in rows}) >= MIN_DIFFERENT
        and sum(1 for row in rows if numbers[addend][row] > 0) >= MIN_SUMS
        for addend in addends
    )
