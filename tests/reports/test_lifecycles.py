"""A lifecycle drawn: every state and every transition once, all of it inside the picture."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from contract.kinds.lifecycle import Lifecycle
from reports.lifecycles import MAX_STATES, MAX_TRANSITIONS, picture

STATES = st.sampled_from(["placed", "paid", "shipped", "cancelled", "refunded", "lost & <found>"])


@given(st.lists(st.tuples(STATES, STATES), min_size=1, max_size=14, unique=True), st.data())
def test_any_lifecycle_fits_its_picture(transitions: list[tuple[str, str]], data: st.DataObject) -> None:
    states = sorted({state for pair in transitions for state in pair})
    first = tuple(data.draw(st.lists(st.sampled_from(states), min_size=1, unique=True)))
    last = tuple(data.draw(st.lists(st.sampled_from(states), min_size=1, unique=True)))
    drawn = picture(Lifecycle(transitions=tuple(transitions), first=first, last=last))
    assert drawn is not None
    assert {one.name for one in drawn.states} == set(states)
    assert len(drawn.arrows) == sum(one != two for one, two in transitions)
    assert {one.name for one in drawn.states if one.first} == set(first)
    for one in drawn.states:
        assert 0 <= one.x < one.x + one.width <= drawn.width
        assert 0 <= one.y < one.y + one.height <= drawn.height
    boxes = [(one.x, one.y) for one in drawn.states]
    assert len(set(boxes)) == len(boxes)
    for path in drawn.arrows:
        numbers = [float(one) for one in re.findall(r"-?[\d.]+", path)]
        assert max(numbers) <= max(drawn.width, drawn.height) + 1


def test_too_much_for_a_picture_is_none() -> None:
    many = tuple((f"s{number}", f"s{number + 1}") for number in range(max(MAX_STATES, MAX_TRANSITIONS) + 1))
    assert picture(Lifecycle(transitions=many, first=("s0",), last=())) is None
