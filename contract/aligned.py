"""Places side by side: what stands at several subjects of one exchange, in the same item of the same arrays.

`response.200.body.items[].price` and `response.200.body.items[].net` are compared item by item;
`response.200.body.total` is compared with all prices of its body. Two places are aligned at the innermost
array item that both lie in; what lies deeper is a list.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.place import Places

Row = tuple[list[Any], ...]
"""For each of some subjects the values that stand there, inside one common item."""


def aligned(places: Places, *subjects: Subject) -> Iterator[Row]:
    """One row for each item that all subjects of the first one's side lie in; one in all if in none.

    Nothing at all where the exchange cannot say (another status, an opaque body).
    """
    mine = [subject for subject in subjects if _side(subject) == _side(subjects[0])]
    shared = common_item(mine)
    contexts = places.find(Subject(shared)) if shared else None
    if shared and contexts is None:
        return
    fixed = {subject: _found(places, subject) for subject in subjects if subject not in mine or not shared}
    if any(values is None for values in fixed.values()):
        return
    for context in contexts.values if contexts else (None,):
        yield tuple(
            below(context, subject.parts[len(shared) :])
            if subject not in fixed
            else list(fixed[subject] or ())
            for subject in subjects
        )


def common_item(subjects: list[Subject]) -> tuple[str, ...]:
    """The parts down to the innermost array item (or map value) that all subjects lie in; () if none."""
    columns = zip(*(subject.parts for subject in subjects), strict=False)
    shared = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    while shared and shared[-1] not in {ITEM, VALUE}:
        shared.pop()
    return tuple(shared)


def below(value: Any, parts: tuple[str, ...]) -> list[Any]:
    """All values at a path of parts below a value."""
    level = [value]
    for part in parts:
        if part == ITEM:
            level = [item for one in level if isinstance(one, list) for item in one]
        elif part == VALUE:
            level = [child for one in level if isinstance(one, dict) for child in one.values()]
        else:
            level = [one[part] for one in level if isinstance(one, dict) and part in one]
    return level


def _side(subject: Subject) -> tuple[str, ...]:
    return subject.parts[: 3 if subject.status else 2]


def _found(places: Places, subject: Subject) -> tuple[Any, ...] | None:
    found = places.find(subject)
    return None if found is None else found.values
