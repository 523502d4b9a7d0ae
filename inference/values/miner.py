"""The miner of values: cuts the samples of an operation into frames, and asks each file what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.samples import Samples
from inference.values import arithmetic, arrays, insides, relations, series, variants
from inference.values.bounds import bounds
from inference.values.columns import Field, fields_of, forms
from inference.values.enumerations import enumeration
from inference.values.support import Answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.scene import OperationScene
    from inference.stated import Stated

_EXPLAINS = frozenset({"echo", "filter"})
"""Kinds that say where a value comes from: that it is the same in all answers then says nothing more."""


def mine(scene: OperationScene) -> Iterator[Stated]:
    """All that the values of an operation's answers, and of its requests, show.

    Requests are looked at once, with the status that came most often.
    """
    samples = scene.of(Samples)
    by_size = sorted(samples.statuses, key=lambda status: (-len(samples.of(status)), status))
    for status in by_size:
        answers = Answers.of(scene, status, samples.of(status))
        first = status == by_size[0]
        yield from (stated for stated in _of_status(answers) if first or stated.clause.subject.status)


def _of_status(answers: Answers) -> Iterator[Stated]:
    explained: dict[Subject, int] = {}
    for frame in answers.frames:
        for stated in relations.statements(answers, frame):
            if stated.clause.kind.name in _EXPLAINS:
                explained[stated.clause.subject] = stated.evidence.held
            yield stated
    for frame in answers.frames:
        for field in fields_of(answers, frame):
            yield from _of_field(field, explained=explained.get(field.subject, 0) > 0.9 * len(field.cells))
        yield from arithmetic.statements(answers, frame)
        yield from arrays.statements(answers, frame)
        yield from variants.statements(answers, frame)
        yield from insides.statements(answers, frame)
    yield from series.statements(answers)


def _of_field(field: Field, *, explained: bool) -> Iterator[Stated]:
    """What one place shows: how its texts are written is not told where all of them are enumerated."""
    listed = None if explained else enumeration(field)
    if listed is not None:
        yield listed
    yield from bounds(field)
    if listed is None or listed.doubt:
        yield from forms(field)
